//! Every recipe on KLUE-RE's training side, where the corpus is at hand: in `$RELEX_SHARED` or beside the workspace.

use std::path::{Path, PathBuf};

use relex_data::{
    AugmentConfig, ConflictPolicy, DatasetSpec, Example, Recipe, Refusal, Role, Span, SplitConfig, Strategy, Tier,
    TrainingRows, augment, split,
};

fn corpus() -> Option<PathBuf> {
    let root = std::env::var_os("RELEX_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        PathBuf::from,
    );
    let folder = root.join("datasets/boostcamp-klue-re");
    if folder.is_dir() {
        return Some(folder);
    }
    #[expect(clippy::print_stderr, reason = "a skipped test must be seen")]
    {
        eprintln!(
            "skipped: {} is not there; set RELEX_SHARED to augment KLUE-RE",
            folder.display()
        );
    }
    None
}

#[test]
fn every_recipe_on_the_training_side() {
    let Some(folder) = corpus() else { return };
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../datasets/klue-re/dataset.toml");
    let spec = DatasetSpec::from_file(&path).unwrap();
    let examples = spec.read(&folder, Role::Train).unwrap();
    let split_config = SplitConfig {
        strategy: Strategy::GroupedHoldOut { valid_fraction: 0.1 },
        seed: 42,
        tier: Tier::Identical,
        conflicts: ConflictPolicy::Keep,
    };
    let manifest = split(&examples, &spec.labels, &split_config).unwrap();
    let rows = TrainingRows::of(&manifest, &examples, &spec, 0).unwrap();
    let negative = spec.labels.negative();
    let positive = rows.rows().iter().filter(|row| row.label != Some(negative)).count();

    let recipes = [
        "role-swap",
        "entity-replacement",
        "entity-masking",
        "punctuation-insertion",
        "word-deletion",
        "word-swap",
    ];
    let config = AugmentConfig {
        recipes: recipes.map(|recipe| recipe.parse().unwrap()).into(),
        seed: 42,
        ..AugmentConfig::default()
    };
    let augmentation = augment(&rows, &config).unwrap();
    for (recipe, name) in augmentation.recipes.iter().zip(recipes) {
        let refused: usize = recipe.refused.values().sum();
        assert_eq!(recipe.made + refused, positive, "{name}");
        // All but a handful of rows give a child; a role swap needs a label with an inverse.
        let least = if name == "role-swap" { 4_000 } else { positive - 200 };
        assert!(recipe.made >= least, "{recipe:?}");
    }
    // Annotators contradict each other, and the swap would as well.
    assert!(augmentation.recipes[0].refused[&Refusal::Conflicting] > 50);
    let replaced = &augmentation.recipes[1];
    assert!(replaced.particles_changed > replaced.made / 10, "{replaced:?}");

    let mut particles = 0;
    for child in &augmentation.children {
        if matches!(child.recipe(), Recipe::EntityReplacement(_)) {
            let (parent, child) = (rows.by_id(child.parent()).unwrap(), child.example());
            particles += usize::from(check_particle(parent, parent.subject.span, child, child.subject.span));
            particles += usize::from(check_particle(parent, parent.object.span, child, child.object.span));
        }
    }
    assert!(particles > 2_000, "only {particles} particles were seen");
}

/// Whether a particle of two one-syllable forms stands right behind both entities; in the child it must fit, if it fitted in
/// the parent. By the code points of Hangul alone: 28 syllables share initial and vowel, the first of them without final.
fn check_particle(parent: &Example, old: Span, child: &Example, new: Span) -> bool {
    let fits = |example: &Example, span: Span| -> Option<bool> {
        let last = u32::from(span.of(&example.sentence)?.chars().last()?);
        let mut rest = example.sentence.chars().skip(span.end());
        let (particle, next) = (rest.next()?, rest.next());
        let is_closed = match particle {
            '은' | '을' | '과' => true,
            '는' | '를' | '와' => false,
            _ => return None,
        };
        let is_particle = (0xAC00..=0xD7A3).contains(&last) && next.is_none_or(|next| " .,".contains(next));
        is_particle.then_some(is_closed != (last - 0xAC00).is_multiple_of(28))
    };
    if fits(parent, old) != Some(true) {
        return false;
    }
    match fits(child, new) {
        // The new entity does not end in Hangul.
        None => false,
        Some(fits) => {
            assert!(fits, "{parent:?}\n{child:?}");
            true
        }
    }
}
