//! `relex evaluate --semeval-scorer`.

use anyhow::bail;
use relex_eval::{SemevalAnswers, SemevalReport};

use super::evaluate::scored;
use crate::{args::EvaluateArguments, progress::Verbosity};

/// The official scorer's report about answer files, or about predictions for a data set with that task's labels.
pub(super) fn report(arguments: &EvaluateArguments, verbosity: Verbosity) -> anyhow::Result<SemevalReport> {
    if let Some(key) = &arguments.key {
        let Some(proposed) = &arguments.predictions else {
            bail!("give the answers to score with --predictions");
        };
        return Ok(SemevalReport::new(
            &SemevalAnswers::read(proposed)?,
            &SemevalAnswers::read(key)?,
        )?);
    }
    let path = arguments.predictions.as_ref().or(arguments.run.as_ref());
    let path = path.cloned().unwrap_or_default();
    let scored = scored(arguments, verbosity)?;
    let (ids, labels) = (&scored.predictions.ids, scored.labels.names());
    let answers = |label: &dyn Fn(usize) -> usize| {
        let rows = ids.iter().enumerate();
        SemevalAnswers::new(&path, rows.map(|(row, id)| (id.as_str(), labels[label(row)].as_str())))
    };
    let proposed = answers(&|row| scored.predictions.predicted(row))?;
    let key = answers(&|row| scored.gold[row])?;
    Ok(SemevalReport::new(&proposed, &key)?)
}
