//! Everything that is printed: results on standard output, progress on standard error.

use std::{
    io::{IsTerminal, Write},
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::dashboard;

/// How much is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verbosity {
    Quiet,
    Normal,
    Verbose,
}

/// Prints a result on standard output. A reader that went away is no fault.
pub(crate) fn show(text: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{}", text.trim_end());
}

/// Prints an error on standard error; while there is a dashboard, there first.
pub(crate) fn complain(text: &str) {
    if dashboard::say(text) {
        return;
    }
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

impl Verbosity {
    /// Says something about the work on standard error, unless it should be quiet.
    pub(crate) fn note(self, text: impl AsRef<str>) {
        if self >= Self::Normal {
            complain(text.as_ref());
        }
    }

    /// Says something that only the curious want to know.
    pub(crate) fn detail(self, text: impl AsRef<str>) {
        if self >= Self::Verbose {
            complain(text.as_ref());
        }
    }

    /// Says the name and how long it took.
    pub(crate) fn timed<T, E>(self, what: &str, work: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        let start = Instant::now();
        let result = work()?;
        self.detail(format!("{what}: {:.2} s", start.elapsed().as_secs_f64()));
        Ok(result)
    }
}

/// Progress of a known amount of work: on the dashboard if it is open, else a bar on a terminal, now and then a line elsewhere.
pub(crate) struct Progress {
    what: &'static str,
    bar: Option<ProgressBar>,
    lines: bool,
    total: usize,
    /// What was done before this program began.
    before: usize,
    start: Instant,
    last_line: Instant,
}

/// How often a line is printed where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(10);

impl Progress {
    pub(crate) fn new(total: usize, what: &'static str, verbosity: Verbosity) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let is_shown = verbosity >= Verbosity::Normal;
        let bar = (is_shown && terminal && !dashboard::is_open()).then(|| {
            let bar = ProgressBar::with_draw_target(Some(total as u64), ProgressDrawTarget::stderr_with_hz(8));
            if let Ok(style) = ProgressStyle::with_template("{prefix} {bar:32} {pos}/{len} {msg} · {eta} left") {
                bar.set_style(style.progress_chars("━╸ "));
            }
            bar.set_prefix(what);
            bar
        });
        let now = Instant::now();
        Self {
            what,
            lines: is_shown && bar.is_none() && (!terminal || dashboard::is_open()),
            bar,
            total,
            before: 0,
            start: now,
            last_line: now,
        }
    }

    /// So much was done before: the time left is judged by the rest.
    pub(crate) fn begin_at(&mut self, done: usize) {
        self.before = done;
        self.start = Instant::now();
        dashboard::update(|board| board.work_begins(self.what, done, self.total, self.start));
        if let Some(bar) = &self.bar {
            bar.set_position(done as u64);
            bar.reset_eta();
        }
    }

    /// `done` of the total is done; `message` says how it goes.
    pub(crate) fn at(&mut self, done: usize, message: &str) {
        if let Some(bar) = &self.bar {
            bar.set_position(done as u64);
            bar.set_message(message.to_owned());
        } else if dashboard::is_open() {
            dashboard::update(|board| board.working(self.what, done, self.total, Instant::now()));
        } else if self.lines && (self.last_line.elapsed() >= LINE_EVERY || done == self.total) {
            self.last_line = Instant::now();
            let own = done.saturating_sub(self.before).max(1);
            let left = self.start.elapsed().mul_f64((self.total - done) as f64 / own as f64);
            complain(&format!("{done}/{} {message} · {} s left", self.total, left.as_secs()));
        }
    }

    /// Says something in between.
    pub(crate) fn note(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.println(text),
            None if self.lines => complain(text),
            None => {}
        }
    }

    pub(crate) fn finish(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}
