//! The weights that a run may keep, scored one beside the other.

use std::ops::ControlFlow;

use relex_model::Classifier;
use serde::Serialize;

use super::{EvaluationReport, Event, FitInput, Stop, TrainingState, average::mean, evaluation::evaluate};
use crate::{Keep, TrainError};

/// What became of one of the weights that a run may keep.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CandidateReport {
    /// Which weights, by the name that `training.keep` has for them.
    pub candidate: Keep,
    /// Whether these are kept.
    pub kept: bool,
    /// Their scores on the validation rows.
    #[serde(flatten)]
    pub report: EvaluationReport,
}

/// Scores every candidate that the configuration asks for, tells of them, and returns the one that is kept. Where there is
/// nothing to compare, nothing is scored again.
pub(super) fn choose(
    classifier: &Classifier,
    state: &TrainingState,
    input: &FitInput<'_>,
    observe: &mut impl FnMut(Event) -> ControlFlow<Stop>,
) -> Result<ControlFlow<Stop, Classifier>, TrainError> {
    let values = input.config.values();
    let keep = values.training.keep;
    let candidates = candidates(classifier, state, input);
    let has_choice = values.averaging.is_wanted() || keep == Keep::Winner;
    let mut reports = Vec::new();
    if has_choice && !input.valid.labels.is_empty() {
        for (candidate, weights) in &candidates {
            let report = match evaluate(weights, input, |done| observe(Event::Evaluating(done)))? {
                ControlFlow::Continue(report) => report,
                ControlFlow::Break(stop) => return Ok(ControlFlow::Break(stop)),
            };
            let (step, epoch) = (state.progress.step, state.progress.epoch);
            reports.push(CandidateReport {
                candidate: *candidate,
                kept: false,
                report: EvaluationReport { step, epoch, ..report },
            });
        }
    }
    let kept = match keep {
        // Of equal ones the first: the plainer ones come first.
        Keep::Winner => {
            reports
                .iter()
                .enumerate()
                .fold((0, f64::NEG_INFINITY), |best, (at, report)| {
                    let score = report.report.score(values.training.choose_by);
                    if score > best.1 { (at, score) } else { best }
                })
                .0
        }
        keep => match candidates.iter().position(|(candidate, _)| *candidate == keep) {
            Some(place) => place,
            None => return Err(no_such(keep)),
        },
    };
    for (at, report) in reports.into_iter().enumerate() {
        let report = CandidateReport {
            kept: at == kept,
            ..report
        };
        if let ControlFlow::Break(stop) = observe(Event::Candidate(report)) {
            return Ok(ControlFlow::Break(stop));
        }
    }
    let chosen = candidates.into_iter().nth(kept).map(|(_, weights)| weights);
    Ok(ControlFlow::Continue(chosen.unwrap_or_else(|| classifier.clone())))
}

/// The error about a run that ended before the weights that it is to keep came about.
fn no_such(keep: Keep) -> TrainError {
    TrainError::Setting {
        key: "training.keep",
        value: serde_json::to_string(&keep).unwrap_or_default(),
        reason: "the run ended before there were such weights; its last checkpoint has those of its last step".into(),
    }
}

/// The weights that a run may keep; those after the last step come first.
fn candidates(classifier: &Classifier, state: &TrainingState, input: &FitInput<'_>) -> Vec<(Keep, Classifier)> {
    let values = input.config.values();
    let averaging = &values.averaging;
    let best = state.best_of_kept();
    let of_best = |count: usize| best.iter().take(count).map(|kept| kept.classifier.clone());
    let mut last = state.kept.iter().collect::<Vec<_>>();
    last.sort_by_key(|kept| std::cmp::Reverse(kept.step));
    let wants_best = matches!(values.training.keep, Keep::Best | Keep::Winner);
    let all = [
        (Keep::Last, Some(classifier.clone())),
        (Keep::Best, of_best(usize::from(wants_best)).next()),
        (Keep::Ema, state.ema.clone()),
        (Keep::Swa, state.swa.clone()),
        (
            Keep::MeanOfLast,
            averaging
                .last
                .and_then(|count| mean(last.iter().take(count).map(|kept| kept.classifier.clone()))),
        ),
        (Keep::MeanOfBest, averaging.best.and_then(|count| mean(of_best(count)))),
    ];
    all.into_iter()
        .filter_map(|(name, weights)| Some((name, weights?)))
        .collect()
}
