//! What a training run wrote of itself step by step: `metrics.jsonl`.

use std::path::Path;

use serde::Deserialize;

use crate::error::EvalError;

/// How a training run went.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TrainingHistory {
    /// Its optimisation steps, in order.
    pub steps: Vec<TrainingStep>,
    /// Its evaluations on validation rows, in order.
    pub evaluations: Vec<TrainingEvaluation>,
}

/// One optimisation step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TrainingStep {
    /// Its number, from 1.
    pub step: usize,
    /// The mean loss of its batch.
    pub loss: f64,
    /// The learning rate, if it was recorded.
    pub learning_rate: Option<f64>,
}

/// One evaluation during training; scores in percent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TrainingEvaluation {
    /// After how many steps.
    pub step: usize,
    /// Micro-F1 without the negative label.
    pub micro_f1: f64,
    /// Mean area under the precision-recall curves, if it was recorded.
    pub auprc: Option<f64>,
}

/// Any line: which of the keys are there says which kind it is.
#[derive(Deserialize)]
struct Line {
    step: usize,
    loss: Option<f64>,
    learning_rate: Option<f64>,
    micro_f1: Option<f64>,
    auprc: Option<f64>,
}

impl TrainingHistory {
    /// Reads JSON lines: those with `step` and `loss` are steps (`learning_rate` is read too), those with `step` and `micro_f1`
    /// evaluations (`auprc` is read too). Other keys are left alone, and so are other lines, such as one that was cut short, and losses
    /// that are not numbers. Of two lines about one step the later counts: a run that was resumed repeats some.
    ///
    /// # Errors
    /// [`EvalError::Read`] if the file cannot be read.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, EvalError> {
        let path = path.as_ref();
        let text = std::fs::read_to_string(path).map_err(|source| EvalError::Read {
            path: path.to_owned(),
            source,
        })?;
        Ok(Self::parse(&text))
    }

    fn parse(text: &str) -> Self {
        let mut history = Self::default();
        for line in text.lines().filter_map(|line| serde_json::from_str::<Line>(line).ok()) {
            if let Some(loss) = line.loss {
                history.steps.push(TrainingStep {
                    step: line.step,
                    loss,
                    learning_rate: line.learning_rate,
                });
            } else if let Some(micro_f1) = line.micro_f1 {
                history.evaluations.push(TrainingEvaluation {
                    step: line.step,
                    micro_f1,
                    auprc: line.auprc,
                });
            }
        }
        keep_last(&mut history.steps, |step| step.step);
        keep_last(&mut history.evaluations, |evaluation| evaluation.step);
        history
    }
}

/// Sorts by key, and of values with one key keeps the last.
fn keep_last<T>(values: &mut Vec<T>, key: impl Fn(&T) -> usize) {
    values.reverse();
    values.sort_by_key(&key);
    values.dedup_by_key(|value| key(value));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_both_kinds_and_of_none() {
        let text = concat!(
            "{\"step\":1,\"steps\":2,\"loss\":3.5,\"learning_rate\":1e-5,\"rows\":32}\n",
            "{\"step\":2,\"loss\":null}\n",
            "{\"step\":2,\"epoch\":1,\"micro_f1\":66.5,\"auprc\":37.5,\"rows\":5}\n",
            "{\"step\":3,\"lo"
        );
        let history = TrainingHistory::parse(text);
        let step = TrainingStep {
            step: 1,
            loss: 3.5,
            learning_rate: Some(1e-5),
        };
        assert_eq!(history.steps, [step]);
        let evaluation = TrainingEvaluation {
            step: 2,
            micro_f1: 66.5,
            auprc: Some(37.5),
        };
        assert_eq!(history.evaluations, [evaluation]);
    }

    #[test]
    fn a_resumed_run_counts_each_step_once() {
        let line = |step: usize, loss: f64| format!("{{\"step\":{step},\"loss\":{loss}}}\n");
        let text = [line(1, 3.0), line(2, 2.0), line(3, 9.0), line(3, 1.0), line(4, 0.5)].concat();
        let losses: Vec<_> = TrainingHistory::parse(&text)
            .steps
            .iter()
            .map(|step| (step.step, step.loss))
            .collect();
        assert_eq!(losses, [(1, 3.0), (2, 2.0), (3, 1.0), (4, 0.5)]);
    }
}
