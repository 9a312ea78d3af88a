//! A data set and its frozen split.

use std::collections::HashSet;

use relex_data::{
    AugmentedExample, DatasetSpec, Example, Manifest, ReadReport, Role, TrainingRows, read_augmented, subset,
};

use super::build_loss;
use crate::{CheckedTrainConfig, TrainError, TrainOn, fit::check_score};

/// A data set with its split verified, its conflicts settled, and its training and validation rows chosen.
#[derive(Debug)]
pub struct SplitData {
    /// The data set's description.
    pub spec: DatasetSpec,
    /// All labelled rows, in the order of their file, as the split's conflict policy leaves them; behind them the augmented
    /// ones, once they are added.
    pub examples: Vec<Example>,
    /// What became of the file's bad rows.
    pub report: ReadReport,
    /// The split.
    pub manifest: Manifest,
    /// Rows to learn from, as indices into `examples`.
    pub train: Vec<usize>,
    /// Rows to measure on; none if all are learnt from.
    pub valid: Vec<usize>,
    /// Rows that no fold learns from or measures on; none in most splits.
    pub hold_out: Vec<usize>,
}

impl SplitData {
    /// Reads the data set, and checks it against the split manifest.
    ///
    /// # Errors
    ///
    /// When either cannot be read, the data is not what the split was made from, or the fold has
    /// no validation rows or fewer training rows than asked for.
    pub fn load(config: &CheckedTrainConfig) -> Result<Self, TrainError> {
        let config = config.values();
        let spec = DatasetSpec::from_file(&config.data.dataset.join("dataset.toml"))?;
        let (examples, report) = spec.read_with(config.data.files(), Role::Train, config.data.on_bad_row)?;
        let manifest = Manifest::read(&config.data.split)?;
        manifest.verify(&examples, &spec.labels)?;
        let examples = manifest.resolve(examples, &spec.labels)?;
        let mut partition = manifest.partition(&examples, config.data.fold)?;
        if config.data.train_on == TrainOn::All {
            partition.train.append(&mut partition.valid);
            partition.train.sort_unstable();
        }
        let train = match config.data.max_train_rows {
            None => partition.train,
            Some(count) if count > partition.train.len() => {
                return Err(TrainError::Setting {
                    key: "data.max_train_rows",
                    value: count.to_string(),
                    reason: format!(
                        "fold {} has {} training rows; ask for as many at most, or leave the setting out to take all",
                        config.data.fold,
                        partition.train.len()
                    ),
                });
            }
            Some(count) => subset(&manifest, &examples, &partition.train, count, manifest.seed())?,
        };
        if train.is_empty() || (partition.valid.is_empty() && config.data.train_on == TrainOn::Fold) {
            return Err(TrainError::Setting {
                key: "data.fold",
                value: config.data.fold.to_string(),
                reason: "this fold leaves no rows to train on, or none to validate on".into(),
            });
        }
        Ok(Self {
            spec,
            examples,
            report,
            manifest,
            train,
            valid: partition.valid,
            hold_out: partition.hold_out,
        })
    }

    /// Adds the rows of `data.augmented` to those learnt from, if it is set; their number.
    ///
    /// Only children of rows in `train` come in, so that a subset stays one. Validation rows are not touched.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, was made for another split or fold, or holds a row that does not pass.
    pub fn add_augmented(&mut self, config: &CheckedTrainConfig) -> Result<usize, TrainError> {
        let data = &config.values().data;
        let Some(path) = &data.augmented else {
            return Ok(0);
        };
        let rows = TrainingRows::of(&self.manifest, &self.examples, &self.spec, data.fold)?;
        let learnt: HashSet<&str> = self.train.iter().map(|&row| self.examples[row].id.as_str()).collect();
        let children: Vec<Example> = read_augmented(path, &rows)?
            .into_iter()
            .filter(|child| learnt.contains(child.parent()))
            .map(AugmentedExample::into_example)
            .collect();
        let (first, count) = (self.examples.len(), children.len());
        self.examples.extend(children);
        self.train.extend(first..first + count);
        Ok(count)
    }

    /// Whether the configuration's loss can be computed for these rows and its score for these labels. [`prepare`](crate::prepare)
    /// and [`fit`](crate::fit) refuse it too, but only once the encoder is loaded.
    ///
    /// # Errors
    ///
    /// [`TrainError::Loss`] and [`TrainError::Setting`] about `training.choose_by`.
    pub fn check(&self, config: &CheckedTrainConfig) -> Result<(), TrainError> {
        check_score(config, &self.spec.labels)?;
        build_loss(config, self).map(drop)
    }

    /// Indices of labels, by row index. Rows of a split all have one.
    pub fn label_indices(&self, rows: &[usize]) -> Vec<usize> {
        rows.iter()
            .filter_map(|&row| self.examples[row].label.map(relex_data::LabelId::index))
            .collect()
    }

    /// How many rows to learn from each label has, in the labels' order.
    pub fn label_counts(&self) -> Vec<usize> {
        let mut counts = vec![0; self.spec.labels.names().len()];
        for label in self.label_indices(&self.train) {
            counts[label] += 1;
        }
        counts
    }
}
