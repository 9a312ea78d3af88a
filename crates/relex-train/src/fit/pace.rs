//! When a run evaluates, saves and ends.

use super::Progress;
use crate::{Evaluate, TrainConfig};

/// The run's clock: everything in it goes by steps.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Pace {
    /// Updates in all.
    pub(crate) steps: usize,
    evaluate: Evaluate,
    has_valid: bool,
    save_every: Option<usize>,
    patience: Option<usize>,
}

impl Pace {
    /// The pace of a run whose epochs have so many updates in all, over so many validation rows.
    pub(crate) fn new(config: &TrainConfig, in_epochs: usize, valid_rows: usize) -> Self {
        let settings = &config.training;
        Self {
            steps: settings.steps.unwrap_or(in_epochs),
            evaluate: settings.evaluate,
            has_valid: valid_rows > 0,
            save_every: config.checkpoint.every_steps,
            patience: settings.patience,
        }
    }

    /// The pace of a run of so many updates over so many held-out rows, without patience; a checkpoint comes after every
    /// `save_every` steps, or else after every epoch.
    pub(crate) fn of_steps(steps: usize, evaluate: Evaluate, valid_rows: usize, save_every: Option<usize>) -> Self {
        Self {
            steps,
            evaluate,
            has_valid: valid_rows > 0,
            save_every,
            patience: None,
        }
    }

    /// Whether no update follows.
    pub(crate) fn is_over(&self, progress: &Progress) -> bool {
        progress.step >= self.steps || self.patience.is_some_and(|patience| progress.without_gain >= patience)
    }

    /// Whether the validation rows are to be scored, and whether a checkpoint is to be written, before the next update, in an epoch
    /// of so many batches.
    pub(crate) fn due(&self, progress: &Progress, batches: usize) -> (bool, bool) {
        (self.evaluates(progress, batches), self.saves(progress, batches))
    }

    /// Whether the validation rows are to be scored before the next update, in an epoch of so many batches.
    pub(crate) fn evaluates(&self, progress: &Progress, batches: usize) -> bool {
        let is_due = match self.evaluate {
            Evaluate::EachEpoch => progress.batch == batches,
            Evaluate::AtEnd => false,
            Evaluate::EverySteps(steps) => progress.step.is_multiple_of(steps),
            Evaluate::EveryEpochs(share) => {
                // How many of these shares the run has seen, now and one batch ago.
                let shares = |batch: usize| {
                    let epochs = (progress.epoch - 1) as f64 + batch as f64 / batches as f64;
                    (epochs / share + 1e-9).floor()
                };
                progress.batch > 0 && shares(progress.batch) > shares(progress.batch - 1)
            }
        };
        let is_new = progress.step > progress.evaluated;
        self.has_valid && is_new && (is_due || progress.step == self.steps)
    }

    /// Whether a checkpoint is to be written before the next update, in an epoch of so many batches.
    pub(crate) fn saves(&self, progress: &Progress, batches: usize) -> bool {
        progress.step > 0
            && match self.save_every {
                None => progress.batch == batches,
                Some(steps) => progress.step.is_multiple_of(steps),
            }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TrainingConfig;

    /// The steps, out of `epochs` of 11 rows in batches of 2 (6 batches), after which something is due.
    fn check(settings: &TrainingConfig, due: fn(&Pace, &Progress, usize) -> bool, expected: &[usize]) {
        let epochs = settings.epochs;
        let config = TrainConfig {
            training: TrainingConfig {
                batch_size: 2,
                ..settings.clone()
            },
            ..TrainConfig::default()
        };
        let pace = Pace::new(&config, epochs * 6, 3);
        let mut found = Vec::new();
        let mut progress = Progress::beginning();
        for epoch in 1..=epochs {
            (progress.epoch, progress.batch) = (epoch, 0);
            for batch in 1..=6 {
                if pace.is_over(&progress) {
                    break;
                }
                progress.step += 1;
                progress.batch = batch;
                if due(&pace, &progress, 6) {
                    found.push(progress.step);
                    progress.evaluated = progress.step;
                }
            }
        }
        assert_eq!(found, expected);
    }

    fn evaluating(epochs: usize, evaluate: Evaluate) -> TrainingConfig {
        TrainingConfig {
            epochs,
            evaluate,
            ..TrainingConfig::default()
        }
    }

    #[test]
    fn evaluations_come_when_they_are_due_and_at_the_end() {
        check(&evaluating(2, Evaluate::EachEpoch), Pace::evaluates, &[6, 12]);
        check(&evaluating(2, Evaluate::AtEnd), Pace::evaluates, &[12]);
        check(&evaluating(2, Evaluate::EverySteps(5)), Pace::evaluates, &[5, 10, 12]);
        // A third of 6 batches is 2, a quarter 1.5: after 2, 3, 5, 6.
        check(
            &evaluating(1, Evaluate::EveryEpochs(1.0 / 3.0)),
            Pace::evaluates,
            &[2, 4, 6],
        );
        check(
            &evaluating(2, Evaluate::EveryEpochs(0.25)),
            Pace::evaluates,
            &[2, 3, 5, 6, 8, 9, 11, 12],
        );
        check(&evaluating(3, Evaluate::EveryEpochs(2.0)), Pace::evaluates, &[12, 18]);
        let steps = |steps| TrainingConfig {
            steps: Some(steps),
            ..evaluating(3, Evaluate::EachEpoch)
        };
        check(&steps(8), Pace::evaluates, &[6, 8]);
    }

    #[test]
    fn a_run_ends_with_its_steps_or_its_patience() {
        let config = TrainConfig {
            training: TrainingConfig {
                patience: Some(2),
                steps: Some(9),
                ..TrainingConfig::default()
            },
            ..TrainConfig::default()
        };
        let pace = Pace::new(&config, 11, 3);
        let after = |step, without_gain| Progress {
            step,
            without_gain,
            ..Progress::beginning()
        };
        assert!(!pace.is_over(&after(8, 1)));
        assert!(pace.is_over(&after(9, 0)));
        assert!(pace.is_over(&after(4, 2)));
    }

    #[test]
    fn without_validation_rows_nothing_is_scored() {
        let pace = Pace::new(&TrainConfig::default(), 11, 0);
        let progress = Progress {
            step: pace.steps,
            ..Progress::beginning()
        };
        assert!(!pace.evaluates(&progress, 1));
    }
}
