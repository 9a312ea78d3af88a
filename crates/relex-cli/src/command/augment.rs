use std::collections::BTreeMap;

use anyhow::{Context, anyhow, bail};
use relex_data::{
    AugmentConfig, Augmentation, Balance, Example, LabelId, LabelSet, Manifest, NegativeRows, Recipe, Role,
    TrainingRows, augment, read_paraphrases, write_augmented,
};

use super::{Dataset, output::Sources};
use crate::{
    args::AugmentArguments,
    progress::{Verbosity, show},
};

/// How many children of each recipe are shown with `-v`.
const SHOWN: usize = 3;

pub(crate) fn run(arguments: &AugmentArguments, verbosity: Verbosity) -> anyhow::Result<()> {
    let dataset = Dataset::open(&arguments.data)?;
    let data = &arguments.data;
    Sources::of([&arguments.split].into_iter().chain(&arguments.paraphrases))
        .and_dataset(Some(&data.dataset), data.data_dir.as_ref())
        .check_outputs([&arguments.out].into_iter().chain(&data.bad_rows), None)?;
    let examples = verbosity.timed("read", || dataset.read(Role::Train))?;
    let manifest = Manifest::read(&arguments.split)?;
    let examples = manifest
        .resolve(examples, &dataset.spec.labels)
        .with_context(|| dataset.beside(&arguments.split))?;
    let rows = TrainingRows::of(&manifest, &examples, &dataset.spec, arguments.fold)
        .with_context(|| dataset.beside(&arguments.split))?;
    let config = config(arguments, &dataset.spec.labels)?;
    let augmentation = verbosity.timed("augment", || augment(&rows, &config))?;
    if augmentation.children.is_empty() {
        bail!("no row was made: {}", why_none(&augmentation));
    }
    verbosity.detail(samples(&rows, &augmentation, &config.recipes));
    write_augmented(&arguments.out, &augmentation, &rows, &config)?;
    show(&format!(
        "{}\n{} rows of {} training rows of fold {} in {}",
        augmentation.render_text(),
        augmentation.children.len(),
        rows.rows().len(),
        arguments.fold,
        arguments.out.display()
    ));
    Ok(())
}

fn why_none(augmentation: &Augmentation) -> String {
    let reasons: Vec<String> = augmentation
        .recipes
        .iter()
        .flat_map(|recipe| recipe.refused.iter().map(|(why, count)| (&recipe.recipe, why, count)))
        .map(|(recipe, why, count)| format!("{recipe} refused {count}, because {why}"))
        .collect();
    if reasons.is_empty() {
        "every label has the rows that --balance and --per-label ask for; ask for more, or add --negative".into()
    } else {
        format!("{}; choose other recipes", reasons.join("; "))
    }
}

fn config(arguments: &AugmentArguments, labels: &LabelSet) -> anyhow::Result<AugmentConfig> {
    let mut recipes = arguments.recipe.clone();
    let paraphrases = match &arguments.paraphrases {
        Some(path) => read_paraphrases(path)?,
        None => Vec::new(),
    };
    if arguments.paraphrases.is_some() && !recipes.contains(&Recipe::Paraphrase) {
        recipes.push(Recipe::Paraphrase);
    } else if arguments.paraphrases.is_none() && recipes.contains(&Recipe::Paraphrase) {
        bail!("the recipe paraphrase needs sentences; give their file with --paraphrases");
    }
    let balance = Balance {
        amount: arguments.balance,
        per_label: per_label(&arguments.per_label, labels)?,
        negative: match arguments.negative {
            true => NegativeRows::Included,
            false => NegativeRows::Excluded,
        },
    };
    Ok(AugmentConfig {
        recipes,
        paraphrases,
        balance,
        seed: arguments.seed,
    })
}

/// Labels may hold `=` themselves; numbers do not.
fn per_label(targets: &[String], labels: &LabelSet) -> anyhow::Result<BTreeMap<LabelId, usize>> {
    let parse = |target: &String| {
        let (name, count) = target
            .rsplit_once('=')
            .and_then(|(name, count)| Some((name, count.parse::<usize>().ok()?)))
            .ok_or_else(|| anyhow!("--per-label {target}: not of the form LABEL=N, such as per:title=200"))?;
        let label = labels.id(name).ok_or_else(|| {
            let hint = labels
                .nearest(name)
                .map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
            anyhow!("--per-label {target}: the data set has no label `{name}`{hint}")
        })?;
        Ok((label, count))
    };
    targets.iter().map(parse).collect()
}

/// The first children of each recipe beneath their parents, entities in brackets.
fn samples(rows: &TrainingRows<'_>, augmentation: &Augmentation, recipes: &[Recipe]) -> String {
    let mut lines = Vec::new();
    for recipe in recipes {
        let children = augmentation.children.iter().filter(|child| child.recipe() == recipe);
        for child in children.take(SHOWN) {
            let parent = rows.by_id(child.parent());
            lines.extend(parent.map(|parent| format!("{}: {}", parent.id, bracketed(parent))));
            lines.push(format!("  → {}: {}", child.example().id, bracketed(child.example())));
        }
    }
    lines.join("\n")
}

/// The sentence with `[subject]` and `{object}`.
fn bracketed(example: &Example) -> String {
    let (subject, object) = (example.subject.span, example.object.span);
    let mut text = String::new();
    for (at, c) in example.sentence.chars().enumerate() {
        for (span, open) in [(subject, '['), (object, '{')] {
            if span.start() == at {
                text.push(open);
            }
        }
        text.push(c);
        for (span, close) in [(subject, ']'), (object, '}')] {
            if span.end() == at + 1 {
                text.push(close);
            }
        }
    }
    text
}
