//! The predictions of a series' runs as one: means of probabilities, and scores.

use std::{collections::HashMap, path::Path};

use anyhow::Context;
use relex_data::{Example, LabelSet, data_hash};
use relex_eval::{
    PREDICTIONS_FORMAT_VERSION, Predictions, PredictionsMeta, accuracy, argmax, auprc, macro_average, micro_f1,
};
use relex_train::{CheckedTrainConfig, ChooseBy, EvaluationReport, Provenance, RunFolder, TrainOn};
use serde::Serialize;

use super::Member;
use crate::command::load_split;

/// The scores of a series; the content of `summary.json`. Scores are in percent.
#[derive(Debug, Serialize)]
struct Summary {
    /// Every run on its own validation rows.
    runs: Vec<RunScores>,
    /// Mean over the runs.
    mean: Scores,
    /// Sample deviation over the runs; none for a single one.
    deviation: Option<Scores>,
    /// Of the rows of all runs together, each with the mean probabilities of those runs that did not learn from it.
    pooled: Scores,
    /// How many rows that is.
    pooled_rows: usize,
    /// Steps in which a run over every row sees each as often as the runs did until their best evaluations, on average.
    steps_for_all_rows: usize,
}

#[derive(Debug, Serialize)]
struct RunScores {
    seed: u64,
    fold: usize,
    rows: usize,
    /// Updates made.
    steps: usize,
    /// Updates before the evaluation with the best score, by `training.choose_by`; of equal ones the first.
    best_step: usize,
    #[serde(flatten)]
    scores: Scores,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
struct Scores {
    micro_f1: f64,
    /// Mean F1 of the labels that have a row, without the negative one.
    macro_f1: f64,
    auprc: f64,
    accuracy: f64,
}

/// Writes what the runs come to together, as far as they have predicted it: `predictions/valid.csv`, `submission.csv`,
/// `summary.json`. What to say about it.
pub(super) fn merge(path: &Path, config: &CheckedTrainConfig, members: &[Member]) -> anyhow::Result<String> {
    let series = RunFolder::at(path);
    let mut said = Vec::new();
    let submissions = members.iter().map(|member| member.folder.submission());
    if let Some(first) = submissions.clone().next().filter(|path| path.is_file()) {
        let all = submissions.map(|path| Ok(Predictions::read(path, None)?));
        let mean = mean(&all.collect::<anyhow::Result<Vec<_>>>()?)?;
        let meta = PredictionsMeta::read_beside(&first)?.map(|meta| PredictionsMeta {
            run: series.name(),
            ..meta
        });
        mean.write(series.submission(), meta.as_ref())?;
        said.push(format!(
            "{} test rows, mean of {} runs: {}",
            mean.rows(),
            members.len(),
            series.submission().display()
        ));
    }
    if config.values().data.train_on == TrainOn::Fold {
        said.push(merge_valid(&series, config, members)?);
    }
    Ok(said.join("\n"))
}

fn merge_valid(series: &RunFolder, config: &CheckedTrainConfig, members: &[Member]) -> anyhow::Result<String> {
    let data = load_split(config)?;
    let labels = &data.spec.labels;
    let examples: HashMap<&str, &Example> = data
        .examples
        .iter()
        .map(|example| (example.id.as_str(), example))
        .collect();
    let choose_by = config.values().training.choose_by;
    let most = config.values().data.max_train_rows.unwrap_or(usize::MAX);
    let rows_in_all = (data.train.len() + data.valid.len()).min(most);
    let mut steps_for_all_rows = Vec::new();
    let mut runs = Vec::new();
    let mut all = Vec::new();
    for member in members {
        let predictions = Predictions::read(member.folder.predictions("valid"), None)?;
        let provenance = Provenance::read(&member.folder.provenance())?;
        let best_step = best_step(&member.folder.metrics(), choose_by)?.unwrap_or(provenance.steps);
        steps_for_all_rows.push(best_step as f64 * rows_in_all as f64 / provenance.train_rows as f64);
        runs.push(RunScores {
            seed: member.seed,
            fold: member.fold,
            rows: predictions.rows(),
            steps: provenance.steps,
            best_step,
            scores: scores(&predictions, &examples, labels)?,
        });
        all.push(predictions);
    }
    let pooled = mean(&all)?;
    let rows: Vec<Example> = pooled
        .ids
        .iter()
        .filter_map(|id| examples.get(id.as_str()).map(|&example| example.clone()))
        .collect();
    let fold = members.iter().all(|member| member.fold == members[0].fold);
    let meta = PredictionsMeta {
        format_version: PREDICTIONS_FORMAT_VERSION,
        labels: pooled.labels.clone(),
        negative_label: labels.name(labels.negative()).into(),
        run: series.name(),
        data_hash: data_hash(&rows, labels),
        split_hash: Some(data.manifest.hash().into()),
        fold: fold.then_some(members[0].fold as u32),
        rows: pooled.rows(),
    };
    let place = series.predictions("valid");
    std::fs::create_dir_all(place.parent().unwrap_or(Path::new("."))).with_context(|| place.display().to_string())?;
    pooled.write(&place, Some(&meta))?;
    let each: Vec<Scores> = runs.iter().map(|run| run.scores).collect();
    let summary = Summary {
        mean: Scores::each(&each, mean_of),
        deviation: (each.len() > 1).then(|| Scores::each(&each, deviation)),
        pooled: scores(&pooled, &examples, labels)?,
        pooled_rows: pooled.rows(),
        steps_for_all_rows: mean_of(&steps_for_all_rows).round() as usize,
        runs,
    };
    let json = serde_json::to_vec_pretty(&summary)?;
    relex_data::write_atomically(&series.path().join("summary.json"), &json)?;
    Ok(summary.render())
}

/// The mean of the probabilities that each row was given; rows in the order in which they come up first.
fn mean(all: &[Predictions]) -> anyhow::Result<Predictions> {
    let first = all.first().context("there is nothing to take the mean of")?;
    let mut place: HashMap<&str, usize> = HashMap::new();
    let mut ids: Vec<&str> = Vec::new();
    let mut sums: Vec<Vec<f64>> = Vec::new();
    let mut counts: Vec<usize> = Vec::new();
    for predictions in all {
        anyhow::ensure!(
            predictions.labels == first.labels,
            "the runs' predictions have different labels"
        );
        for (row, id) in predictions.ids.iter().enumerate() {
            let at = *place.entry(id).or_insert_with(|| {
                ids.push(id);
                sums.push(vec![0.0; first.labels.len()]);
                counts.push(0);
                ids.len() - 1
            });
            counts[at] += 1;
            for (sum, value) in sums[at].iter_mut().zip(predictions.row(row)) {
                *sum += value;
            }
        }
    }
    let means = sums.iter().zip(&counts);
    Ok(Predictions {
        ids: ids.into_iter().map(String::from).collect(),
        labels: first.labels.clone(),
        probabilities: means
            .flat_map(|(sum, &count)| sum.iter().map(move |value| value / count as f64))
            .collect(),
    })
}

fn scores(predictions: &Predictions, examples: &HashMap<&str, &Example>, labels: &LabelSet) -> anyhow::Result<Scores> {
    let gold = predictions.ids.iter().map(|id| {
        let label = examples.get(id.as_str()).and_then(|example| example.label);
        label
            .map(relex_data::LabelId::index)
            .with_context(|| format!("row {id:?} is not in the data set any more"))
    });
    let gold = gold.collect::<anyhow::Result<Vec<usize>>>()?;
    let (classes, negative) = (predictions.labels.len(), labels.negative().index());
    let predicted: Vec<usize> = predictions.probabilities.chunks_exact(classes).map(argmax).collect();
    Ok(Scores {
        micro_f1: micro_f1(&gold, &predicted, negative)?,
        macro_f1: macro_average(&gold, &predicted, classes, negative)?.f1,
        auprc: auprc(&gold, &predictions.probabilities, classes)?.mean,
        accuracy: accuracy(&gold, &predicted)?,
    })
}

/// The step of the evaluation with the best score in a run's `metrics.jsonl`, of equal ones the first.
fn best_step(metrics: &Path, by: ChooseBy) -> anyhow::Result<Option<usize>> {
    let text = std::fs::read_to_string(metrics).with_context(|| metrics.display().to_string())?;
    let reports = text.lines().filter(|line| !line.contains("\"candidate\""));
    let best = reports
        .filter_map(|line| serde_json::from_str::<EvaluationReport>(line).ok())
        .reduce(|best, next| if next.score(by) > best.score(by) { next } else { best });
    Ok(best.map(|report| report.step))
}

fn mean_of(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// The sample deviation, which divides by one less than the number of values.
fn deviation(values: &[f64]) -> f64 {
    let mean = mean_of(values);
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (squares / (values.len() - 1) as f64).sqrt()
}

impl Scores {
    /// One number of each score's values.
    fn each(all: &[Self], number: impl Fn(&[f64]) -> f64) -> Self {
        let of = |score: fn(&Self) -> f64| number(&all.iter().map(score).collect::<Vec<_>>());
        Self {
            micro_f1: of(|scores| scores.micro_f1),
            macro_f1: of(|scores| scores.macro_f1),
            auprc: of(|scores| scores.auprc),
            accuracy: of(|scores| scores.accuracy),
        }
    }
}

impl Summary {
    fn render(&self) -> String {
        let line = |name: &str, scores: &Scores| {
            format!(
                "{name:<24} {:>9.2} {:>9.2} {:>9.2} {:>9.2}",
                scores.micro_f1, scores.macro_f1, scores.auprc, scores.accuracy
            )
        };
        let mut lines = vec![format!(
            "{:<24} {:>9} {:>9} {:>9} {:>9}",
            "", "micro-F1", "macro-F1", "AUPRC", "accuracy"
        )];
        for run in &self.runs {
            lines.push(line(&format!("seed {}, fold {}", run.seed, run.fold), &run.scores));
        }
        lines.push(line("mean", &self.mean));
        lines.extend(self.deviation.as_ref().map(|deviation| line("deviation", deviation)));
        lines.push(line(&format!("pooled, {} rows", self.pooled_rows), &self.pooled));
        lines.push(format!(
            "a run over every row sees each as often as these until their best evaluations with data.train_on = \"all\" and \
             training.steps = {} (it has nothing to choose or stop by: training.keep, patience and the like are to be set anew)",
            self.steps_for_all_rows
        ));
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn predictions(ids: &[&str], probabilities: &[f64]) -> Predictions {
        Predictions {
            ids: ids.iter().map(ToString::to_string).collect(),
            labels: vec!["no".into(), "yes".into()],
            probabilities: probabilities.to_vec(),
        }
    }

    #[test]
    fn each_row_has_the_mean_of_the_runs_that_predicted_it() {
        let all = [
            predictions(&["a", "b"], &[0.25, 0.75, 0.5, 0.5]),
            predictions(&["c"], &[0.125, 0.875]),
            predictions(&["b", "a"], &[1.0, 0.0, 0.75, 0.25]),
        ];
        let expected = predictions(&["a", "b", "c"], &[0.5, 0.5, 0.75, 0.25, 0.125, 0.875]);
        assert_eq!(mean(&all).unwrap(), expected);
    }

    #[test]
    fn means_and_deviations_are_of_the_runs() {
        let all = [60.0, 63.0, 66.0].map(|score| Scores {
            micro_f1: score,
            macro_f1: 40.0,
            auprc: 50.0,
            accuracy: 2.0 * score,
        });
        // √((9 + 0 + 9) / 2)
        let expected = Scores {
            micro_f1: 3.0,
            macro_f1: 0.0,
            auprc: 0.0,
            accuracy: 6.0,
        };
        assert_eq!(Scores::each(&all, deviation), expected);
    }
}
