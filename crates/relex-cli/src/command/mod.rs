//! One file a command.

pub(crate) mod audit;
pub(crate) mod augment;
pub(crate) mod calibrate;
pub(crate) mod check_device;
pub(crate) mod compare;
pub(crate) mod completions;
pub(crate) mod config;
pub(crate) mod convert;
pub(crate) mod ensemble;
pub(crate) mod estimate;
pub(crate) mod evaluate;
pub(crate) mod export;
pub(crate) mod fetch;
mod gold;
mod held_out;
pub(crate) mod lint;
mod member;
pub(crate) mod noise;
mod output;
pub(crate) mod predict;
pub(crate) mod report;
mod run_data;
mod scored;
mod semeval;
mod shift;
mod slices;
pub(crate) mod split;
pub(crate) mod train;

use std::{
    cell::RefCell,
    path::{Path, PathBuf},
    rc::Rc,
};

use anyhow::{anyhow, bail};
use relex_data::{DataError, DatasetSpec, Example, OnBadRow, ReadReport, Role, read_unlabelled};
use relex_eval::Metric;
use relex_model::{EncodedExample, TextEncoder, Truncation};
use relex_train::{CheckedTrainConfig, OpenEncoder, RunFolder, SentencesRead, SplitData, TrainError};

use output::Sources;
use train::series;

use crate::{
    args::{BadRowArgument, DataArguments, FileRole, MetricArgument},
    progress::{Verbosity, complain},
    system::cache_folder,
};

/// How many bad rows are shown; `--bad-rows` writes all.
const BAD_ROWS_SHOWN: usize = 5;

/// What is said beside where a file should be.
const ELSEWHERE: &str = " (or name the folder that it is in: --data-dir, in a configuration data.folder)";

/// A data set's description, where it and its files are, and what happens to their bad rows.
pub(crate) struct Dataset {
    pub(crate) spec: DatasetSpec,
    pub(crate) files: PathBuf,
    /// Where its `dataset.toml` is.
    pub(crate) folder: PathBuf,
    on_bad_row: OnBadRow,
    bad_rows: Option<Rc<BadRowsFile>>,
}

/// The file of `--bad-rows`: a JSON array, with an account of each file that was read.
struct BadRowsFile {
    path: PathBuf,
    reports: RefCell<Vec<ReadReport>>,
}

impl Dataset {
    pub(crate) fn open(arguments: &DataArguments) -> anyhow::Result<Self> {
        let dataset = Self::find(&arguments.dataset, arguments.data_dir.as_deref())?;
        Sources::default()
            .and_dataset(Some(&arguments.dataset), arguments.data_dir.as_ref())
            .check_outputs(&arguments.bad_rows, None)?;
        let dataset = dataset.with(arguments.on_bad_row.into());
        Ok(dataset.listing_in(arguments.bad_rows.clone()))
    }

    /// The same data set, its bad rows listed in this file.
    pub(crate) fn listing_in(self, file: Option<PathBuf>) -> Self {
        let bad_rows = file.map(|path| {
            let reports = RefCell::default();
            Rc::new(BadRowsFile { path, reports })
        });
        Self { bad_rows, ..self }
    }

    /// A data set none of whose rows may be bad.
    pub(crate) fn find(name: &Path, files: Option<&Path>) -> anyhow::Result<Self> {
        let folder = dataset_folder(name)?;
        let spec = DatasetSpec::from_file(&folder.join("dataset.toml"))?;
        Ok(Self::new(spec, folder.clone(), files.unwrap_or(&folder)))
    }

    fn new(spec: DatasetSpec, folder: PathBuf, files: &Path) -> Self {
        Self {
            spec,
            folder,
            files: files.into(),
            on_bad_row: OnBadRow::Fail,
            bad_rows: None,
        }
    }

    /// The same data set, read as another is, its bad rows listed in the same file.
    pub(crate) fn like(self, other: &Self) -> Self {
        Self {
            on_bad_row: other.on_bad_row,
            bad_rows: other.bad_rows.clone(),
            ..self
        }
    }

    /// The same data set, read as a run says or a flag.
    pub(crate) fn with(self, on_bad_row: OnBadRow) -> Self {
        Self { on_bad_row, ..self }
    }

    /// Reads a file, and says on standard error which rows are not as they stand there.
    pub(crate) fn read(&self, role: Role) -> anyhow::Result<Vec<Example>> {
        self.accounted(self.spec.read_with(&self.files, role, self.on_bad_row))
    }

    /// Reads rows of another file with the data set's columns as if they had no labels.
    pub(crate) fn read_unlabelled(&self, path: &Path) -> anyhow::Result<Vec<Example>> {
        let file = self.spec.describe_named(path, Role::Test).ok_or_else(|| {
            anyhow!(
                "{}: cannot tell its format from its name; use .csv, .tsv, .json, .jsonl or .txt",
                path.display()
            )
        })?;
        self.accounted(read_unlabelled(path, &file, &self.spec, self.on_bad_row))
    }

    fn accounted(&self, read: Result<(Vec<Example>, ReadReport), DataError>) -> anyhow::Result<Vec<Example>> {
        let (examples, report) = read.map_err(|error| match error {
            DataError::BadRow(_) => anyhow!("{error} (or see what --on-bad-row skip and repair do)"),
            DataError::NoDataFile { .. } => anyhow!("{error}{ELSEWHERE}"),
            error => error.into(),
        })?;
        self.account_for(report)?;
        Ok(examples)
    }

    /// Says what became of bad rows, and adds that to the file of `--bad-rows`.
    pub(crate) fn account_for(&self, report: ReadReport) -> anyhow::Result<()> {
        tell_bad_rows(&report);
        self.list(report)
    }

    /// Adds what became of bad rows to the file of `--bad-rows`.
    pub(crate) fn list(&self, report: ReadReport) -> anyhow::Result<()> {
        if let Some(file) = &self.bad_rows {
            file.reports.borrow_mut().push(report);
            let reports = serde_json::to_vec_pretty(&*file.reports.borrow())?;
            relex_data::write_atomically(&file.path, &reports)?;
        }
        Ok(())
    }

    /// The context of a complaint about labelled rows and the manifest that does not fit them.
    pub(crate) fn beside(&self, manifest: &Path) -> String {
        let file = self
            .spec
            .find_file(&self.files, Role::Train)
            .map_or_else(PathBuf::new, |file| file.path.clone());
        format!("{} and {}", self.files.join(file).display(), manifest.display())
    }
}

/// Says which rows were repaired or left out, unless all were read as they stand.
pub(crate) fn tell_bad_rows(report: &ReadReport) {
    if !report.is_clean() {
        complain(&report.render_text(BAD_ROWS_SHOWN));
    }
}

/// A tokenizer that keeps what it makes of many sentences in the user's cache folder, if there is one.
pub(crate) fn with_cache(text_encoder: TextEncoder) -> TextEncoder {
    match cache_folder() {
        Some(folder) => text_encoder.with_cache(&folder.join("tokens")),
        None => text_encoder,
    }
}

/// An encoder whose tokenizer keeps what it has encoded for other runs.
pub(crate) fn keeping_tokens(open: OpenEncoder) -> OpenEncoder {
    OpenEncoder {
        text_encoder: with_cache(open.text_encoder),
        ..open
    }
}

/// Says how many sentences were cut to fit, if any were.
pub(crate) fn tell_truncation<'a>(
    encoded: impl IntoIterator<Item = &'a EncodedExample>,
    max_tokens: usize,
    verbosity: Verbosity,
) -> Truncation {
    let truncation = Truncation::of(encoded);
    if truncation.cut > 0 {
        verbosity.note(format!(
            "{truncation} (model.max_tokens = {max_tokens}; what is around the two entities was kept)"
        ));
    }
    truncation
}

/// Warns of rows whose sentence the model was trained on before; their number.
pub(crate) fn warn_of_read<'a>(
    read: &SentencesRead,
    rows: impl ExactSizeIterator<Item = &'a Example>,
    model: &str,
    purpose: &str,
) -> usize {
    let in_all = rows.len();
    let count = read.count(rows);
    if count > 0 {
        complain(&format!(
            "warning: the {model} was trained on the sentences of {count} of the {in_all} rows to {purpose}, so that a score on \
             them is not of unseen text"
        ));
    }
    count
}

impl From<BadRowArgument> for OnBadRow {
    fn from(argument: BadRowArgument) -> Self {
        match argument {
            BadRowArgument::Fail => Self::Fail,
            BadRowArgument::Skip => Self::Skip,
            BadRowArgument::Repair => Self::Repair,
        }
    }
}

impl From<MetricArgument> for Metric {
    fn from(argument: MetricArgument) -> Self {
        match argument {
            MetricArgument::MicroF1 => Self::MicroF1,
            MetricArgument::MacroF1 => Self::MacroF1,
            MetricArgument::Auprc => Self::Auprc,
            MetricArgument::Accuracy => Self::Accuracy,
            MetricArgument::SemevalF1 => Self::SemevalF1,
            MetricArgument::Brier => Self::BrierScore,
            MetricArgument::LogLoss => Self::LogLoss,
        }
    }
}

impl From<FileRole> for Role {
    fn from(rows: FileRole) -> Self {
        match rows {
            FileRole::Train => Self::Train,
            FileRole::Valid => Self::Valid,
            FileRole::Test => Self::Test,
        }
    }
}

/// The folder of a run, or of a series of runs, that has begun, or an error that says what is there instead.
pub(crate) fn open_run(path: &Path) -> anyhow::Result<RunFolder> {
    let folder = RunFolder::at(path);
    if folder.config().is_file() || series::has_begun(path) {
        return Ok(folder);
    }
    let what = if path.is_dir() {
        "it holds no config.toml"
    } else {
        "there is no such folder"
    };
    bail!(
        "{}: not the folder of a run: {what}; make one with `relex train --run {0}`",
        path.display()
    )
}

/// The folder of a run's trained classifier.
pub(crate) fn trained_model(folder: &RunFolder) -> anyhow::Result<PathBuf> {
    let model = folder.model();
    let runs = series::runs(folder)?;
    if !runs.is_empty() {
        bail!(
            "{}: this is a series of runs, each with a classifier of its own; name one of them: {}",
            folder.path().display(),
            names(&runs)
        );
    }
    if !model.is_dir() {
        bail!(
            "{}: this run has no trained weights yet; let `relex train` finish, or train again",
            model.display()
        );
    }
    Ok(model)
}

/// The folders of several runs, in words.
pub(crate) fn names(runs: &[RunFolder]) -> String {
    let names: Vec<String> = runs.iter().map(|run| run.path().display().to_string()).collect();
    names.join(", ")
}

/// A run's data and split; where they do not fit each other, the error names both files.
pub(crate) fn load_split(config: &CheckedTrainConfig) -> anyhow::Result<SplitData> {
    let loaded = SplitData::load(config).map_err(|error| {
        if matches!(error, TrainError::Data(DataError::BadRow(_))) {
            return anyhow!("{error} (or see what data.on_bad_row = \"skip\" and \"repair\" do)");
        }
        if matches!(error, TrainError::Data(DataError::NoDataFile { .. })) {
            return anyhow!("{error}{ELSEWHERE}");
        }
        let data = &config.values().data;
        let mismatch = matches!(error, TrainError::Data(DataError::ManifestMismatch { .. }));
        let spec = mismatch.then(|| DatasetSpec::from_file(&data.dataset.join("dataset.toml")));
        let error = anyhow::Error::new(error);
        match spec {
            Some(Ok(spec)) => error.context(Dataset::new(spec, data.dataset.clone(), data.files()).beside(&data.split)),
            _ => error,
        }
    })?;
    tell_bad_rows(&loaded.report);
    Ok(loaded)
}

/// A folder as it is, or a name under `datasets/`.
pub(crate) fn dataset_folder(name: &Path) -> anyhow::Result<PathBuf> {
    let candidates = [name.to_path_buf(), Path::new("datasets").join(name)];
    match candidates.iter().find(|folder| folder.join("dataset.toml").is_file()) {
        Some(folder) => Ok(folder.clone()),
        None => bail!(
            "there is no data set {:?}: neither {} nor {} exists; give a folder that holds a dataset.toml{}",
            name.display().to_string(),
            candidates[0].join("dataset.toml").display(),
            candidates[1].join("dataset.toml").display(),
            known_datasets()
        ),
    }
}

/// The names that would do, in words, if there are any.
fn known_datasets() -> String {
    let entries = std::fs::read_dir("datasets").into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .filter(|entry| entry.path().join("dataset.toml").is_file())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    if names.is_empty() {
        String::new()
    } else {
        format!(", or one of these names: {}", names.join(", "))
    }
}
