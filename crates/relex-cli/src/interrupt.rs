//! Ctrl-C: a flag that long work looks at between steps.

use std::{
    ops::ControlFlow,
    sync::atomic::{AtomicBool, Ordering},
};

use anyhow::Context;

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
    ctrlc::set_handler(on_signal).context("cannot listen for Ctrl-C")
}

#[expect(clippy::exit, reason = "the second request to stop is obeyed without delay")]
fn on_signal() {
    if STOP.swap(true, Ordering::Relaxed) {
        std::process::exit(130);
    }
}

/// Whether to go on.
pub(crate) fn flow() -> ControlFlow<()> {
    if STOP.load(Ordering::Relaxed) {
        ControlFlow::Break(())
    } else {
        ControlFlow::Continue(())
    }
}
