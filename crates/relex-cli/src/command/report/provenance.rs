//! What predictions came from, as names and values.

use std::path::Path;

use relex_eval::PredictionsMeta;
use relex_train::{Provenance, RunFolder};

use crate::{
    command::{scored::Scored, train::series},
    system::in_mib,
};

pub(super) fn of_run(folder: &RunFolder) -> anyhow::Result<Vec<(String, String)>> {
    if series::has_begun(folder.path()) {
        return of_series(folder);
    }
    let run = Provenance::read(&folder.provenance())?;
    let mut rows = vec![
        ("Data set", run.dataset),
        ("Training rows", run.train_rows.to_string()),
        ("Validation rows", run.valid_rows.to_string()),
        ("Seed", run.seed.to_string()),
        ("Device", run.device),
        ("Precision", run.precision),
        ("Steps", run.steps.to_string()),
        ("Training time", format!("{:.0} s", run.train_seconds)),
        ("Tokens learnt from", run.tokens.to_string()),
        ("Share of padding", format!("{:.1} %", 100.0 * run.padding_share)),
        ("Sentences cut to fit", run.truncated_sentences.to_string()),
        ("Peak memory", in_mib(run.peak_memory_mib)),
        ("Data hash", run.data_hash),
        ("Split hash", run.split_hash),
        ("Configuration hash", run.config_hash),
        (
            "relex",
            run.git_commit
                .map_or(run.version.clone(), |commit| format!("{} ({commit})", run.version)),
        ),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect::<Vec<_>>();
    if let Some(read) = run.valid_rows_read_before {
        rows.push((
            "Validation rows that the encoder had read, as far as its folder tells".into(),
            read.to_string(),
        ));
    }
    rows.extend(
        run.encoder
            .into_iter()
            .map(|(file, hash)| (format!("Encoder {file}"), hash)),
    );
    Ok(rows)
}

/// What the runs of a series share, and what they do not.
fn of_series(folder: &RunFolder) -> anyhow::Result<Vec<(String, String)>> {
    let series = series::load(folder.path())?;
    let list = |numbers: Vec<String>| numbers.join(", ");
    let rows = [
        ("Data set", series.config.data.dataset.display().to_string()),
        ("Runs", (series.seeds.len() * series.folds.len()).to_string()),
        ("Seeds", list(series.seeds.iter().map(ToString::to_string).collect())),
        ("Folds", list(series.folds.iter().map(ToString::to_string).collect())),
    ];
    Ok(rows.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

pub(super) fn of_file(path: &Path, scored: &Scored) -> anyhow::Result<Vec<(String, String)>> {
    let mut rows = vec![
        ("Predictions", path.display().to_string()),
        ("Validation rows", scored.predictions.rows().to_string()),
    ];
    if let Some(meta) = PredictionsMeta::read_beside(path)? {
        rows.push(("Run", meta.run));
        rows.push(("Data hash", meta.data_hash));
        rows.extend(meta.split_hash.map(|hash| ("Split hash", hash)));
        rows.extend(meta.fold.map(|fold| ("Fold", fold.to_string())));
    }
    Ok(rows.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}
