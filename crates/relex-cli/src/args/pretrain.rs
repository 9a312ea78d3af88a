use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::PlaceArguments;

#[derive(Debug, Args)]
pub(crate) struct PretrainArguments {
    /// The configuration; configs/pretrain has some.
    #[arg(long, value_name = "FILE", required_unless_present = "resume")]
    pub(crate) config: Option<PathBuf>,
    /// Change a setting, such as masking.unit=token; may be repeated.
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
    #[command(flatten)]
    pub(crate) place: PlaceArguments,
    /// Learn from these rows' sentences too; short for `--set data.include=[…]`.
    #[arg(long, value_enum, value_delimiter = ',')]
    pub(crate) include: Vec<IncludedArgument>,
    /// Folder for the run; by default a new one under runs/. The encoder is `encoder` in it.
    #[arg(long, value_name = "DIR")]
    pub(crate) run: Option<PathBuf>,
    /// Go on with the run that was broken off in this folder, or in that of --run; with --config, begin it if it is not there.
    #[arg(long, value_name = "DIR", num_args = 0..=1)]
    pub(crate) resume: Option<Option<PathBuf>>,
    /// `cpu`, `wgpu[:N]` or `cuda[:N]`; short for `--set device=…`.
    #[arg(long)]
    pub(crate) device: Option<String>,
    /// Show the run on the whole terminal, with curves; q stops and saves, ? lists the keys.
    #[arg(long)]
    pub(crate) tui: bool,
}

/// Rows that are only learnt from when they are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum IncludedArgument {
    /// The fold's validation rows: scores on them are then of a model that has read them.
    Validation,
    /// The rows that the split holds out of all folds.
    HoldOut,
    /// The data set's test file.
    Test,
}

impl IncludedArgument {
    /// Its name in configurations.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Validation => "validation",
            Self::HoldOut => "hold-out",
            Self::Test => "test",
        }
    }
}
