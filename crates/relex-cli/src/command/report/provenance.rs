//! What predictions came from, as names and values.

use std::path::Path;

use relex_eval::PredictionsMeta;
use relex_train::{Provenance, RunFolder};

use crate::{command::scored::Scored, system::in_mib};

pub(super) fn of_run(folder: &RunFolder) -> anyhow::Result<Vec<(String, String)>> {
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
    rows.extend(
        run.encoder
            .into_iter()
            .map(|(file, hash)| (format!("Encoder {file}"), hash)),
    );
    Ok(rows)
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
