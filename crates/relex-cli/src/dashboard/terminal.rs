//! The terminal itself: taken, drawn on, listened to, given back.

use std::{
    io::{Stdout, stdout},
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use ratatui::{
    Terminal,
    backend::CrosstermBackend,
    crossterm::{
        cursor, event,
        event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers},
        execute, terminal,
    },
};

use super::{Shared, draw::draw, locked};
use crate::{interrupt, system::resident_memory_mib};

/// Between two drawings, unless a key comes first.
const TICK: Duration = Duration::from_millis(200);
/// Between two looks at the memory.
const MEMORY_EVERY: Duration = Duration::from_secs(1);

/// Whether the terminal is taken.
static TAKEN: AtomicBool = AtomicBool::new(false);

type Screen = Terminal<CrosstermBackend<Stdout>>;

/// What a key asks for.
#[derive(Debug, PartialEq, Eq)]
enum Wish {
    Stop,
    /// A Ctrl-C, of which a second one does not wait.
    Interrupt,
    Help,
    NoHelp,
}

/// Takes the whole terminal; where that fails it is as it was.
pub(super) fn take() -> std::io::Result<Screen> {
    terminal::enable_raw_mode()?;
    TAKEN.store(true, Ordering::Relaxed);
    let taken = execute!(stdout(), terminal::EnterAlternateScreen, cursor::Hide)
        .and_then(|()| Terminal::new(CrosstermBackend::new(stdout())));
    if taken.is_err() {
        restore();
    }
    taken
}

/// Gives the terminal back, if it is taken. To be called before the process is ended from anywhere.
pub(crate) fn restore() {
    if TAKEN.swap(false, Ordering::Relaxed) {
        // There is nobody to tell of a failure.
        let _ = execute!(stdout(), terminal::LeaveAlternateScreen, cursor::Show);
        let _ = terminal::disable_raw_mode();
    }
}

/// Draws and obeys keys until the dashboard is to close.
pub(super) fn follow(mut screen: Screen, shared: &Shared) -> std::io::Result<()> {
    let mut memory: Option<Instant> = None;
    while !shared.closes.load(Ordering::Relaxed) {
        if memory.is_none_or(|last| last.elapsed() >= MEMORY_EVERY) {
            memory = Some(Instant::now());
            locked(&shared.board).memory = resident_memory_mib();
        }
        // A copy, so that training does not wait for the terminal.
        let mut board = locked(&shared.board).clone();
        board.stops |= interrupt::flow().is_break();
        screen.draw(|frame| draw(frame, &board, Instant::now()))?;
        if event::poll(TICK)?
            && let Event::Key(key) = event::read()?
        {
            match wish(key) {
                Some(Wish::Stop) => interrupt::stop(),
                Some(Wish::Interrupt) => interrupt::request(),
                Some(Wish::Help) => locked(&shared.board).help ^= true,
                Some(Wish::NoHelp) => locked(&shared.board).help = false,
                None => {}
            }
        }
    }
    Ok(())
}

fn wish(key: KeyEvent) -> Option<Wish> {
    if key.kind == KeyEventKind::Release {
        return None;
    }
    match key.code {
        KeyCode::Char('c') if key.modifiers.contains(KeyModifiers::CONTROL) => Some(Wish::Interrupt),
        KeyCode::Char('q' | 'Q') => Some(Wish::Stop),
        KeyCode::Char('?' | 'h') => Some(Wish::Help),
        KeyCode::Esc => Some(Wish::NoHelp),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_mean_what_the_help_says() {
        let key = |code| KeyEvent::new(code, KeyModifiers::NONE);
        assert_eq!(wish(key(KeyCode::Char('q'))), Some(Wish::Stop));
        assert_eq!(wish(key(KeyCode::Char('?'))), Some(Wish::Help));
        assert_eq!(wish(key(KeyCode::Esc)), Some(Wish::NoHelp));
        assert_eq!(wish(key(KeyCode::Char('c'))), None);
        let interrupt = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
        assert_eq!(wish(interrupt), Some(Wish::Interrupt));
        let release = KeyEvent::new_with_kind(KeyCode::Char('q'), KeyModifiers::NONE, KeyEventKind::Release);
        assert_eq!(wish(release), None);
    }
}
