//! Where a loop begins, and how it ends before its end: whatever is trained.

use std::ops::ControlFlow;

use burn::{module::Module, tensor::Device};

use super::{Event, StartReport, Stop, TrainingState};
use crate::{AveragingConfig, Checkpoints, TrainError, optimizer::Optimizer};

/// The newest whole checkpoint, or the beginning. `optimizer` makes one for the model.
pub(crate) fn begin_or_go_on<M: Module>(
    model: M,
    optimizer: impl Fn(&M) -> Optimizer,
    averaging: &AveragingConfig,
    checkpoints: Option<&Checkpoints>,
    device: &Device,
) -> Result<(M, TrainingState<M>, StartReport), TrainError> {
    let (whole, damaged) = match checkpoints {
        Some(checkpoints) => {
            let found = checkpoints.read(&model, optimizer(&model), device)?;
            (found.whole, found.damaged)
        }
        None => (None, Vec::new()),
    };
    let (model, state) = match whole {
        Some(whole) => whole,
        None => {
            let state = TrainingState::new(optimizer(&model), &model, averaging);
            (model, state)
        }
    };
    let start = StartReport {
        step: state.progress.step,
        reports: state.progress.reports,
        damaged,
    };
    Ok((model, state, start))
}

/// Writes a checkpoint, if the run has any and the newest is not of this very state.
pub(crate) fn save_to<M: Module>(
    checkpoints: Option<&Checkpoints>,
    model: &M,
    state: &mut TrainingState<M>,
    observe: &mut impl FnMut(Event) -> ControlFlow<Stop>,
) -> Result<(), TrainError> {
    let Some(checkpoints) = checkpoints.filter(|_| !state.is_saved()) else {
        return Ok(());
    };
    // A request to stop is heard again with the next step.
    if let ControlFlow::Break(Stop::Failed(error)) = observe(Event::Saving) {
        return Err(error);
    }
    let path = checkpoints.write(model, state)?;
    state.saved = Some(state.progress.reports);
    match observe(Event::Saved(path)) {
        ControlFlow::Break(Stop::Failed(error)) => Err(error),
        _ => Ok(()),
    }
}

/// What a loop returns when the observer breaks off.
pub(crate) fn leave_with<M: Module>(
    stop: Stop,
    checkpoints: Option<&Checkpoints>,
    model: &M,
    state: &mut TrainingState<M>,
    observe: &mut impl FnMut(Event) -> ControlFlow<Stop>,
) -> TrainError {
    match stop {
        Stop::Failed(error) => error,
        Stop::Requested => match save_to(checkpoints, model, state, observe) {
            Err(error) => error,
            Ok(()) => TrainError::Stopped {
                step: state.progress.step,
            },
        },
    }
}
