//! Ctrl-C: a flag that long work looks at between steps.

use std::{
    ops::ControlFlow,
    sync::atomic::{AtomicBool, Ordering},
};

use anyhow::Context;

use crate::dashboard;

static STOP: AtomicBool = AtomicBool::new(false);
static LISTENING: AtomicBool = AtomicBool::new(false);

/// The work was broken off on request.
#[derive(Debug, thiserror::Error)]
#[error("interrupted: {0}")]
pub(crate) struct Interrupted(pub(crate) String);

/// From here on Ctrl-C sets the flag instead of ending the process; a second one ends it, in case the
/// work hangs. Calls after the first change nothing.
pub(crate) fn listen() -> anyhow::Result<()> {
    if LISTENING.swap(true, Ordering::Relaxed) {
        return Ok(());
    }
    ctrlc::set_handler(request).context("cannot listen for Ctrl-C")
}

/// A Ctrl-C, however it came: the first asks to stop, the second one ends the process.
#[expect(clippy::exit, reason = "the second request to stop is obeyed without delay")]
pub(crate) fn request() {
    if STOP.swap(true, Ordering::Relaxed) {
        dashboard::restore();
        std::process::exit(130);
    }
}

/// Asks to stop, as often as one likes.
pub(crate) fn stop() {
    STOP.store(true, Ordering::Relaxed);
}

/// Whether to go on.
pub(crate) fn flow() -> ControlFlow<()> {
    if STOP.load(Ordering::Relaxed) {
        ControlFlow::Break(())
    } else {
        ControlFlow::Continue(())
    }
}
