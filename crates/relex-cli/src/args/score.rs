//! Arguments of the commands that score predictions.

use std::path::PathBuf;

use clap::{ArgGroup, Args, ValueEnum};

use super::{BadRowArgument, FileRole, ForeignArguments, PlaceArguments, ShiftArguments};

/// Where the gold labels are.
#[derive(Debug, Clone, Args)]
pub(crate) struct GoldArguments {
    #[command(flatten)]
    pub(crate) place: PlaceArguments,
    /// Which of the files of --dataset predictions files are for.
    #[arg(long, value_enum, default_value_t = FileRole::Train, requires = "dataset")]
    pub(crate) gold: FileRole,
    /// What happens to a bad row of the data set; by default it is an error, and of a run what its configuration says.
    #[arg(long, value_enum)]
    pub(crate) on_bad_row: Option<BadRowArgument>,
}

#[derive(Debug, Args)]
#[command(group(ArgGroup::new("source").args(["run", "predictions"]).required(true)))]
#[command(group(ArgGroup::new("truth").args(["dataset", "key"])))]
pub(crate) struct EvaluateArguments {
    /// Score the validation predictions of this run, or the pooled ones of this series of runs.
    #[arg(long, value_name = "DIR")]
    pub(crate) run: Option<PathBuf>,
    /// Score this predictions file of any system instead.
    #[arg(long, value_name = "FILE", requires = "truth")]
    pub(crate) predictions: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) gold: GoldArguments,
    #[command(flatten)]
    pub(crate) foreign: ForeignArguments,
    /// Bootstrap resamples behind each interval.
    #[arg(long, default_value_t = 10_000)]
    pub(crate) resamples: usize,
    /// Seed of the resamples.
    #[arg(long, default_value_t = 0)]
    pub(crate) seed: u64,
    /// Also score parts of the rows: by entity types, sentence length, entity distance, source, label frequency, and
    /// whether the sentence was learnt from.
    #[arg(long)]
    pub(crate) slices: bool,
    /// Print what SemEval-2010 Task 8's official scorer prints, and nothing else.
    #[arg(long, conflicts_with_all = ["slices", "json", "target_prior"])]
    pub(crate) semeval_scorer: bool,
    /// That task's answer key (`id<TAB>relation` a line); --predictions is then an answer file too.
    #[arg(long, value_name = "FILE", requires = "semeval_scorer", requires = "predictions")]
    pub(crate) key: Option<PathBuf>,
    /// Also write the scores as JSON.
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) shift: ShiftArguments,
}

#[derive(Debug, Args)]
pub(crate) struct CompareArguments {
    /// Run folders or predictions files, each an arm of one run.
    #[arg(value_name = "RUN|FILE")]
    pub(crate) runs: Vec<PathBuf>,
    /// Runs that differ only by their seed (and fold), as one arm, or a series of such runs; may be repeated.
    #[arg(long, value_name = "NAME=RUN,RUN…", value_parser = parse_arm)]
    pub(crate) arm: Vec<ArmArgument>,
    /// The score to compare.
    #[arg(long, value_enum, default_value_t = MetricArgument::MicroF1)]
    pub(crate) metric: MetricArgument,
    /// Compare every other arm with this one alone, instead of every pair.
    #[arg(long, value_name = "NAME")]
    pub(crate) baseline: Option<String>,
    #[command(flatten)]
    pub(crate) gold: GoldArguments,
    #[command(flatten)]
    pub(crate) foreign: ForeignArguments,
    /// Bootstrap resamples, and shuffles.
    #[arg(long, default_value_t = 10_000)]
    pub(crate) resamples: usize,
    /// Seed of the resamples and of the shuffles.
    #[arg(long, default_value_t = 0)]
    pub(crate) seed: u64,
    /// Also write the comparison as JSON.
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
}

/// An arm as it stands on the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ArmArgument {
    pub(crate) name: String,
    pub(crate) runs: Vec<PathBuf>,
}

fn parse_arm(text: &str) -> Result<ArmArgument, String> {
    let (name, runs) = text
        .split_once('=')
        .filter(|(name, runs)| !name.is_empty() && !runs.split(',').any(str::is_empty))
        .ok_or("write NAME=RUN,RUN,… with the arm's name and its runs' folders or files")?;
    Ok(ArmArgument {
        name: name.to_owned(),
        runs: runs.split(',').map(PathBuf::from).collect(),
    })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum MetricArgument {
    /// Micro-averaged F1 without the negative label.
    MicroF1,
    /// Mean F1 of the labels other than the negative one.
    MacroF1,
    /// Mean area under the labels' precision-recall curves.
    Auprc,
    /// Share of rows predicted right.
    Accuracy,
    /// SemEval-2010 Task 8's official score, for labels with a direction.
    SemevalF1,
    /// Mean squared distance of the probabilities from the truth; lower is better.
    Brier,
    /// Mean negative logarithm of the gold label's probability; lower is better.
    LogLoss,
}
