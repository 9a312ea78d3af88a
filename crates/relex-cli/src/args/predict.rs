use std::path::PathBuf;

use clap::{Args, ValueEnum};

#[derive(Debug, Args)]
pub(crate) struct PredictArguments {
    /// The run.
    #[arg(long, value_name = "DIR", required_unless_present = "model")]
    pub(crate) run: Option<PathBuf>,
    /// A classifier's folder instead, as `relex export` writes it; its rows are those of --dataset or --input.
    #[arg(long, value_name = "DIR", conflicts_with = "run", requires_all = ["dataset", "out"])]
    pub(crate) model: Option<PathBuf>,
    /// The data set whose test file, or whose columns, --model reads: a folder with dataset.toml, or a name.
    #[arg(long, value_name = "NAME|DIR", conflicts_with = "run")]
    pub(crate) dataset: Option<PathBuf>,
    /// Folder with the data files of --dataset.
    #[arg(long, value_name = "DIR", requires = "dataset")]
    pub(crate) data_dir: Option<PathBuf>,
    /// Which rows: those of the run's validation fold, those that its split holds out, or those of the data set's test file;
    /// by default the first, with --model the last.
    #[arg(long, value_enum, conflicts_with = "input")]
    pub(crate) rows: Option<Rows>,
    /// Rows of another file (.csv, .json, .jsonl, or .txt in SemEval's form) with the data set's columns.
    #[arg(long, value_name = "FILE", requires = "out")]
    pub(crate) input: Option<PathBuf>,
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
