//! Arguments of the commands that look at finished predictions.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{GoldArguments, MetricArgument, Rows};

/// How files of other systems are to be read.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct ForeignArguments {
    /// Label order of predictions without a .meta.json: a JSON list or dictionary, or one label a line;
    /// FILE=ORDER for one file only. By default the data set's.
    #[arg(long, value_name = "[FILE=]ORDER")]
    pub(crate) labels: Vec<String>,
    /// This predictions file holds logits, or logarithms of probabilities: take their softmax.
    #[arg(long, value_name = "FILE")]
    pub(crate) logits: Vec<PathBuf>,
    /// This predictions file holds scores that do not sum to 1: divide each row by its sum.
    #[arg(long, value_name = "FILE")]
    pub(crate) scores: Vec<PathBuf>,
}

/// Labelled rows that the model did not learn from.
#[derive(Debug, Clone, Args)]
pub(crate) struct HeldOutArguments {
    /// A run, for its validation predictions, or a predictions file of any system; several are folds of one
    /// system, and pooled.
    #[arg(required = true, value_name = "RUN|FILE")]
    pub(crate) sources: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) gold: GoldArguments,
    #[command(flatten)]
    pub(crate) foreign: ForeignArguments,
    /// I vouch that this predictions file is for rows that its model did not learn from.
    #[arg(long, value_name = "FILE")]
    pub(crate) out_of_fold: Vec<PathBuf>,
}

/// How intervals are made.
#[derive(Debug, Clone, Args)]
pub(crate) struct BootstrapArguments {
    /// Bootstrap resamples behind each interval; by default 10000, or 500 with --scope labels, where each takes long.
    #[arg(long)]
    pub(crate) resamples: Option<usize>,
    /// Seed of the resamples, and of everything else that is random.
    #[arg(long, default_value_t = 0)]
    pub(crate) seed: u64,
}

#[derive(Debug, Args)]
pub(crate) struct EnsembleArguments {
    /// Runs, or predictions files of any system, for the same rows.
    #[arg(required = true, value_name = "RUN|FILE")]
    pub(crate) members: Vec<PathBuf>,
    /// Where the blended predictions go.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// Which of a run's predictions are blended.
    #[arg(long, value_enum, default_value_t = Rows::Valid)]
    pub(crate) rows: Rows,
    /// How members are averaged.
    #[arg(long, value_enum, default_value_t = BlendArgument::Soft)]
    pub(crate) blend: BlendArgument,
    /// Learn the members' weights from predictions that are out of fold, by greedy forward selection.
    #[arg(long)]
    pub(crate) select: bool,
    /// The predictions to learn weights from, one for each member in the same order; by default the runs'
    /// validation predictions.
    #[arg(long, value_name = "FILE", num_args = 1.., requires = "select")]
    pub(crate) learn_on: Vec<PathBuf>,
    /// The score that each step of the selection must better.
    #[arg(long, value_enum, default_value_t = MetricArgument::MicroF1, requires = "select")]
    pub(crate) metric: MetricArgument,
    /// The largest number of steps of the selection.
    #[arg(long, default_value_t = 25, requires = "select")]
    pub(crate) max_steps: usize,
    /// Folds of the cross-fitted gain.
    #[arg(long, default_value_t = 5, requires = "select")]
    pub(crate) folds: usize,
    /// Also write the selection as JSON.
    #[arg(long, value_name = "FILE", requires = "select")]
    pub(crate) json: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) gold: GoldArguments,
    #[command(flatten)]
    pub(crate) foreign: ForeignArguments,
    /// I vouch that this predictions file is for rows that its model did not learn from.
    #[arg(long, value_name = "FILE", requires = "select")]
    pub(crate) out_of_fold: Vec<PathBuf>,
    /// Bootstrap resamples behind each gain's interval.
    #[arg(long, default_value_t = 10_000)]
    pub(crate) resamples: usize,
    /// Seed of the resamples and of the folds.
    #[arg(long, default_value_t = 0)]
    pub(crate) seed: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum BlendArgument {
    /// The mean of the probabilities.
    Soft,
    /// The share of members that predict the label.
    Hard,
    /// The geometric mean of the probabilities.
    Log,
    /// The mean of the ranks within each label's column.
    Rank,
}

#[derive(Debug, Args)]
pub(crate) struct CalibrateArguments {
    #[command(flatten)]
    pub(crate) held_out: HeldOutArguments,
    /// The corrections, in the order in which they are made.
    #[arg(long, value_enum, value_delimiter = ',', default_value = "temperature")]
    pub(crate) steps: Vec<StepArgument>,
    /// Also apply the corrections to these predictions: a file, or a run for its test predictions.
    #[arg(long, value_name = "RUN|FILE", requires = "out")]
    pub(crate) apply: Option<PathBuf>,
    /// Where the corrected predictions go.
    #[arg(long, value_name = "FILE", requires = "apply")]
    pub(crate) out: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) shift: ShiftArguments,
    /// Pseudo-count of the type pair priors, in rows.
    #[arg(long, default_value_t = 20.0)]
    pub(crate) pseudo_count: f64,
    /// Folds of the cross-fitting.
    #[arg(long, default_value_t = 5)]
    pub(crate) folds: usize,
    /// Also write the corrections and what they are worth as JSON.
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) bootstrap: BootstrapArguments,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum StepArgument {
    /// One temperature for all logits.
    Temperature,
    /// Soft priors of the entities' types, from the data set's other rows.
    TypePairs,
    /// From the labelled rows' shares of labels to those of --target-prior.
    Prior,
    /// How sure the model must be of the negative label.
    Threshold,
}

/// Another mix of labels.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct ShiftArguments {
    /// The target's shares of labels: a JSON object such as {"no_relation": 0.6}, in which labels that are
    /// left out divide the rest; or the word `estimated`.
    #[arg(long, value_name = "FILE|estimated")]
    pub(crate) target_prior: Option<PathBuf>,
    /// Predictions for the target's unlabelled rows: a file, or a run for its test predictions.
    #[arg(long, value_name = "RUN|FILE")]
    pub(crate) target: Option<PathBuf>,
    /// Which shares are estimated.
    #[arg(long, value_enum, default_value_t = ScopeArgument::Negative)]
    pub(crate) scope: ScopeArgument,
}

impl ShiftArguments {
    /// Whether anything but the scope, which is always there, was said.
    pub(crate) fn is_asked(&self) -> bool {
        self.target_prior.is_some() || self.target.is_some()
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ScopeArgument {
    /// The negative label's against all others'.
    #[default]
    Negative,
    /// Every label's; slow.
    Labels,
}

#[derive(Debug, Args)]
pub(crate) struct EstimateArguments {
    #[command(flatten)]
    pub(crate) held_out: HeldOutArguments,
    /// Predictions for the target's unlabelled rows: a file, or a run for its test predictions. By default
    /// those of the run.
    #[arg(long, value_name = "RUN|FILE")]
    pub(crate) target: Option<PathBuf>,
    /// Which shares of labels are estimated.
    #[arg(long, value_enum, default_value_t = ScopeArgument::Negative)]
    pub(crate) scope: ScopeArgument,
    /// First fit a temperature on the labelled rows and apply it to both sides.
    #[arg(long)]
    pub(crate) temperature: bool,
    /// Also write everything as JSON.
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) bootstrap: BootstrapArguments,
}

#[derive(Debug, Args)]
pub(crate) struct NoiseArguments {
    #[command(flatten)]
    pub(crate) held_out: HeldOutArguments,
    /// Where the ranked rows go, as CSV.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// How suspicion is measured.
    #[arg(long, value_enum, default_value_t = RankArgument::SelfConfidence)]
    pub(crate) rank: RankArgument,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum RankArgument {
    /// How improbable the given label is.
    SelfConfidence,
    /// How far the most probable other label is above the given one.
    Margin,
}
