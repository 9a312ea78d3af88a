//! Which members to average, and how often: forward selection with replacement.

use serde::Serialize;

use super::blend::{Blend, MemberWeights, blend};
use crate::bootstrap::BootstrapConfig;
use crate::error::EvalError;
use crate::gain::{Gain, Truth, gain};
use crate::groups::RowGroups;
use crate::metric::{Metric, ScoredRows, Scorer};
use crate::out_of_fold::OutOfFold;
use crate::probabilities::ProbabilityTable;

/// How members are selected.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GreedyConfig {
    /// The score that each step must better.
    pub metric: Metric,
    /// How the chosen members are averaged.
    pub blend: Blend,
    /// The largest number of steps, so that a member's weight is a multiple of 1 / steps.
    pub max_steps: usize,
    /// Folds of the cross-fitted gain.
    pub folds: usize,
    /// How the intervals are made; its seed also deals the folds.
    pub bootstrap: BootstrapConfig,
}

impl Default for GreedyConfig {
    /// Micro-F1, soft averages, at most 25 steps, 5 folds.
    fn default() -> Self {
        Self {
            metric: Metric::MicroF1,
            blend: Blend::default(),
            max_steps: 25,
            folds: 5,
            bootstrap: BootstrapConfig::default(),
        }
    }
}

/// What was selected.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Selection {
    /// What the members are called. `[members]`
    pub names: Vec<String>,
    /// Each member's own score, in the metric's unit. `[members]`
    pub singles: Vec<f64>,
    /// The steps, in order.
    pub steps: Vec<SelectionStep>,
    /// The weights that the steps give. `[members]`
    pub weights: MemberWeights,
    /// The selected blend against the best single member, on the rows that both were chosen on. It
    /// flatters the blend.
    pub over_best: Gain,
    /// The same where, fold by fold, blend and best single member are chosen on the other folds: what
    /// may be expected on new rows.
    pub cross_fitted: Gain,
    /// The score that was bettered.
    pub metric: Metric,
    /// How the members are averaged.
    pub blend: Blend,
}

/// One member added to the average.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct SelectionStep {
    /// Index of the member.
    pub member: usize,
    /// Score of the average with it.
    pub score: f64,
    /// Against the average without it; `None` for the first.
    pub gain: Option<Gain>,
}

/// Selects members greedily with replacement (Caruana, Niculescu-Mizil, Crew & Ksikes 2004, section 2):
/// from nothing, each step adds the member with which the average scores best, and the first step
/// that would not better the score is not taken. Of equally good members the first is added.
///
/// The members must be predictions of the same rows and labels, in the order of `truth`.
///
/// # Errors
/// [`EvalError::Setting`] without members or with fewer than 2 folds, [`EvalError::Length`],
/// [`EvalError::LabelIndex`] where rows, labels and truth do not fit.
pub fn select_members(members: &[OutOfFold], truth: &Truth<'_>, config: &GreedyConfig) -> Result<Selection, EvalError> {
    if config.folds < 2 {
        return Err(EvalError::Setting {
            name: "folds",
            value: config.folds.to_string(),
            allowed: "at least 2",
        });
    }
    let tables: Vec<&ProbabilityTable> = members.iter().map(|member| &member.member().table).collect();
    let equal = MemberWeights::equal(tables.len())?;
    tables.iter().try_for_each(|table| truth.check(table))?;
    let labels = &members[0].member().labels;
    let judge = Judge {
        labels,
        truth: *truth,
        metric: config.metric,
    };
    let singles: Vec<f64> = tables
        .iter()
        .map(|table| judge.score(table))
        .collect::<Result<_, _>>()?;

    let order = choose(&tables, &judge, config)?;
    let mut counts = vec![0; tables.len()];
    let mut steps: Vec<SelectionStep> = Vec::new();
    let mut before: Option<ProbabilityTable> = None;
    let mut weights = equal;
    for (member, score) in order {
        counts[member] += 1;
        weights = MemberWeights::from_counts(&counts)?;
        let average = blend(&tables, &weights, config.blend)?;
        let gain = before
            .map(|before| judge.gain(&before, &average, &config.bootstrap))
            .transpose()?;
        steps.push(SelectionStep { member, score, gain });
        before = Some(average);
    }
    let chosen = blend(&tables, &weights, config.blend)?;
    let over_best = judge.gain(tables[judge.best(&singles)], &chosen, &config.bootstrap)?;
    Ok(Selection {
        names: members.iter().map(|member| member.member().name.clone()).collect(),
        singles,
        steps,
        weights,
        over_best,
        cross_fitted: cross_fitted(&tables, &judge, config)?,
        metric: config.metric,
        blend: config.blend,
    })
}

/// The members in the order in which they are added, each with the score that it leads to.
fn choose(
    tables: &[&ProbabilityTable],
    judge: &Judge<'_>,
    config: &GreedyConfig,
) -> Result<Vec<(usize, f64)>, EvalError> {
    let mut counts = vec![0; tables.len()];
    let mut order: Vec<(usize, f64)> = Vec::new();
    while order.len() < config.max_steps.max(1) {
        let mut scores = Vec::with_capacity(tables.len());
        for member in 0..tables.len() {
            counts[member] += 1;
            let average = blend(tables, &MemberWeights::from_counts(&counts)?, config.blend)?;
            scores.push(judge.score(&average)?);
            counts[member] -= 1;
        }
        let member = judge.best(&scores);
        if order
            .last()
            .is_some_and(|&(_, score)| !judge.is_better(scores[member], score))
        {
            break;
        }
        counts[member] += 1;
        order.push((member, scores[member]));
    }
    Ok(order)
}

/// Blend and best single member chosen on all folds but one score that one.
fn cross_fitted(tables: &[&ProbabilityTable], judge: &Judge<'_>, config: &GreedyConfig) -> Result<Gain, EvalError> {
    let truth = judge.truth;
    let folds = RowGroups::new(truth.groups).folds(config.folds, config.bootstrap.seed);
    let classes = tables[0].classes();
    let mut values = [vec![0.0; tables[0].values().len()], vec![0.0; tables[0].values().len()]];
    for fold in 0..config.folds {
        let (held, rest): (Vec<usize>, Vec<usize>) = (0..folds.len()).partition(|&row| folds[row] == fold);
        if held.is_empty() || rest.is_empty() {
            return Err(EvalError::Setting {
                name: "folds",
                value: config.folds.to_string(),
                allowed: "at most the number of sentences",
            });
        }
        let part =
            |rows: &[usize]| -> Vec<ProbabilityTable> { tables.iter().map(|table| table.subset(rows)).collect() };
        let (learn, test) = (part(&rest), part(&held));
        let [learn, test]: [Vec<&ProbabilityTable>; 2] = [learn.iter().collect(), test.iter().collect()];
        let pick = |values: &[usize]| -> Vec<usize> { rest.iter().map(|&row| values[row]).collect() };
        let (gold, groups) = (pick(truth.gold), pick(truth.groups));
        let known = Judge {
            truth: Truth {
                gold: &gold,
                groups: &groups,
                ..truth
            },
            ..*judge
        };
        let mut counts = vec![0; tables.len()];
        choose(&learn, &known, config)?
            .iter()
            .for_each(|&(member, _)| counts[member] += 1);
        let singles: Vec<f64> = learn.iter().map(|table| known.score(table)).collect::<Result<_, _>>()?;
        let blended = blend(&test, &MemberWeights::from_counts(&counts)?, config.blend)?;
        for (into, from) in values.iter_mut().zip([test[known.best(&singles)], &blended]) {
            for (&row, shares) in held.iter().zip(from.rows()) {
                into[row * classes..(row + 1) * classes].copy_from_slice(shares);
            }
        }
    }
    let [single, blended] = values;
    let [single, blended] = [
        ProbabilityTable::new(single, classes)?,
        ProbabilityTable::new(blended, classes)?,
    ];
    judge.gain(&single, &blended, &config.bootstrap)
}

/// The rows on which averages are judged, and by which score.
#[derive(Clone, Copy)]
struct Judge<'a> {
    labels: &'a [String],
    truth: Truth<'a>,
    metric: Metric,
}

impl Judge<'_> {
    fn scorer(&self, table: &ProbabilityTable) -> Result<Scorer, EvalError> {
        let rows = ScoredRows {
            labels: self.labels,
            negative: self.truth.negative,
            gold: self.truth.gold,
            probabilities: table.values(),
        };
        Scorer::new(rows, &[self.metric])
    }

    fn score(&self, table: &ProbabilityTable) -> Result<f64, EvalError> {
        Ok(self.scorer(table)?.values()[0])
    }

    fn gain(
        &self,
        before: &ProbabilityTable,
        after: &ProbabilityTable,
        bootstrap: &BootstrapConfig,
    ) -> Result<Gain, EvalError> {
        let groups = RowGroups::new(self.truth.groups);
        gain(&self.scorer(before)?, &self.scorer(after)?, &groups, bootstrap)
    }

    fn is_better(&self, score: f64, other: f64) -> bool {
        if self.metric.higher_is_better() {
            score > other
        } else {
            score < other
        }
    }

    /// The index of the best score, the first of equal ones.
    fn best(&self, scores: &[f64]) -> usize {
        (1..scores.len()).fold(0, |best, index| {
            if self.is_better(scores[index], scores[best]) {
                index
            } else {
                best
            }
        })
    }
}
