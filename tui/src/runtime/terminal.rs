//! Setting the terminal up and giving it back, in every way a process can end.

use std::io::{self, Stdout, stdout};
use std::mem::ManuallyDrop;
use std::panic;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::cursor::{Hide, Show};
use ratatui::crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};

/// The screens have the terminal.
static OPEN: AtomicBool = AtomicBool::new(false);
/// Some thread panicked while they had it.
static PANICKED: AtomicBool = AtomicBool::new(false);

/// The terminal, while the screens have it.
pub(super) struct Screen {
    /// Never dropped: its own drop shows the cursor, which [`give_back`] has done, and panics when the terminal is
    /// gone and standard error with it.
    terminal: ManuallyDrop<Terminal<CrosstermBackend<Stdout>>>,
}

impl Screen {
    pub(super) fn open() -> io::Result<Self> {
        restore_on_panic();
        take()?;
        let terminal = Terminal::new(CrosstermBackend::new(stdout())).inspect_err(|_| give_back())?;
        Ok(Self { terminal: ManuallyDrop::new(terminal) })
    }

    pub(super) fn terminal(&mut self) -> &mut Terminal<CrosstermBackend<Stdout>> {
        &mut self.terminal
    }

    pub(super) fn close(&mut self) {
        give_back();
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
    }
}

/// The hooks of a real terminal.
pub(super) struct Hooks;

impl super::Hooks for Hooks {
    fn suspend(&self) -> io::Result<()> {
        give_back();
        // Returns when a shell says `fg`; the study of this process stands still until then.
        signal_hook::low_level::raise(signal_hook::consts::SIGTSTP)?;
        take()
    }

    fn resume(&self) -> io::Result<()> {
        take()
    }

    fn panicked(&self) -> bool {
        PANICKED.load(Ordering::SeqCst)
    }
}

fn take() -> io::Result<()> {
    if OPEN.swap(true, Ordering::SeqCst) {
        // After a stop from outside, a shell has changed the mode behind our back: set it anew.
        disable_raw_mode()?;
    }
    enable_raw_mode()?;
    execute!(stdout(), EnterAlternateScreen, EnableBracketedPaste, Hide).inspect_err(|_| give_back())
}

/// Gives the terminal back once, however often and from wherever it is called.
fn give_back() {
    if OPEN.swap(false, Ordering::SeqCst) {
        // A terminal that is gone cannot be restored, and nobody looks at it.
        drop(execute!(stdout(), DisableBracketedPaste, LeaveAlternateScreen, Show));
        drop(disable_raw_mode());
    }
}

/// A panic in any thread gives the terminal back before it says anything.
fn restore_on_panic() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if OPEN.load(Ordering::SeqCst) {
                PANICKED.store(true, Ordering::SeqCst);
                give_back();
            }
            before(info);
        }));
    });
}
