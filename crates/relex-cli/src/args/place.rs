use std::path::PathBuf;

use clap::Args;

/// Where data is that a run, a configuration or predictions belong to.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct PlaceArguments {
    /// The data set: a folder with dataset.toml, or a name under datasets/. Runs and configurations name their own.
    #[arg(long, value_name = "NAME|DIR")]
    pub(crate) dataset: Option<PathBuf>,
    /// Folder with its data files, if they are not beside dataset.toml.
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// Its split manifest; a run has a copy. Gold labels of predictions files follow its conflict policy.
    #[arg(long, value_name = "FILE")]
    pub(crate) split: Option<PathBuf>,
}

impl PlaceArguments {
    /// Whether they say anything.
    pub(crate) fn is_given(&self) -> bool {
        [&self.dataset, &self.data_dir, &self.split]
            .into_iter()
            .any(Option::is_some)
    }
}
