//! `--tui`: a run on the whole terminal.
//!
//! The terminal is the process's, and so is the dashboard: while it is open, [`update`] changes what it shows, and what
//! the program says ([`say`]) stands in it, to be said again when it closes. A thread of its own draws and reads keys, so
//! that a long step does not make it deaf.

mod board;
mod curve;
mod draw;
mod terminal;
mod words;

use std::{
    io::IsTerminal,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::Instant,
};

use anyhow::{Context, bail};

use board::Board;
pub(crate) use board::{Plan, Speed, smoothed};
pub(crate) use terminal::restore;

/// The dashboard that is open.
static OPEN: Mutex<Option<Arc<Shared>>> = Mutex::new(None);

/// What the thread that draws shares with the others.
struct Shared {
    board: Mutex<Board>,
    /// All that was said while it was open.
    said: Mutex<Vec<String>>,
    closes: AtomicBool,
}

/// The dashboard of a command, closed until [`Dashboard::open`] and when it is dropped.
#[derive(Debug)]
pub(crate) struct Dashboard {
    is_wanted: bool,
    thread: Option<JoinHandle<()>>,
}

impl Dashboard {
    /// One that opens if it is wanted, which is refused where there is no terminal.
    pub(crate) fn if_wanted(is_wanted: bool) -> anyhow::Result<Self> {
        if is_wanted && !std::io::stdout().is_terminal() {
            bail!(
                "--tui: standard output is no terminal; leave the flag out, and progress is told in lines on standard error"
            );
        }
        Ok(Self {
            is_wanted,
            thread: None,
        })
    }

    /// Takes the terminal, if it is wanted and not open yet.
    pub(crate) fn open(&mut self) -> anyhow::Result<()> {
        if !self.is_wanted || self.thread.is_some() {
            return Ok(());
        }
        let shared = Arc::new(Shared {
            board: Mutex::new(Board::new(Instant::now())),
            said: Mutex::default(),
            closes: AtomicBool::new(false),
        });
        let terminal = terminal::take().context("--tui: the terminal cannot be used")?;
        *locked(&OPEN) = Some(Arc::clone(&shared));
        let follow = move || {
            let closing = Closing(Arc::clone(&shared));
            // A terminal that went away ends the dashboard, never the training.
            let _ended = terminal::follow(terminal, &shared);
            drop(closing);
        };
        let thread = std::thread::Builder::new().name("dashboard".into()).spawn(follow);
        self.thread = Some(thread.context("--tui: no thread can be started")?);
        Ok(())
    }

    /// Gives the terminal back; what was said meanwhile is said again, where it stays.
    pub(crate) fn close(&mut self) {
        if let Some(thread) = self.thread.take() {
            if let Some(shared) = locked(&OPEN).as_ref() {
                shared.closes.store(true, Ordering::Relaxed);
            }
            let _ended = thread.join();
        }
    }
}

impl Drop for Dashboard {
    fn drop(&mut self) {
        self.close();
    }
}

/// Ends the dashboard when it is dropped, be it by a panic.
struct Closing(Arc<Shared>);

impl Drop for Closing {
    fn drop(&mut self) {
        restore();
        *locked(&OPEN) = None;
        for text in locked(&self.0.said).drain(..) {
            crate::progress::complain(&text);
        }
    }
}

/// Whether there is a dashboard at the moment.
pub(crate) fn is_open() -> bool {
    locked(&OPEN).is_some()
}

/// Changes what is shown, if there is a dashboard.
pub(crate) fn update(change: impl FnOnce(&mut Board)) {
    let open = locked(&OPEN).clone();
    if let Some(shared) = open {
        change(&mut locked(&shared.board));
    }
}

/// Says something in the dashboard; whether there is one.
pub(crate) fn say(text: &str) -> bool {
    let open = locked(&OPEN).clone();
    let Some(shared) = open else {
        return false;
    };
    locked(&shared.said).push(text.to_owned());
    locked(&shared.board).say(text);
    true
}

/// What a panic left behind can still be shown.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
