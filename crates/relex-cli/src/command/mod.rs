//! One file a command.

pub(crate) mod audit;
pub(crate) mod evaluate;
pub(crate) mod fetch;
pub(crate) mod lint;
pub(crate) mod predict;
pub(crate) mod report;
pub(crate) mod split;
pub(crate) mod train;

use std::path::{Path, PathBuf};

use anyhow::bail;
use relex_data::{DatasetSpec, Example, Role};

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
}

/// A folder as it is, or a name under `datasets/`.
pub(crate) fn dataset_folder(name: &Path) -> anyhow::Result<PathBuf> {
    let candidates = [name.to_path_buf(), Path::new("datasets").join(name)];
    match candidates.iter().find(|folder| folder.join("dataset.toml").is_file()) {
        Some(folder) => Ok(folder.clone()),
        None => bail!(
            "there is no data set {:?}: neither {} nor {} exists",
            name.display().to_string(),
            candidates[0].join("dataset.toml").display(),
            candidates[1].join("dataset.toml").display()
        ),
    }
}
