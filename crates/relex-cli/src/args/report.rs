//! Arguments of `relex report`.

use std::path::PathBuf;

use clap::{ArgGroup, Args, ValueEnum};

use super::{ForeignArguments, GoldArguments};

#[derive(Debug, Args)]
#[command(group(ArgGroup::new("systems").args(["run", "predictions"]).required(true).multiple(true)))]
pub(crate) struct ReportArguments {
    /// A run, or a series of runs, that has been evaluated; several stand beside each other, if they predict the same rows.
    #[arg(long, value_name = "DIR")]
    pub(crate) run: Vec<PathBuf>,
    /// A predictions file of any system; several stand beside each other and beside runs.
    #[arg(long, value_name = "FILE", requires = "dataset", requires = "out")]
    pub(crate) predictions: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) gold: GoldArguments,
    #[command(flatten)]
    pub(crate) foreign: ForeignArguments,
    /// I vouch that this predictions file is for rows that its model did not learn from: labels that it suspects are shown.
    #[arg(long, value_name = "FILE", requires = "predictions")]
    pub(crate) out_of_fold: Vec<PathBuf>,
    /// Where the page goes; by default report.html in the folder of the only run.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Which rows can be browsed; they are most of the page's size.
    #[arg(long, value_enum, default_value_t = BrowsedArgument::All)]
    pub(crate) rows: BrowsedArgument,
    /// Bootstrap resamples behind differences, and behind the scores of predictions files.
    #[arg(long, default_value_t = 10_000)]
    pub(crate) resamples: usize,
    /// Seed of the resamples.
    #[arg(long, default_value_t = 0)]
    pub(crate) seed: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum BrowsedArgument {
    /// Those that at least one system got wrong.
    Wrong,
    /// All of them.
    All,
}
