use std::path::PathBuf;

use clap::{ArgGroup, Args, ValueEnum};

use super::{BadRowArgument, PlaceArguments};

#[derive(Debug, Default, Args)]
#[command(group(ArgGroup::new("classifier").args(["run", "model"]).required(true)))]
pub(crate) struct PredictArguments {
    /// The run.
    #[arg(long, value_name = "DIR")]
    pub(crate) run: Option<PathBuf>,
    /// A classifier's folder instead, as `relex export` writes it; its rows are those of --dataset or --input.
    #[arg(long, value_name = "DIR", requires_all = ["dataset", "out"], conflicts_with = "split")]
    pub(crate) model: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) place: PlaceArguments,
    /// Which rows: those of the run's validation fold, those that its split holds out, or those of the data set's test file;
    /// by default the first, with --model the last.
    #[arg(long, value_enum, conflicts_with = "input")]
    pub(crate) rows: Option<Rows>,
    /// Rows of another file (.csv, .tsv, .json, .jsonl, or .txt in SemEval's form) with the data set's columns; labels in it are not
    /// looked at.
    #[arg(long, value_name = "FILE", requires = "out")]
    pub(crate) input: Option<PathBuf>,
    /// What happens to a bad row; by default it is an error, and of a run what its configuration says.
    #[arg(long, value_enum)]
    pub(crate) on_bad_row: Option<BadRowArgument>,
    /// Also write every bad row that was repaired or left out, as JSON.
    #[arg(long, value_name = "FILE")]
    pub(crate) bad_rows: Option<PathBuf>,
    /// Where the predictions go; by default into the run folder.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// `cpu`, `wgpu` or `cuda[:N]`; by default the run's.
    #[arg(long)]
    pub(crate) device: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Rows {
    /// The run's validation rows.
    Valid,
    /// The rows that no fold of the run's split learns from.
    HoldOut,
    /// The data set's test file.
    Test,
}

#[derive(Debug, Args)]
pub(crate) struct ExportArguments {
    /// The run.
    pub(crate) run: PathBuf,
    /// The folder to write; it must not be there yet.
    pub(crate) out: PathBuf,
}
