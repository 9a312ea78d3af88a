//! Which of the gold labels a system suspects.

use relex_eval::{
    DeclaredValues, EvalError, Member, NoiseRanking, Predictions, PredictionsMeta, Suspect, Truth, find_label_errors,
};

use super::System;
use crate::{
    args::Rows,
    command::{compare::Loaded, held_out::known_out_of_fold, member::run_predictions},
    progress::Verbosity,
};

/// The rows by how likely their label is wrong, if the system is known not to have learnt from them. `probabilities` are its
/// own, in the order of the reference's rows.
pub(super) fn suspects(
    system: &System,
    reference: &Loaded,
    probabilities: &[f64],
    is_vouched: bool,
    verbosity: Verbosity,
) -> anyhow::Result<Option<Vec<Suspect>>> {
    let path = match &system.run {
        Some(folder) => run_predictions(folder, Rows::Valid)?,
        None => system.path.clone(),
    };
    let left_out = |reason: &str| {
        verbosity.note(format!(
            "{}: labels that it suspects are left out: {reason}",
            path.display()
        ));
        Ok(None)
    };
    let scored = &reference.scored;
    let predictions = Predictions {
        ids: scored.predictions.ids.clone(),
        labels: scored.predictions.labels.clone(),
        probabilities: probabilities.to_vec(),
    };
    let Ok((table, _)) = predictions.table(&path, DeclaredValues::default()) else {
        return left_out("its values are no probabilities");
    };
    let member = Member {
        name: system.loaded.name.clone(),
        meta: PredictionsMeta::read_beside(&path)?,
        path: path.clone(),
        ids: predictions.ids,
        labels: predictions.labels,
        table,
        notes: Vec::new(),
    };
    let out_of_fold = match known_out_of_fold(member, is_vouched) {
        Ok(out_of_fold) => out_of_fold,
        Err(error) => match error.downcast_ref() {
            Some(EvalError::NotOutOfFold { reason, .. }) if is_vouched => return left_out(reason),
            Some(EvalError::NotOutOfFold { reason, .. }) => {
                return left_out(&format!(
                    "they are not known to be out of fold ({reason}); if you know better, say so with --out-of-fold {}",
                    path.display()
                ));
            }
            _ => return Err(error),
        },
    };
    let truth = Truth {
        gold: &scored.gold,
        negative: scored.labels.negative().index(),
        groups: &scored.groups,
    };
    Ok(Some(
        find_label_errors(&out_of_fold, &truth, NoiseRanking::default())?.0,
    ))
}
