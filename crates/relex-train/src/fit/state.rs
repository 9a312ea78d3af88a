//! What a run is between two steps, besides the weights.

use burn::module::Module;
use relex_model::Classifier;
use serde::{Deserialize, Serialize};

use super::{
    EvaluationReport,
    average::{ema_decay, towards},
};
use crate::{AveragingConfig, Keep, TrainConfig, loss_scale::LossScale, optimizer::Optimizer};

/// Everything that the next step depends on, but the weights.
pub(crate) struct TrainingState<M = Classifier> {
    /// The numbers.
    pub(crate) progress: Progress,
    /// The optimiser with what it remembers.
    pub(crate) optimizer: Optimizer,
    /// Weights of earlier evaluations that may be wanted at the end, in the order of their steps.
    pub(crate) kept: Vec<Snapshot<M>>,
    /// The exponential moving average of the weights, if there is to be one.
    pub(crate) ema: Option<M>,
    /// The mean of the weights in the averaging window, once it has begun.
    pub(crate) swa: Option<M>,
    /// How many reports the newest checkpoint knows of, if this process has read or written one.
    pub(crate) saved: Option<usize>,
}

/// Weights as they were at an evaluation.
#[derive(Debug)]
pub struct Snapshot<M = Classifier> {
    /// Updates made.
    pub step: usize,
    /// The validation rows' score, by the run's measure; larger is better.
    pub score: f64,
    /// The weights.
    pub classifier: M,
}

/// How far a run has come. Random streams have no state of their own: each is a function of the seed, the epoch and the step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Progress {
    /// Updates made.
    pub(crate) step: usize,
    /// The epoch of the next update, or of the last one if it ended the epoch; from 1.
    pub(crate) epoch: usize,
    /// Batches of that epoch that are done.
    pub(crate) batch: usize,
    /// Reports of steps and evaluations that the observer has heard.
    pub(crate) reports: usize,
    /// The step of the last evaluation, 0 before the first.
    pub(crate) evaluated: usize,
    /// The best score of all evaluations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) best: Option<f64>,
    /// Evaluations since that one.
    pub(crate) without_gain: usize,
    /// Weights in the mean of the averaging window.
    #[serde(default)]
    pub(crate) averaged: usize,
    /// What losses are multiplied by, under `fp16`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) loss_scale: Option<LossScale>,
}

impl Progress {
    /// Before the first step.
    pub(crate) fn beginning() -> Self {
        Self {
            step: 0,
            epoch: 1,
            batch: 0,
            reports: 0,
            evaluated: 0,
            best: None,
            without_gain: 0,
            averaged: 0,
            loss_scale: None,
        }
    }
}

impl<M: Module> TrainingState<M> {
    /// Before the first step, with these weights.
    pub(super) fn new(optimizer: Optimizer, classifier: &M, averaging: &AveragingConfig) -> Self {
        Self {
            progress: Progress::beginning(),
            optimizer,
            kept: Vec::new(),
            ema: averaging.ema_decay.map(|_| classifier.clone()),
            swa: None,
            saved: None,
        }
    }

    /// Whether the newest checkpoint is of this very state: nothing changes without a report.
    pub(crate) fn is_saved(&self) -> bool {
        self.saved == Some(self.progress.reports)
    }

    /// Takes the weights after an update into the averages; `steps` is the number of updates in all.
    pub(super) fn average(&mut self, classifier: &M, averaging: &AveragingConfig, steps: usize) {
        let step = self.progress.step;
        if let (Some(decay), Some(ema)) = (averaging.ema_decay, self.ema.take()) {
            self.ema = Some(towards(ema, classifier, 1.0 - ema_decay(decay, step - 1)));
        }
        if let Some(from) = averaging.swa_from {
            let first = (from * steps as f64) as usize + 1;
            if step >= first && (step - first).is_multiple_of(averaging.swa_every_steps.0) {
                self.progress.averaged += 1;
                let share = 1.0 / self.progress.averaged as f64;
                self.swa = Some(match self.swa.take() {
                    None => classifier.clone(),
                    Some(mean) => towards(mean, classifier, share),
                });
            }
        }
    }

    /// Takes note of an evaluation of `classifier`, and keeps its weights if they may be wanted.
    pub(super) fn note(&mut self, report: &EvaluationReport, classifier: &M, config: &TrainConfig) {
        let score = report.score(config.training.choose_by);
        let progress = &mut self.progress;
        progress.evaluated = progress.step;
        if progress.best.is_none_or(|best| score > best) {
            progress.best = Some(score);
            progress.without_gain = 0;
        } else {
            progress.without_gain += 1;
        }
        let wants_best = matches!(config.training.keep, Keep::Best | Keep::Winner);
        let training = &config.training;
        let best = config
            .averaging
            .best
            .unwrap_or(usize::from(wants_best))
            .max(training.also_keep_best);
        let last = config.averaging.last.unwrap_or(0).max(training.also_keep_last);
        if best + last > 0 {
            self.kept.push(Snapshot {
                step: progress.step,
                score,
                classifier: classifier.clone(),
            });
            self.keep_only(best, last);
        }
    }

    /// Forgets all snapshots but the `best` best and the `last` last ones.
    pub(super) fn keep_only(&mut self, best: usize, last: usize) {
        let mut steps: Vec<usize> = self.best_of_kept().iter().take(best).map(|kept| kept.step).collect();
        steps.extend(self.kept.iter().rev().take(last).map(|kept| kept.step));
        self.kept.retain(|kept| steps.contains(&kept.step));
    }

    /// The snapshots by falling score, of equal ones the earliest first.
    pub(super) fn best_of_kept(&self) -> Vec<&Snapshot<M>> {
        let mut kept: Vec<&Snapshot<M>> = self.kept.iter().collect();
        kept.sort_by(|left, right| right.score.total_cmp(&left.score).then(left.step.cmp(&right.step)));
        kept
    }
}
