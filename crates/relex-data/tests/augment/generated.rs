//! Generated Korean rows.

use std::path::Path;

use proptest::prelude::*;
use proptest::strategy::Strategy as _;
use relex_data::{
    Amount, AugmentConfig, Balance, ConflictPolicy, DatasetSpec, Entity, Example, Manifest, NegativeRows, Recipe, Span,
    SplitConfig, Strategy, Tier, TrainingRows, augment, split,
};

const SPEC: &str = r#"
name = "generated"
title = "Generated rows"
licence = "CC0-1.0"
homepage = ""
labels = ["none", "parent", "child", "spouse", "title"]
negative_label = "none"
inverse_relations = { parent = "child", spouse = "spouse" }
type_words = { PER = "사람", ORG = "단체" }
fields = { id = "id", sentence = "sentence", subject = "s", object = "o", label = "label" }
entity = { word = "word", start = "start", end = "end", type = "type", offsets = "exclusive" }
files = [{ role = "train", path = "train.csv", format = "csv" }]
"#;

/// Names with and without final consonant, of one word and of two, in other scripts.
pub(crate) const NAMES: [&str; 10] = [
    "철수",
    "영숙",
    "서울",
    "김 철",
    "박 나리",
    "1990",
    "BTS",
    "Apple",
    "《나무》",
    "조선(朝鮮)",
];
const TAILS: [&str; 14] = [
    "은",
    "는",
    "이",
    "가",
    "을",
    "를",
    "과",
    "와",
    "으로",
    "로",
    "의",
    "에서는",
    "",
    "(金)은",
];
const WORDS: [&str; 8] = ["어제", "그리고", "매우", "만났다.", "집에서", "x", "b,", "《책》을"];

pub(crate) fn spec() -> DatasetSpec {
    DatasetSpec::parse(SPEC, Path::new("generated.toml")).unwrap()
}

/// Words, entity with its tail, words, entity with its tail, words.
fn example() -> impl proptest::strategy::Strategy<Value = Example> {
    let words = || prop::collection::vec(prop::sample::select(&WORDS[..]), 0..4);
    let entity = || {
        (
            prop::sample::select(&NAMES[..]),
            prop::sample::select(&TAILS[..]),
            prop::sample::select(vec!["PER", "ORG"]),
        )
    };
    (words(), entity(), words(), entity(), words(), any::<bool>(), 0..5_usize).prop_map(
        |(before, one, between, other, after, subject_first, label)| {
            let mut sentence = String::new();
            let add_words = |sentence: &mut String, words: &[&str]| {
                words.iter().for_each(|word| {
                    sentence.push_str(word);
                    sentence.push(' ');
                });
            };
            let add_entity = |sentence: &mut String, (name, tail, entity_type): (&str, &str, &str)| {
                let start = sentence.chars().count();
                sentence.push_str(name);
                let span = Span::new(start, sentence.chars().count()).unwrap();
                sentence.push_str(tail);
                sentence.push(' ');
                Entity {
                    span,
                    entity_type: entity_type.to_owned(),
                }
            };
            add_words(&mut sentence, &before);
            let first = add_entity(&mut sentence, one);
            add_words(&mut sentence, &between);
            let second = add_entity(&mut sentence, other);
            add_words(&mut sentence, &after);
            let (subject, object) = if subject_first {
                (first, second)
            } else {
                (second, first)
            };
            Example {
                id: String::new(),
                sentence: sentence.trim_end().to_owned(),
                subject,
                object,
                label: spec().labels.at(label),
                source: None,
            }
        },
    )
}

/// Rows, some of which contradict others.
pub(crate) fn examples() -> impl proptest::strategy::Strategy<Value = Vec<Example>> {
    (prop::collection::vec(example(), 8..30), 0..4_usize).prop_map(|(mut rows, contradicted)| {
        let labels = spec().labels;
        let contradict = |row: &Example| Example {
            label: row
                .label
                .and_then(|label| labels.at((label.index() + 1) % labels.len())),
            ..row.clone()
        };
        let others: Vec<Example> = rows[..contradicted].iter().map(contradict).collect();
        rows.extend(others);
        for (number, row) in rows.iter_mut().enumerate() {
            row.id = format!("r{number}");
        }
        rows
    })
}

/// A split by one of the conflict policies, and the rows as it leaves them.
pub(crate) fn manifest(examples: &[Example]) -> Option<(Manifest, Vec<Example>)> {
    let config = SplitConfig {
        strategy: Strategy::GroupedKFold { folds: 2 },
        seed: 5,
        tier: Tier::SamePair,
        conflicts: ConflictPolicy::ALL[examples.len() % ConflictPolicy::ALL.len()],
    };
    let labels = spec().labels;
    let manifest = split(examples, &labels, &config).ok()?;
    let resolved = manifest.resolve(examples.to_vec(), &labels).unwrap();
    Some((manifest, resolved))
}

pub(crate) fn recipes() -> Vec<Recipe> {
    [
        "role-swap",
        "entity-replacement",
        "entity-masking",
        "punctuation-insertion",
        "word-deletion=0.3",
        "word-swap=0.3",
    ]
    .map(|recipe| recipe.parse().unwrap())
    .into()
}

pub(crate) fn config(recipes: Vec<Recipe>, amount: Amount, seed: u64) -> AugmentConfig {
    AugmentConfig {
        recipes,
        balance: Balance {
            amount,
            negative: NegativeRows::Included,
            ..Balance::default()
        },
        seed,
        ..AugmentConfig::default()
    }
}

pub(crate) fn amount() -> impl proptest::strategy::Strategy<Value = Amount> {
    prop_oneof![
        (1..4_usize).prop_map(Amount::EachRow),
        (1..20_usize).prop_map(Amount::AtLeast),
        (1.0..4.0_f64).prop_map(Amount::Factor),
        (1..20_usize).prop_map(Amount::AtMost),
    ]
}

/// The children of both folds, each with its parent.
pub(crate) fn check_children(
    examples: &[Example],
    config: &AugmentConfig,
    mut check: impl FnMut(&Example, &Example, &Recipe),
) -> Option<()> {
    let spec = spec();
    let (manifest, examples) = manifest(examples)?;
    for fold in 0..2 {
        let rows = TrainingRows::of(&manifest, &examples, &spec, fold).unwrap();
        for child in augment(&rows, config).unwrap().children {
            check(rows.by_id(child.parent()).unwrap(), child.example(), child.recipe());
        }
    }
    Some(())
}
