use std::path::PathBuf;

use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct TrainArguments {
    /// The configuration.
    #[arg(long, value_name = "FILE", required_unless_present = "resume")]
    pub(crate) config: Option<PathBuf>,
    /// Change a setting, such as training.epochs=5; may be repeated.
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
    /// Folder for the run; by default a new one under runs/.
    #[arg(long, value_name = "DIR")]
    pub(crate) run: Option<PathBuf>,
    /// Go on with the run that was broken off in this folder, or in that of --run; with --config, begin it if it is not there.
    #[arg(long, value_name = "DIR", num_args = 0..=1)]
    pub(crate) resume: Option<Option<PathBuf>>,
    /// Train one run for each fold of the split, `all` or a list such as 0,2, and put their predictions together.
    #[arg(long, value_name = "all|LIST", value_parser = folds)]
    pub(crate) folds: Option<Folds>,
    /// Train one run with each of these seeds, such as 1,2,3, and put their predictions together.
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub(crate) seeds: Vec<u64>,
    /// `cpu`, `wgpu[:N]` or `cuda[:N]`; short for `--set device=…`.
    #[arg(long)]
    pub(crate) device: Option<String>,
    /// Several of a kind that share the rows of every step, such as cuda:0,cuda:1.
    #[arg(long, value_name = "LIST", conflicts_with = "device")]
    pub(crate) devices: Option<String>,
    /// Show the run on the whole terminal, with curves; q stops and saves, ? lists the keys.
    #[arg(long)]
    pub(crate) tui: bool,
}

impl TrainArguments {
    /// The device or devices, if any are named.
    pub(crate) fn devices(&self) -> Option<&String> {
        self.device.as_ref().or(self.devices.as_ref())
    }
}

/// Which folds of a split.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Folds {
    All,
    These(Vec<usize>),
}

fn folds(text: &str) -> Result<Folds, String> {
    if text == "all" {
        return Ok(Folds::All);
    }
    let these = text.split(',').map(|fold| fold.trim().parse());
    let these = these.collect::<Result<_, _>>();
    these
        .map(Folds::These)
        .map_err(|_| "use all, or numbers such as 0,2".into())
}
