use relex_eval::{Report, ReportRow};
use relex_train::{Provenance, RunFolder};

use super::{evaluate::read_evaluation, open_run, scored::Scored};
use crate::{
    args::ReportArguments,
    progress::{Verbosity, show},
};

pub(crate) fn run(arguments: &ReportArguments, verbosity: Verbosity) -> anyhow::Result<()> {
    let folder = open_run(&arguments.run)?;
    let evaluation = read_evaluation(&folder)?;
    let scored = Scored::of_run(&folder)?;
    let report = Report {
        title: folder.name(),
        evaluation,
        rows: wrong_rows(&scored),
        provenance: provenance(&folder)?,
    };
    verbosity.detail(format!("{} wrong rows", report.rows.len()));
    let path = arguments.out.clone().unwrap_or_else(|| folder.report());
    super::split::create_parent(&path)?;
    report.write(&path)?;
    show(&path.display().to_string());
    Ok(())
}

fn wrong_rows(scored: &Scored) -> Vec<ReportRow> {
    let labels = scored.labels.names();
    let rows = scored.examples.iter().zip(&scored.gold).enumerate();
    rows.filter(|(row, (_, gold))| scored.predictions.predicted(*row) != **gold)
        .map(|(row, (example, &gold))| {
            let predicted = scored.predictions.predicted(row);
            let probabilities = scored.predictions.row(row);
            let span = |span: relex_data::Span| (span.start(), span.end());
            ReportRow {
                id: example.id.clone(),
                sentence: example.sentence.clone(),
                subject: span(example.subject.span),
                object: span(example.object.span),
                subject_type: example.subject.entity_type.clone(),
                object_type: example.object.entity_type.clone(),
                gold: labels[gold].clone(),
                predicted: labels[predicted].clone(),
                confidence: probabilities[predicted],
                gold_probability: probabilities[gold],
            }
        })
        .collect()
}

fn provenance(folder: &RunFolder) -> anyhow::Result<Vec<(String, String)>> {
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
        (
            "Peak memory",
            run.peak_memory_mib
                .map_or("unknown".into(), |mib| format!("{mib:.0} MiB")),
        ),
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
