//! One file a command.

pub(crate) mod audit;
pub(crate) mod calibrate;
pub(crate) mod ensemble;
pub(crate) mod estimate;
pub(crate) mod evaluate;
pub(crate) mod fetch;
mod held_out;
pub(crate) mod lint;
mod member;
pub(crate) mod noise;
pub(crate) mod predict;
pub(crate) mod report;
mod shift;
pub(crate) mod split;
pub(crate) mod train;

use std::path::{Path, PathBuf};

use anyhow::bail;
use relex_data::{DataError, DatasetSpec, Example, Role};
use relex_train::{CheckedTrainConfig, RunFolder, SplitData, TrainError};

use crate::args::DataArguments;

/// A data set's description, and where it and its files are.
pub(crate) struct Dataset {
    pub(crate) spec: DatasetSpec,
    pub(crate) files: PathBuf,
}

impl Dataset {
    pub(crate) fn open(arguments: &DataArguments) -> anyhow::Result<Self> {
        let folder = dataset_folder(&arguments.dataset)?;
        let spec = DatasetSpec::from_file(&folder.join("dataset.toml"))?;
        let files = arguments.data_dir.clone().unwrap_or(folder);
        Ok(Self { spec, files })
    }

    pub(crate) fn read(&self, role: Role) -> anyhow::Result<Vec<Example>> {
        Ok(self.spec.read(&self.files, role)?)
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

/// The folder of a run that has begun, or an error that says what is there instead.
pub(crate) fn open_run(path: &Path) -> anyhow::Result<RunFolder> {
    let folder = RunFolder::at(path);
    if folder.config().is_file() {
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

/// A run's data and split; where they do not fit each other, the error names both files.
pub(crate) fn load_split(config: &CheckedTrainConfig) -> anyhow::Result<SplitData> {
    SplitData::load(config).map_err(|error| {
        let data = &config.values().data;
        let mismatch = matches!(error, TrainError::Data(DataError::ManifestMismatch { .. }));
        let spec = mismatch.then(|| DatasetSpec::from_file(&data.dataset.join("dataset.toml")));
        let error = anyhow::Error::new(error);
        match spec {
            Some(Ok(spec)) => error.context(
                Dataset {
                    spec,
                    files: data.files().into(),
                }
                .beside(&data.split),
            ),
            _ => error,
        }
    })
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
