//! Which sentences are learnt from.

use std::collections::{HashMap, HashSet};

use relex_data::{DatasetSpec, Example, Manifest, ReadReport, Role, fold_text};

use crate::{CheckedPretrainingConfig, Included, TrainError};

/// The sentences of a data set, on the sides of its split.
#[derive(Debug)]
pub struct PretrainingData {
    /// The data set's description.
    pub spec: DatasetSpec,
    /// The split.
    pub manifest: Manifest,
    /// What became of the bad rows of each file that was read.
    pub reports: Vec<ReadReport>,
    /// All labelled rows, in the order of their file, as the split's conflict policy leaves them; behind them those of the test
    /// file, if it is included.
    pub examples: Vec<Example>,
    /// Where in `examples` the test file's rows begin.
    pub first_test_row: usize,
    /// The sentences to learn from, each once, with the rows that have it: several where a sentence has several pairs of entities.
    pub learnt: Vec<Vec<usize>>,
    /// The sentences to measure on, each once, by its first row: those of the validation rows, unless they are learnt from.
    pub held_out: Vec<usize>,
    /// Rows that would be learnt from, if they did not share a sentence or a group of duplicates with one that is not.
    pub left_out: Vec<usize>,
}

impl PretrainingData {
    /// Reads the data set, checks it against the split manifest, and takes the sentences that the configuration includes.
    ///
    /// Validation and held-out rows are kept out unless they are included, and with them every row whose sentence is the same but
    /// for case, spaces and punctuation, or that the manifest has in the same group of duplicates.
    ///
    /// # Errors
    ///
    /// When a file cannot be read, the data is not what the split was made from, or nothing is left to learn from.
    pub fn load(config: &CheckedPretrainingConfig) -> Result<Self, TrainError> {
        let data = &config.values().data;
        let spec = DatasetSpec::from_file(&data.dataset.join("dataset.toml"))?;
        let (examples, report) = spec.read_with(data.files(), Role::Train, data.on_bad_row)?;
        let manifest = Manifest::read(&data.split)?;
        manifest.verify(&examples, &spec.labels)?;
        let mut examples = manifest.resolve(examples, &spec.labels)?;
        let partition = manifest.partition(&examples, data.fold)?;
        let mut reports = vec![report];

        let (mut asked, mut kept_out) = (partition.train, Vec::new());
        for (part, rows) in [
            (Included::Validation, &partition.valid),
            (Included::HoldOut, &partition.hold_out),
        ] {
            let side = if data.includes(part) { &mut asked } else { &mut kept_out };
            side.extend(rows);
        }
        asked.sort_unstable();
        let first_test_row = examples.len();
        if data.includes(Included::Test) {
            let (test, report) = spec.read_with(data.files(), Role::Test, data.on_bad_row)?;
            reports.push(report);
            asked.extend(first_test_row..first_test_row + test.len());
            examples.extend(test);
        }

        let barred = Barred::of(&kept_out, &examples, &manifest);
        let groups = groups(&manifest);
        let is_barred = |&row: &usize| {
            let group = groups.get(examples[row].id.as_str()).filter(|_| row < first_test_row);
            barred.texts.contains(&fold_text(&examples[row].sentence))
                || group.is_some_and(|group| barred.groups.contains(group))
        };
        let (left_out, rows): (Vec<usize>, Vec<usize>) = asked.into_iter().partition(is_barred);
        let learnt = by_sentence(rows, &examples);
        let held_out = if data.includes(Included::Validation) {
            Vec::new()
        } else {
            let sentences = by_sentence(partition.valid, &examples);
            sentences.into_iter().filter_map(|rows| rows.first().copied()).collect()
        };
        if learnt.is_empty() {
            return Err(TrainError::Setting {
                key: "data.fold",
                value: data.fold.to_string(),
                reason: "this fold leaves no sentences to learn from".into(),
            });
        }
        Ok(Self {
            spec,
            manifest,
            reports,
            examples,
            first_test_row,
            learnt,
            held_out,
            left_out,
        })
    }
}

/// What must not be learnt from.
struct Barred {
    texts: HashSet<String>,
    groups: HashSet<usize>,
}

impl Barred {
    fn of(rows: &[usize], examples: &[Example], manifest: &Manifest) -> Self {
        let groups = groups(manifest);
        Self {
            texts: rows.iter().map(|&row| fold_text(&examples[row].sentence)).collect(),
            groups: rows
                .iter()
                .filter_map(|&row| groups.get(examples[row].id.as_str()).copied())
                .collect(),
        }
    }
}

/// The group of duplicates of each row that has one, by its id.
fn groups(manifest: &Manifest) -> HashMap<&str, usize> {
    let rows = manifest.rows().iter();
    rows.filter_map(|row| Some((row.id.as_str(), row.group?))).collect()
}

/// The rows of each sentence, in the order of their first ones.
fn by_sentence(rows: Vec<usize>, examples: &[Example]) -> Vec<Vec<usize>> {
    let mut places: HashMap<&str, usize> = HashMap::new();
    let mut sentences: Vec<Vec<usize>> = Vec::new();
    for row in rows {
        let sentence = examples[row].sentence.as_str();
        let place = *places.entry(sentence).or_insert(sentences.len());
        if place == sentences.len() {
            sentences.push(Vec::new());
        }
        sentences[place].push(row);
    }
    sentences
}
