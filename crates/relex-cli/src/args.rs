//! What can be said on the command line.

mod analysis;

pub(crate) use analysis::{
    BlendArgument, BootstrapArguments, CalibrateArguments, EnsembleArguments, EstimateArguments, ForeignArguments,
    GoldArguments, HeldOutArguments, NoiseArguments, ObjectiveArgument, RankArgument, ScopeArgument, ShiftArguments,
    StepArgument,
};

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::progress::Verbosity;

/// A workbench for relation classification.
#[derive(Debug, Parser)]
#[command(name = "relex", version, arg_required_else_help = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
    /// Say nothing but results and errors.
    #[arg(long, short, global = true, conflicts_with = "verbose")]
    quiet: bool,
    /// Say more.
    #[arg(long, short, global = true)]
    verbose: bool,
}

impl Arguments {
    /// Whether the command runs a network.
    pub(crate) fn computes(&self) -> bool {
        matches!(self.command, Command::Train(_) | Command::Predict(_))
    }

    pub(crate) fn verbosity(&self) -> Verbosity {
        match (self.quiet, self.verbose) {
            (true, _) => Verbosity::Quiet,
            (_, true) => Verbosity::Verbose,
            _ => Verbosity::Normal,
        }
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Find a data set's files, downloading them if need be, and print their folder.
    Fetch(FetchArguments),
    /// Say what is in a data set and what is wrong with it.
    Audit(AuditArguments),
    /// Make and inspect frozen splits.
    #[command(subcommand)]
    Split(SplitCommand),
    /// Train a classifier from a configuration.
    Train(TrainArguments),
    /// Predict with the classifier of a run.
    Predict(PredictArguments),
    /// Score predictions, with intervals.
    Evaluate(EvaluateArguments),
    /// Blend several systems' predictions, with weights learnt out of fold if asked for.
    Ensemble(EnsembleArguments),
    /// Correct probabilities and decisions, and say what each correction is worth.
    Calibrate(CalibrateArguments),
    /// Predict the score on rows without labels, from their predictions alone.
    Estimate(EstimateArguments),
    /// Rank labelled rows by how likely their label is wrong.
    Noise(NoiseArguments),
    /// Write a run's report, one HTML file.
    Report(ReportArguments),
    /// Check a submission file as the competition would, and more strictly.
    LintSubmission(LintArguments),
}

/// Which data.
#[derive(Debug, Clone, Args)]
pub(crate) struct DataArguments {
    /// A data set: a folder with dataset.toml, or a name under datasets/.
    #[arg(long, value_name = "NAME|DIR")]
    pub(crate) dataset: PathBuf,
    /// Folder with its data files, if they are not beside dataset.toml.
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct FetchArguments {
    #[command(flatten)]
    pub(crate) data: DataArguments,
}

#[derive(Debug, Args)]
pub(crate) struct AuditArguments {
    #[command(flatten)]
    pub(crate) data: DataArguments,
    /// Also write the findings as JSON.
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SplitCommand {
    /// Split a data set and freeze the split in a manifest.
    Create(SplitCreateArguments),
    /// Check that data is what a manifest was made from.
    Verify(SplitDataArguments),
    /// Say what is in a manifest.
    Show {
        /// The manifest.
        manifest: PathBuf,
    },
    /// Print the ids of a fold's rows, one a line, in the order of the data file.
    Ids(SplitIdsArguments),
}

#[derive(Debug, Args)]
pub(crate) struct SplitCreateArguments {
    #[command(flatten)]
    pub(crate) data: DataArguments,
    /// Where the manifest goes.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// Share of the rows that is for validation.
    #[arg(long, default_value_t = 0.1, conflicts_with = "folds")]
    pub(crate) valid_fraction: f64,
    /// Make this many folds instead of one validation set.
    #[arg(long)]
    pub(crate) folds: Option<usize>,
    /// Which rows count as duplicates and never straddle the split.
    #[arg(long, value_enum, default_value_t = TierArgument::NearDuplicate)]
    pub(crate) tier: TierArgument,
    /// Chooses among equally good splits.
    #[arg(long, default_value_t = 42)]
    pub(crate) seed: u64,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum TierArgument {
    /// The same sentence, the same entities.
    SamePair,
    /// The same sentence.
    Identical,
    /// The same sentence but for case, spaces and punctuation.
    Folded,
    /// Sentences that share four fifths of their character shingles.
    NearDuplicate,
}

#[derive(Debug, Args)]
pub(crate) struct SplitDataArguments {
    /// The manifest.
    pub(crate) manifest: PathBuf,
    #[command(flatten)]
    pub(crate) data: DataArguments,
}

#[derive(Debug, Args)]
pub(crate) struct SplitIdsArguments {
    #[command(flatten)]
    pub(crate) split: SplitDataArguments,
    /// Which side of the fold.
    #[arg(long, value_enum)]
    pub(crate) part: Part,
    /// Which fold is for validation.
    #[arg(long, default_value_t = 0)]
    pub(crate) fold: usize,
    /// Only the nested subset of this many training rows, as data.max_train_rows takes it.
    #[arg(long)]
    pub(crate) max_rows: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    /// Rows to learn from.
    Train,
    /// Rows to measure on.
    Valid,
}

#[derive(Debug, Args)]
pub(crate) struct TrainArguments {
    /// The configuration.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: PathBuf,
    /// Change a setting, such as training.epochs=5; may be repeated.
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
    /// Folder for the run; by default a new one under runs/.
    #[arg(long, value_name = "DIR")]
    pub(crate) run: Option<PathBuf>,
    /// `cpu`, `wgpu` or `cuda[:N]`; short for `--set device=…`.
    #[arg(long)]
    pub(crate) device: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct PredictArguments {
    /// The run.
    #[arg(long, value_name = "DIR")]
    pub(crate) run: PathBuf,
    /// Which rows: those of the run's validation fold, or those of the data set's test file.
    #[arg(long, value_enum, default_value_t = Rows::Valid, conflicts_with = "input")]
    pub(crate) rows: Rows,
    /// Rows of another file (.csv or .json) with the data set's columns.
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
    /// The data set's test file.
    Test,
}

#[derive(Debug, Args)]
pub(crate) struct EvaluateArguments {
    /// Score the validation predictions of this run.
    #[arg(long, value_name = "DIR", required_unless_present = "predictions")]
    pub(crate) run: Option<PathBuf>,
    /// Score this predictions file of any system instead.
    #[arg(long, value_name = "FILE", conflicts_with = "run", requires = "dataset")]
    pub(crate) predictions: Option<PathBuf>,
    /// Where the gold labels of --predictions are: a folder with dataset.toml, or a name.
    #[arg(long, value_name = "NAME|DIR")]
    pub(crate) dataset: Option<PathBuf>,
    /// Folder with the data files of --dataset.
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// Bootstrap resamples behind each interval.
    #[arg(long, default_value_t = 1000)]
    pub(crate) resamples: usize,
    /// Seed of the resamples.
    #[arg(long, default_value_t = 0)]
    pub(crate) seed: u64,
    /// Also write the scores as JSON here.
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) shift: ShiftArguments,
}

#[derive(Debug, Args)]
pub(crate) struct ReportArguments {
    /// The run.
    #[arg(long, value_name = "DIR")]
    pub(crate) run: PathBuf,
    /// Where the page goes; by default report.html in the run folder.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct LintArguments {
    /// The submission.
    pub(crate) submission: PathBuf,
    #[command(flatten)]
    pub(crate) data: DataArguments,
}
