//! OptionValue the terminal up and giving it back, in every way a process can end.

use std::io::{self, Stdout, Write as _, stdout};
use std::mem::ManuallyDrop;
use std::panic;
use std::process::Command;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::cursor::{Hide, Show};
use ratatui::crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use ratatui::crossterm::execute;
use ratatui::crossterm::style::Print;
use ratatui::crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};

use attune::backend::THREAD;

use super::input;

/// The screens have the terminal.
static OPEN: AtomicBool = AtomicBool::new(false);
/// The screens want the mouse.
static MOUSE: AtomicBool = AtomicBool::new(false);
/// Buttons and the wheel, with places beyond column 223; not every move.
const MOUSE_ON: &str = "\x1b[?1000h\x1b[?1006h";
const MOUSE_OFF: &str = "\x1b[?1006l\x1b[?1000l";
/// Some thread panicked while they had it.
static PANICKED: AtomicBool = AtomicBool::new(false);

/// The terminal, while the screens have it.
pub(super) struct Screen {
    /// Never dropped: its own drop shows the cursor, which [`give_back`] has done, and panics when the terminal is
    /// gone and standard error with it.
    terminal: ManuallyDrop<Terminal<CrosstermBackend<Stdout>>>,
}

impl Screen {
    /// Takes the terminal, with its mouse where that is wanted.
    pub(super) fn open(mouse: bool) -> io::Result<Self> {
        MOUSE.store(mouse, Ordering::SeqCst);
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

    fn edit(&self, path: &str) -> io::Result<Option<String>> {
        input::silent(|| {
            give_back();
            // Editors are set with arguments, too: a shell knows how to read that.
            let script = "exec ${VISUAL:-${EDITOR:-vi}} \"$1\"";
            let status = Command::new("sh").args(["-c", script, "sh", path]).status();
            take()?;
            Ok(match status {
                Ok(status) if status.success() => None,
                Ok(status) => Some(format!("the editor ended with {status}; EDITOR says which one is used")),
                Err(error) => Some(format!("no editor could be started: {error}")),
            })
        })
    }

    fn copy(&self, text: &str) -> io::Result<()> {
        // OSC 52, which terminals pass on to the clipboard, also through ssh.
        write!(stdout(), "\x1b]52;c;{}\x07", BASE64_STANDARD.encode(text))?;
        stdout().flush()
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
    let mouse = if MOUSE.load(Ordering::SeqCst) { MOUSE_ON } else { "" };
    execute!(stdout(), EnterAlternateScreen, EnableBracketedPaste, Hide, Print(mouse))
        .inspect_err(|_| give_back())
}

/// Gives the terminal back once, however often and from wherever it is called.
fn give_back() {
    if OPEN.swap(false, Ordering::SeqCst) {
        // A terminal that is gone cannot be restored, and nobody looks at it.
        let mouse = if MOUSE.load(Ordering::SeqCst) { MOUSE_OFF } else { "" };
        drop(execute!(stdout(), Print(mouse), DisableBracketedPaste, LeaveAlternateScreen, Show));
        drop(disable_raw_mode());
    }
}

/// A panic of the screens, or of a thread of the backend that prepares an answer for them, gives the terminal back before it
/// says anything. One in any other thread is of a study and no end of the screens: who began the study catches it
/// and says what failed, and nothing may write into the screens meanwhile.
fn restore_on_panic() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = panic::take_hook();
        let screens = thread::current().id();
        panic::set_hook(Box::new(move |info| {
            if OPEN.load(Ordering::SeqCst) {
                let current = thread::current();
                if current.id() != screens && !matches!(current.name(), Some("keys" | "signals" | THREAD)) {
                    return;
                }
                PANICKED.store(true, Ordering::SeqCst);
                give_back();
            }
            before(info);
        }));
    });
}
