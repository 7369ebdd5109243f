//! A thread that reads keys and sizes from the terminal.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use ratatui::crossterm::event::{
    self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};

use crate::key::Key;
use crate::message::{Message, Mouse, MouseKind};

/// How often the thread looks whether it is still wanted.
const GLANCE: Duration = Duration::from_millis(200);

/// Another program has the terminal and reads its keys.
static SILENT: AtomicBool = AtomicBool::new(false);
/// Held while the terminal is read.
static TURN: Mutex<()> = Mutex::new(());

/// Leaves the terminal's keys to another program while `work` runs.
pub(super) fn silent<T>(work: impl FnOnce() -> T) -> T {
    SILENT.store(true, Ordering::SeqCst);
    // The thread sees that at its next glance, and lets go.
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let done = work();
    SILENT.store(false, Ordering::SeqCst);
    drop(turn);
    done
}

/// Whether another program has the terminal.
pub(super) fn is_silent() -> bool {
    SILENT.load(Ordering::SeqCst)
}

/// The reading thread.
pub(super) struct Reader {
    wanted: Arc<AtomicBool>,
}

impl Reader {
    pub(super) fn start(messages: Sender<Message>) -> io::Result<Self> {
        let wanted = Arc::new(AtomicBool::new(true));
        let still = Arc::clone(&wanted);
        thread::Builder::new().name("keys".to_owned()).spawn(move || {
            while still.load(Ordering::Relaxed) {
                if is_silent() {
                    thread::sleep(GLANCE);
                    continue;
                }
                let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
                if is_silent() {
                    continue;
                }
                let read = match event::poll(GLANCE) {
                    Ok(true) => event::read(),
                    Ok(false) => continue,
                    Err(error) => Err(error),
                };
                drop(turn);
                // A terminal that cannot be read is gone.
                let message = read.map_or(Some(Message::Hangup), message);
                let last = matches!(message, Some(Message::Hangup));
                if message.is_some_and(|message| messages.send(message).is_err()) || last {
                    return;
                }
            }
        })?;
        Ok(Self { wanted })
    }

    pub(super) fn stop(self) {
        self.wanted.store(false, Ordering::Relaxed);
    }
}

fn message(event: Event) -> Option<Message> {
    match event {
        Event::Key(key) if key.kind != KeyEventKind::Release => Some(Message::Key(self::key(key)?)),
        Event::Mouse(mouse) => Some(Message::Mouse(self::mouse(mouse)?)),
        Event::Paste(text) => Some(Message::Paste(text)),
        Event::Resize(columns, rows) => Some(Message::Resize(columns, rows)),
        _ => None,
    }
}

fn mouse(event: MouseEvent) -> Option<Mouse> {
    let kind = match event.kind {
        MouseEventKind::Down(MouseButton::Left) => MouseKind::Click,
        MouseEventKind::ScrollUp => MouseKind::Up,
        MouseEventKind::ScrollDown => MouseKind::Down,
        _ => return None,
    };
    Some(Mouse { kind, column: event.column, row: event.row })
}

fn key(event: KeyEvent) -> Option<Key> {
    Some(match event.code {
        KeyCode::Char(letter) if event.modifiers.contains(KeyModifiers::CONTROL) => {
            Key::Ctrl(letter.to_ascii_lowercase())
        }
        KeyCode::Char(letter) => Key::Char(letter),
        KeyCode::Enter => Key::Enter,
        KeyCode::Esc => Key::Esc,
        KeyCode::Tab => Key::Tab,
        KeyCode::BackTab => Key::BackTab,
        KeyCode::Backspace => Key::Backspace,
        KeyCode::Delete => Key::Delete,
        KeyCode::Left => Key::Left,
        KeyCode::Right => Key::Right,
        KeyCode::Up => Key::Up,
        KeyCode::Down => Key::Down,
        KeyCode::PageUp => Key::PageUp,
        KeyCode::PageDown => Key::PageDown,
        KeyCode::Home => Key::Home,
        KeyCode::End => Key::End,
        _ => return None,
    })
}
