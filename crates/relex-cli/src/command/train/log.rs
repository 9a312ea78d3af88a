//! Follows the loop: `metrics.jsonl`, the progress bar, the totals.

use std::{
    fs::{File, OpenOptions},
    io::Write,
    ops::ControlFlow,
    path::{Path, PathBuf},
    time::Instant,
};

use relex_train::{
    CandidateReport, CheckedTrainConfig, EvaluationReport, Event, LabelledRows, MaskedReport, RunFolder, StartReport,
    StepReport, Stop, TrainError,
};
use serde::Deserialize;

use super::{
    cost::{Clock, Cost},
    events::Events,
};
use crate::{
    dashboard::{self, Plan, Speed, smoothed},
    interrupt,
    progress::{Progress, Verbosity, complain},
};

/// What was worked through, in all processes together.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Totals {
    pub(super) steps: usize,
    pub(super) rows: usize,
    pub(super) tokens: usize,
    pub(super) padded_tokens: usize,
}

impl Totals {
    /// Share of padding in all tokens computed.
    pub(super) fn padding_share(&self) -> f64 {
        1.0 - self.tokens as f64 / self.padded_tokens.max(1) as f64
    }

    fn add(&mut self, step: &StepLine) {
        self.steps = step.step;
        self.rows += step.rows;
        self.tokens += step.tokens;
        self.padded_tokens += step.padded_tokens;
    }
}

/// Of a step's line in `metrics.jsonl`, what the totals need; no other line has a learning rate.
#[derive(Deserialize)]
struct StepLine {
    step: usize,
    rows: usize,
    tokens: usize,
    padded_tokens: usize,
    #[serde(rename = "learning_rate")]
    _rate: f64,
}

/// The observer of one run.
pub(super) struct Log {
    metrics: Option<File>,
    path: PathBuf,
    events: Option<Events>,
    events_path: PathBuf,
    cost_path: PathBuf,
    progress: Progress,
    rows_in_all: usize,
    /// Smoothed over the steps that made an update.
    loss: Option<f64>,
    totals: Totals,
    /// Of the totals' rows and tokens, those of this process.
    own_rows: usize,
    own_tokens: usize,
    /// Seconds and rows after each step of this process.
    course: Vec<(f64, usize)>,
    clock: Clock,
}

impl Log {
    pub(super) fn new(
        folder: &RunFolder,
        train: &LabelledRows,
        valid_rows: usize,
        config: &CheckedTrainConfig,
        start: Instant,
        verbosity: Verbosity,
    ) -> Self {
        let settings = &config.values().training;
        let rows_in_all = match settings.steps {
            None => train.labels.len() * settings.epochs,
            Some(steps) => steps * settings.batch_size.min(train.labels.len()),
        };
        let plan = Plan {
            run: folder.path().display().to_string(),
            device: config.values().device.clone(),
            epochs: settings.steps.is_none().then_some(settings.epochs),
            rows_in_epoch: train.labels.len(),
            valid_rows,
        };
        Self::over(folder, plan, rows_in_all, start, verbosity)
    }

    /// The observer of a run over so many rows, as often as each comes.
    pub(super) fn over(
        folder: &RunFolder,
        plan: Plan,
        rows_in_all: usize,
        start: Instant,
        verbosity: Verbosity,
    ) -> Self {
        dashboard::update(|board| board.begin(plan));
        Self {
            metrics: None,
            path: folder.metrics(),
            events: None,
            events_path: folder.events(),
            cost_path: folder.checkpoints().join("cost.json"),
            progress: Progress::new(rows_in_all, "train", verbosity),
            rows_in_all,
            loss: None,
            totals: Totals::default(),
            own_rows: 0,
            own_tokens: 0,
            course: Vec::new(),
            clock: Clock::since(start),
        }
    }

    /// Writes down what the loop tells, and hands on the user's wish to stop.
    pub(super) fn hear(&mut self, event: &Event) -> ControlFlow<Stop> {
        let heard = match event {
            Event::Start(start) => self.start(start),
            Event::Preparing => {
                self.clock.prepare();
                Ok(())
            }
            Event::Prepared => {
                self.clock.prepared();
                Ok(())
            }
            Event::Step(step) => self.step(step),
            Event::Evaluating(done) => {
                self.clock.pause();
                dashboard::update(|board| {
                    board.aside = Some(format!("scoring {done} of {} rows", board.plan.valid_rows));
                });
                Ok(())
            }
            Event::Evaluation(evaluation) => self.evaluation(evaluation),
            Event::Candidate(candidate) => self.candidate(candidate),
            Event::MaskedEvaluation(report) => self.masked_evaluation(report),
            Event::Saving => self.saving(),
            Event::Saved(_) => self.saved(),
            _ => Ok(()),
        };
        match heard {
            Err(error) => ControlFlow::Break(Stop::Failed(error)),
            Ok(()) => interrupt::flow().map_break(|()| Stop::Requested),
        }
    }

    fn start(&mut self, start: &StartReport) -> Result<(), TrainError> {
        for checkpoint in &start.damaged {
            complain(&format!(
                "warning: {}: this checkpoint is damaged ({}); the one before it is used",
                checkpoint.path.display(),
                checkpoint.reason
            ));
        }
        let (file, totals) = open_metrics(&self.path, start.reports)?;
        self.metrics = Some(file);
        let lines = std::fs::read(&self.path).map_err(TrainError::io(&self.path))?;
        self.events = Some(Events::begin(&self.events_path, &lines)?);
        dashboard::update(|board| lines.split(|&byte| byte == b'\n').for_each(|line| board.line(line)));
        self.totals = totals;
        if start.step > 0 {
            self.clock.go_on(&self.cost_path);
            self.progress.note(&format!("going on after step {}", start.step));
        }
        self.progress.begin_at(self.totals.rows.min(self.rows_in_all));
        self.clock.train();
        Ok(())
    }

    fn step(&mut self, step: &StepReport) -> Result<(), TrainError> {
        self.clock.train();
        self.totals.add(&StepLine {
            step: step.step,
            rows: step.rows,
            tokens: step.tokens,
            padded_tokens: step.padded_tokens,
            _rate: step.learning_rate,
        });
        self.own_rows += step.rows;
        self.own_tokens += step.tokens;
        if !step.skipped {
            self.loss = Some(smoothed(self.loss, f64::from(step.loss)));
        }
        let seconds = self.clock.own_train_seconds();
        self.course.push((seconds, self.own_rows));
        dashboard::update(|board| {
            board.speed = Speed {
                examples: self.own_rows as f64 / seconds,
                tokens: self.own_tokens as f64 / seconds,
                padding_share: self.totals.padding_share(),
                data_share: self.clock.own_data_share(),
            };
        });
        let message = format!(
            "rows · epoch {} · loss {:.3} · rate {:.2e} · {:.1} examples/s",
            step.epoch,
            self.loss.unwrap_or(f64::NAN),
            step.learning_rate,
            self.own_rows as f64 / seconds
        );
        self.progress.at(self.totals.rows.min(self.rows_in_all), &message);
        self.line(serde_json::to_string(step))
    }

    fn evaluation(&mut self, evaluation: &EvaluationReport) -> Result<(), TrainError> {
        self.progress.note(&format!(
            "after step {} (epoch {}): micro-F1 {:.2}, AUPRC {:.2} on {} validation rows",
            evaluation.step, evaluation.epoch, evaluation.micro_f1, evaluation.auprc, evaluation.rows
        ));
        self.line(serde_json::to_string(evaluation))?;
        self.clock.train();
        Ok(())
    }

    fn candidate(&mut self, candidate: &CandidateReport) -> Result<(), TrainError> {
        let name = serde_json::to_value(candidate.candidate).unwrap_or_default();
        self.progress.note(&format!(
            "{}: micro-F1 {:.2}, AUPRC {:.2}{}",
            name.as_str().unwrap_or_default(),
            candidate.report.micro_f1,
            candidate.report.auprc,
            if candidate.kept { " (kept)" } else { "" }
        ));
        self.line(serde_json::to_string(candidate))
    }

    fn masked_evaluation(&mut self, report: &MaskedReport) -> Result<(), TrainError> {
        self.progress.note(&format!(
            "after step {}: {} on {} held-out sentences",
            report.step,
            in_words(report),
            report.sentences
        ));
        self.line(serde_json::to_string(report))?;
        self.clock.train();
        Ok(())
    }

    fn saving(&mut self) -> Result<(), TrainError> {
        self.clock.pause();
        dashboard::update(|board| board.aside = Some("saving".into()));
        if let Some(metrics) = &mut self.metrics {
            metrics.sync_data().map_err(TrainError::io(&self.path))?;
        }
        Ok(())
    }

    fn saved(&mut self) -> Result<(), TrainError> {
        self.clock.write(&self.cost_path)?;
        dashboard::update(|board| board.aside = None);
        self.clock.train();
        Ok(())
    }

    fn line(&mut self, line: serde_json::Result<String>) -> Result<(), TrainError> {
        let (Some(metrics), Some(events)) = (&mut self.metrics, &mut self.events) else {
            return Ok(());
        };
        let line = line.map_err(|error| TrainError::io(&self.path)(error.into()))?;
        let written = metrics.write_all(format!("{line}\n").as_bytes());
        written.map_err(TrainError::io(&self.path))?;
        dashboard::update(|board| board.line(line.as_bytes()));
        events.add(line.as_bytes())
    }

    /// What was worked through, what it cost, and the examples a second once everything was warm.
    pub(super) fn finish(mut self) -> (Totals, Cost, Option<f64>) {
        self.clock.pause();
        self.progress.finish();
        (self.totals, self.clock.read(), steady_rate(&self.course))
    }
}

/// Examples a second over the second half of the steps: a GPU's kernels are compiled and tried out in the first ones.
fn steady_rate(course: &[(f64, usize)]) -> Option<f64> {
    let (end, all) = course.last()?;
    let (begin, before) = course[course.len().checked_sub(2)? / 2];
    Some((all - before) as f64 / (end - begin))
}

/// How well masked tokens are guessed.
pub(super) fn in_words(report: &MaskedReport) -> String {
    format!(
        "loss {:.3}, perplexity {:.1}, {:.1} % of {} masked tokens guessed",
        report.masked_loss, report.perplexity, report.masked_accuracy, report.masked_tokens
    )
}

/// `metrics.jsonl` with its first `reports` lines, and what was worked through in them; later ones are gone.
fn open_metrics(path: &Path, reports: usize) -> Result<(File, Totals), TrainError> {
    let file = OpenOptions::new()
        .append(true)
        .create(true)
        .open(path)
        .map_err(TrainError::io(path))?;
    let text = std::fs::read(path).map_err(TrainError::io(path))?;
    let mut totals = Totals::default();
    let mut end = 0;
    for line in text.split_inclusive(|&byte| byte == b'\n').take(reports) {
        if line.last() != Some(&b'\n') {
            break;
        }
        end += line.len();
        if let Ok(step) = serde_json::from_slice::<StepLine>(line) {
            totals.add(&step);
        }
    }
    let found = text[..end].iter().filter(|&&byte| byte == b'\n').count();
    if found < reports {
        return Err(TrainError::Run {
            path: path.into(),
            reason: format!(
                "it holds {found} whole lines, but {reports} were written before the last checkpoint; restore it"
            ),
        });
    }
    file.set_len(end as u64).map_err(TrainError::io(path))?;
    Ok((file, totals))
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEP: &str = r#"{"step":STEP,"steps":9,"epoch":1,"loss":1.5,"gradient_norm":1.0,"learning_rate":0.1,"rows":4,"tokens":30,"padded_tokens":40}"#;
    const EVALUATION: &str = r#"{"step":1,"epoch":1,"micro_f1":50.0,"auprc":40.0,"rows":5}"#;

    fn metrics(lines: usize, more: &str) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("metrics.jsonl");
        let all = [STEP.replace("STEP", "1"), EVALUATION.into(), STEP.replace("STEP", "2")];
        let text: String = all.iter().take(lines).map(|line| format!("{line}\n")).collect();
        std::fs::write(&path, text + more).unwrap();
        (folder, path)
    }

    #[test]
    fn lines_after_the_checkpoint_go_and_the_others_are_added_up() {
        let (_folder, path) = metrics(3, "{\"step\":3,\"ste");
        let before = std::fs::read_to_string(&path).unwrap();
        let (_, totals) = open_metrics(&path, 3).unwrap();
        let expected = Totals {
            steps: 2,
            rows: 8,
            tokens: 60,
            padded_tokens: 80,
        };
        assert_eq!(totals, expected);
        assert_eq!(totals.padding_share(), 0.25);
        assert_eq!(
            std::fs::read_to_string(&path).unwrap(),
            before[..before.rfind('{').unwrap()]
        );
        let (_, totals) = open_metrics(&path, 2).unwrap();
        assert_eq!(totals.rows, 4);
        assert_eq!(std::fs::read_to_string(&path).unwrap().lines().count(), 2);
        let (_, totals) = open_metrics(&path, 0).unwrap();
        assert_eq!(totals, Totals::default());
        assert_eq!(std::fs::read(&path).unwrap(), b"");
    }

    #[test]
    fn the_steady_rate_is_that_of_the_second_half() {
        // After the second of four steps: 20 - 8 rows in 13 - 11 seconds.
        let course = [(10.0, 4), (11.0, 8), (12.0, 14), (13.0, 20)];
        assert_eq!(steady_rate(&course), Some(6.0));
        assert_eq!(steady_rate(&course[..2]), Some(4.0));
        assert_eq!(steady_rate(&course[..1]), None);
    }

    #[test]
    fn missing_lines_are_an_error() {
        let (_folder, path) = metrics(2, "{\"step\"");
        let error = open_metrics(&path, 3).unwrap_err();
        assert!(error.to_string().contains("2 whole lines, but 3"), "{error}");
    }
}
