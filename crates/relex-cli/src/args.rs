//! What can be said on the command line.

mod analysis;
mod augment;
mod check_device;
mod config;
mod place;
mod predict;
mod pretrain;
mod report;
mod score;
mod train;

use std::path::PathBuf;

use clap::{ArgGroup, Args, Parser, Subcommand, ValueEnum};

pub(crate) use analysis::{
    BlendArgument, BootstrapArguments, CalibrateArguments, EnsembleArguments, EstimateArguments, ForeignArguments,
    HeldOutArguments, NoiseArguments, RankArgument, ScopeArgument, ShiftArguments, StepArgument,
};
pub(crate) use augment::AugmentArguments;
pub(crate) use check_device::CheckDeviceArguments;
pub(crate) use config::ConfigCommand;
pub(crate) use place::PlaceArguments;
pub(crate) use predict::{ExportArguments, PredictArguments, Rows};
pub(crate) use pretrain::PretrainArguments;
pub(crate) use report::{BrowsedArgument, ReportArguments};
pub(crate) use score::{ArmArgument, CompareArguments, EvaluateArguments, GoldArguments, MetricArgument};
pub(crate) use train::{Folds, TrainArguments};

use crate::progress::Verbosity;

/// Where the options that every command takes stand in its help.
const LAST: usize = 900;

/// A workbench for relation classification.
#[derive(Debug, Parser)]
#[command(name = "relex", version, arg_required_else_help = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
    /// Say nothing but results and errors.
    #[arg(long, short, global = true, conflicts_with = "verbose", display_order = LAST)]
    quiet: bool,
    /// Say more.
    #[arg(long, short, global = true, display_order = LAST)]
    verbose: bool,
}

impl Arguments {
    /// Whether the command runs a network.
    pub(crate) fn computes(&self) -> bool {
        matches!(
            self.command,
            Command::Pretrain(_) | Command::Train(_) | Command::Predict(_) | Command::CheckDevice(_)
        )
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
    /// Find a data set's or an encoder's files, downloading them if need be, and print their folder.
    Fetch(FetchArguments),
    /// Say what is in a data set and what is wrong with it.
    Audit(AuditArguments),
    /// Write a data set's rows in another form.
    Convert(ConvertArguments),
    /// Make and inspect frozen splits.
    #[command(subcommand)]
    Split(SplitCommand),
    /// Make new rows of a split's training rows.
    Augment(AugmentArguments),
    /// Look at configurations.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Compare a few training steps on a device with the CPU.
    CheckDevice(CheckDeviceArguments),
    /// Train an encoder further on a data set's sentences, without their labels.
    Pretrain(PretrainArguments),
    /// Train a classifier from a configuration.
    Train(TrainArguments),
    /// Predict with the classifier of a run, or with an exported one.
    Predict(PredictArguments),
    /// Write the classifier of a run as a folder for Hugging Face's transformers.
    Export(ExportArguments),
    /// Score predictions, with intervals.
    Evaluate(EvaluateArguments),
    /// Say which of several systems is better, and what may be claimed.
    Compare(CompareArguments),
    /// Blend several systems' predictions, with weights learnt out of fold if asked for.
    Ensemble(EnsembleArguments),
    /// Correct probabilities and decisions, and say what each correction is worth.
    Calibrate(CalibrateArguments),
    /// Predict the score on rows without labels, from their predictions alone.
    Estimate(EstimateArguments),
    /// Rank labelled rows by how likely their label is wrong.
    Noise(NoiseArguments),
    /// Write a report of one or several systems, one HTML file.
    Report(ReportArguments),
    /// Check a submission file as the competition would, and more strictly.
    LintSubmission(LintArguments),
    /// Print a script that makes a shell complete commands and options.
    Completions(CompletionsArguments),
}

#[derive(Debug, Args)]
pub(crate) struct CompletionsArguments {
    /// The shell; its script goes where that shell looks for completions, or is sourced.
    pub(crate) shell: clap_complete::Shell,
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
    /// What happens to a row that is not as the data set's description says.
    #[arg(long, value_enum, default_value_t = BadRowArgument::Fail)]
    pub(crate) on_bad_row: BadRowArgument,
    /// Also write every bad row that was repaired or left out, as JSON.
    #[arg(long, value_name = "FILE")]
    pub(crate) bad_rows: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum BadRowArgument {
    /// The first one is an error.
    Fail,
    /// It is left out.
    Skip,
    /// What can be read in one way only is put right; any other row is left out.
    Repair,
}

/// Which of a data set's files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FileRole {
    /// The rows to learn from.
    Train,
    /// The rows that its makers set aside for validation.
    Valid,
    /// The rows to predict.
    Test,
}

#[derive(Debug, Args)]
#[command(group(ArgGroup::new("wanted").args(["dataset", "encoder"]).required(true)))]
pub(crate) struct FetchArguments {
    /// A data set: a folder with dataset.toml, or a name under datasets/.
    #[arg(long, value_name = "NAME|DIR")]
    pub(crate) dataset: Option<PathBuf>,
    /// Folder with its data files, if they are not beside dataset.toml.
    #[arg(long, value_name = "DIR", requires = "dataset")]
    pub(crate) data_dir: Option<PathBuf>,
    /// An encoder by its name on the Hugging Face Hub, such as klue/roberta-base.
    #[arg(long, value_name = "NAME")]
    pub(crate) encoder: Option<String>,
    /// Its branch, tag or commit; by default main.
    #[arg(long, requires = "encoder")]
    pub(crate) revision: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct AuditArguments {
    #[command(flatten)]
    pub(crate) data: DataArguments,
    /// Which of its files.
    #[arg(long, value_enum, default_value_t = FileRole::Train)]
    pub(crate) rows: FileRole,
    /// Also write the findings as JSON.
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// Also write the findings as a page with plots.
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
    /// Say what leaks from or into another data set's training rows, or a file with the same columns.
    #[arg(long, value_name = "NAME|DIR|FILE", conflicts_with = "against_test")]
    pub(crate) against: Option<PathBuf>,
    /// Folder with the data files of --against, if they are not beside its dataset.toml.
    #[arg(long, value_name = "DIR", requires = "against")]
    pub(crate) against_data_dir: Option<PathBuf>,
    /// Say what leaks between the training and the test file of the data set.
    #[arg(long)]
    pub(crate) against_test: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ConvertArguments {
    #[command(flatten)]
    pub(crate) data: DataArguments,
    /// Which of its files.
    #[arg(long, value_enum, default_value_t = FileRole::Train)]
    pub(crate) rows: FileRole,
    /// The form to write.
    #[arg(long, value_enum)]
    pub(crate) to: FormArgument,
    /// Where the rows go.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// Also write a dataset.toml beside the rows, so that their folder is a data set.
    #[arg(long)]
    pub(crate) describe: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FormArgument {
    /// KLUE's JSON: an array of objects.
    KlueJson,
    /// The KLUE-RE competition's table.
    CompetitionCsv,
    /// A JSON object a line.
    Jsonl,
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
    /// Say how two manifests differ, and whether scores on them may be compared.
    Diff {
        /// A manifest.
        first: PathBuf,
        /// Another.
        second: PathBuf,
    },
}

#[derive(Debug, Args)]
pub(crate) struct SplitCreateArguments {
    #[command(flatten)]
    pub(crate) data: DataArguments,
    /// Where the manifest goes.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// How validation rows are chosen; by default `grouped`, or with --folds `grouped-k-fold`.
    #[arg(long, value_enum)]
    pub(crate) strategy: Option<StrategyArgument>,
    /// Share of the rows that is for validation, where there is one validation set; by default 0.1.
    #[arg(long, value_name = "SHARE")]
    pub(crate) valid_fraction: Option<f64>,
    /// Number of folds, where every row is for validation once; by default 5.
    #[arg(long, value_name = "N")]
    pub(crate) folds: Option<usize>,
    /// Share of the rows that `hold-out-and-folds` keeps out of all folds; by default 0.1.
    #[arg(long, value_name = "SHARE")]
    pub(crate) hold_out_fraction: Option<f64>,
    /// The mix of labels that `prior-matched` draws: a JSON object of label names and shares, or counts.
    #[arg(long, value_name = "FILE")]
    pub(crate) prior: Option<PathBuf>,
    /// Which rows count as duplicates: strategies that go by groups never divide them, others count them as leaks.
    #[arg(long, value_enum, default_value_t = TierArgument::NearDuplicate)]
    pub(crate) tier: TierArgument,
    /// What becomes of rows with the same sentence, subject and object, but different labels, before anything else.
    #[arg(long, value_enum, default_value_t = ConflictArgument::Keep)]
    pub(crate) conflicts: ConflictArgument,
    /// Chooses among equally good splits.
    #[arg(long, default_value_t = 42)]
    pub(crate) seed: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum StrategyArgument {
    /// One validation set, rows drawn blindly.
    Random,
    /// One validation set with every label's share, row by row.
    Stratified,
    /// One validation set: one row of each group is stratified, its copies follow.
    DuplicateAware,
    /// One validation set of whole groups, labels as even as can be.
    Grouped,
    /// One validation set of whole groups with the labels of --prior.
    PriorMatched,
    /// Folds, rows dealt blindly.
    KFold,
    /// Folds with every label in equal parts, row by row.
    StratifiedKFold,
    /// Folds of whole groups, labels as even as can be.
    GroupedKFold,
    /// A grouped hold-out that no fold learns from, and grouped folds in the rest.
    HoldOutAndFolds,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum ConflictArgument {
    /// They stay as they are.
    Keep,
    /// All get their most frequent label; of equals, a relation before the negative label, then the first listed.
    Majority,
    /// All get the label of the least id.
    First,
    /// All are dropped.
    Drop,
    /// Those with the negative label are dropped.
    DropNegative,
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
    /// Which rows.
    #[arg(long, value_enum)]
    pub(crate) part: PartArgument,
    /// Which fold is for validation.
    #[arg(long, default_value_t = 0)]
    pub(crate) fold: usize,
    /// Only the nested subset of this many training rows, as data.max_train_rows takes it.
    #[arg(long)]
    pub(crate) max_rows: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PartArgument {
    /// Rows to learn from.
    Train,
    /// Rows to measure on.
    Valid,
    /// Rows that no fold learns from or measures on.
    HoldOut,
}

#[derive(Debug, Args)]
pub(crate) struct LintArguments {
    /// The submission.
    pub(crate) submission: PathBuf,
    #[command(flatten)]
    pub(crate) data: DataArguments,
}
