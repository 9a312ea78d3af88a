//! What the dashboard knows of a run.

use std::{collections::VecDeque, time::Instant};

use relex_train::MaskedReport;
use serde::Deserialize;

use super::curve::Curve;

/// Messages that are kept to be shown.
const MESSAGES: usize = 50;

/// Everything that is shown.
#[derive(Debug, Clone)]
pub(crate) struct Board {
    /// Which run of a series this is, if it is one.
    pub(crate) series: Option<String>,
    /// What the run is.
    pub(crate) plan: Plan,
    /// What is being worked through.
    pub(crate) work: Work,
    /// What happens at the moment, if it is not the work itself.
    pub(crate) aside: Option<String>,
    /// Whether the user has asked to stop.
    pub(crate) stops: bool,
    /// Whether the keys are explained.
    pub(crate) help: bool,
    /// The last step.
    pub(crate) step: Step,
    /// Updates left out for want of precision.
    pub(crate) skipped: usize,
    /// Rows of the epoch that are done.
    pub(crate) epoch_rows: usize,
    /// The loss of every step.
    pub(crate) loss: Curve,
    /// The same, each as nine tenths of the one before and one of its own.
    pub(crate) smooth_loss: Curve,
    /// Norms before clipping.
    pub(crate) gradient_norm: Curve,
    /// The rates.
    pub(crate) learning_rate: Curve,
    /// The last of the smoothed losses.
    pub(crate) smoothed: Option<f64>,
    /// What the validation rows said, the oldest first.
    pub(crate) evaluations: Vec<Evaluation>,
    /// What the held-out sentences said in further pre-training, the oldest first.
    pub(crate) masked: Vec<MaskedReport>,
    /// How fast it goes.
    pub(crate) speed: Speed,
    /// Resident memory now and at its largest, in MiB, where the system tells.
    pub(crate) memory: Option<[f64; 2]>,
    /// The last of what was said, the oldest first.
    pub(crate) messages: VecDeque<String>,
    /// When the dashboard was opened.
    pub(crate) began: Instant,
}

/// What is known of a run before its first step.
#[derive(Debug, Clone, Default)]
pub(crate) struct Plan {
    pub(crate) run: String,
    pub(crate) device: String,
    /// None where a number of steps is set.
    pub(crate) epochs: Option<usize>,
    pub(crate) rows_in_epoch: usize,
    pub(crate) valid_rows: usize,
}

/// A known amount of work.
#[derive(Debug, Clone)]
pub(crate) struct Work {
    pub(crate) what: &'static str,
    pub(crate) done: usize,
    pub(crate) total: usize,
    /// What was done before, by another process.
    before: usize,
    began: Instant,
    last: Instant,
}

/// How fast it goes, in this process.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Speed {
    pub(crate) examples: f64,
    pub(crate) tokens: f64,
    /// Of all tokens computed, over the whole run.
    pub(crate) padding_share: f64,
    /// Of the time in steps, what went into making batches.
    pub(crate) data_share: f64,
}

/// Of a line of `metrics.jsonl`, what is shown of a step.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
pub(crate) struct Step {
    pub(crate) step: usize,
    pub(crate) steps: usize,
    pub(crate) epoch: usize,
    /// None where it was not finite.
    pub(crate) loss: Option<f64>,
    pub(crate) gradient_norm: Option<f64>,
    pub(crate) learning_rate: f64,
    pub(crate) loss_scale: Option<f64>,
    #[serde(default)]
    pub(crate) skipped: bool,
    pub(crate) rows: usize,
}

/// Of a line of `metrics.jsonl`, what is shown of an evaluation or of a candidate at the end.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Evaluation {
    pub(crate) step: usize,
    pub(crate) epoch: usize,
    pub(crate) micro_f1: f64,
    pub(crate) auprc: f64,
    pub(crate) valid_loss: Option<f64>,
    /// Which weights, where it is not those of the step.
    pub(crate) candidate: Option<String>,
}

impl Board {
    /// An empty board.
    pub(crate) fn new(began: Instant) -> Self {
        Self {
            series: None,
            plan: Plan::default(),
            work: Work::new("train", 0, began),
            aside: None,
            stops: false,
            help: false,
            step: Step::default(),
            skipped: 0,
            epoch_rows: 0,
            loss: Curve::default(),
            smooth_loss: Curve::default(),
            gradient_norm: Curve::default(),
            learning_rate: Curve::default(),
            smoothed: None,
            evaluations: Vec::new(),
            masked: Vec::new(),
            speed: Speed::default(),
            memory: None,
            messages: VecDeque::new(),
            began,
        }
    }

    /// A run begins: nothing is left of the one before but the messages.
    pub(crate) fn begin(&mut self, plan: Plan) {
        *self = Self {
            series: self.series.take(),
            plan,
            stops: self.stops,
            help: self.help,
            memory: self.memory,
            messages: std::mem::take(&mut self.messages),
            ..Self::new(self.began)
        };
    }

    /// A line of `metrics.jsonl`; one that tells of nothing that is shown changes nothing.
    pub(crate) fn line(&mut self, line: &[u8]) {
        if let Ok(step) = serde_json::from_slice::<Step>(line) {
            self.take_step(step);
        } else if let Ok(evaluation) = serde_json::from_slice::<Evaluation>(line) {
            self.aside = None;
            self.evaluations.push(evaluation);
        } else if let Ok(report) = serde_json::from_slice::<MaskedReport>(line) {
            self.aside = None;
            self.masked.push(report);
        }
    }

    fn take_step(&mut self, step: Step) {
        if step.epoch != self.step.epoch {
            self.epoch_rows = 0;
        }
        self.epoch_rows += step.rows;
        self.skipped += usize::from(step.skipped);
        let at = step.step as f64;
        if let Some(loss) = step.loss.filter(|_| !step.skipped) {
            self.smoothed = Some(smoothed(self.smoothed, loss));
            self.loss.push(at, loss);
            self.smooth_loss.push(at, self.smoothed.unwrap_or(loss));
        }
        self.gradient_norm.push(at, step.gradient_norm.unwrap_or(f64::NAN));
        self.learning_rate.push(at, step.learning_rate);
        self.aside = None;
        self.step = step;
    }

    /// The evaluation with the best micro-F1, the first of equal ones.
    pub(crate) fn best(&self) -> Option<&Evaluation> {
        self.evaluations
            .iter()
            .reduce(|best, next| if next.micro_f1 > best.micro_f1 { next } else { best })
    }

    /// Something was said; a line each.
    pub(crate) fn say(&mut self, text: &str) {
        self.messages.extend(text.lines().map(String::from));
        let surplus = self.messages.len().saturating_sub(MESSAGES);
        self.messages.drain(..surplus);
    }

    /// So much of the work is done at `now`; work of another name or size begins anew.
    pub(crate) fn working(&mut self, what: &'static str, done: usize, total: usize, now: Instant) {
        if (self.work.what, self.work.total) != (what, total) {
            self.work = Work::new(what, total, now);
        }
        self.work.done = done;
        self.work.last = now;
    }

    /// So much of the work was done before: the time left is judged by the rest.
    pub(crate) fn work_begins(&mut self, what: &'static str, done: usize, total: usize, now: Instant) {
        self.work = Work {
            done,
            before: done,
            ..Work::new(what, total, now)
        };
    }
}

/// A loss as nine tenths of the one before and one of its own.
pub(crate) fn smoothed(before: Option<f64>, loss: f64) -> f64 {
    before.map_or(loss, |before| 0.9 * before + 0.1 * loss)
}

impl Work {
    fn new(what: &'static str, total: usize, now: Instant) -> Self {
        Self {
            what,
            done: 0,
            total,
            before: 0,
            began: now,
            last: now,
        }
    }

    /// Seconds that are left at `now`, as fast as it has gone until now.
    pub(crate) fn seconds_left(&self, now: Instant) -> Option<f64> {
        let own = self.done.checked_sub(self.before).filter(|&own| own > 0)?;
        let took = self.last.duration_since(self.began).as_secs_f64();
        let left = took / own as f64 * self.total.saturating_sub(self.done) as f64;
        Some((left - now.duration_since(self.last).as_secs_f64()).max(0.0))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn step(step: usize, epoch: usize, loss: &str) -> String {
        format!(
            r#"{{"step":{step},"steps":9,"epoch":{epoch},"loss":{loss},"gradient_norm":1.5,"learning_rate":0.1,"rows":4,"tokens":30,"padded_tokens":40}}"#
        )
    }

    #[test]
    fn lines_of_the_metrics_are_taken_in() {
        let mut board = Board::new(Instant::now());
        board.line(step(1, 1, "3.0").as_bytes());
        board.line(step(2, 1, "2.0").as_bytes());
        assert_eq!(board.epoch_rows, 8);
        board.line(br#"{"step":2,"epoch":1,"micro_f1":50.0,"auprc":40.0,"rows":5,"valid_loss":1.25}"#);
        board.line(br#"{"step":3,"epoch":2,"micro_f1":50.0,"auprc":41.0,"rows":5,"candidate":"ema","kept":true}"#);
        board.line(step(3, 2, "null").as_bytes());
        board.line(b"no json");
        board.line(
            br#"{"step":2,"epoch":1,"masked_loss":2.0,"perplexity":7.4,"masked_accuracy":30.0,"masked_tokens":9,"sentences":4}"#,
        );
        assert_eq!(board.masked[0].masked_tokens, 9);
        assert_eq!((board.step.step, board.epoch_rows), (3, 4));
        assert_eq!(board.smooth_loss.points(), [(1.0, 3.0), (2.0, 0.9 * 3.0 + 0.1 * 2.0)]);
        assert_eq!(board.loss.points().len(), 2);
        assert_eq!(board.learning_rate.points().len(), 3);
        assert_eq!(board.best().unwrap().auprc, 40.0);
        assert_eq!(board.evaluations[1].candidate.as_deref(), Some("ema"));
    }

    #[test]
    fn the_time_left_is_judged_by_this_process_and_runs_down() {
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        let mut board = Board::new(start);
        board.work_begins("train", 40, 100, start);
        assert_eq!(board.work.seconds_left(after(5)), None);
        // 20 rows in 10 s: 40 rows take 20 s, of which 3 have gone by.
        board.working("train", 60, 100, after(10));
        assert_eq!(board.work.seconds_left(after(13)), Some(17.0));
        assert_eq!(board.work.seconds_left(after(100)), Some(0.0));
        board.working("predict", 5, 10, after(20));
        assert_eq!((board.work.what, board.work.done), ("predict", 5));
    }

    #[test]
    fn a_run_begins_with_a_clean_board() {
        let mut board = Board::new(Instant::now());
        board.series = Some("run 2 of 3".into());
        board.line(step(1, 1, "3.0").as_bytes());
        for number in 0..MESSAGES + 7 {
            board.say(&format!("message {number}\nsecond line"));
        }
        board.begin(Plan {
            run: "runs/next".into(),
            ..Plan::default()
        });
        assert_eq!(board.step.step, 0);
        assert!(board.loss.points().is_empty());
        assert_eq!(board.series.as_deref(), Some("run 2 of 3"));
        assert_eq!(board.messages.len(), MESSAGES);
        assert_eq!(board.messages[MESSAGES - 2], format!("message {}", MESSAGES + 6));
    }
}
