//! A thread that reads keys and sizes from the terminal.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::thread;
use std::time::Duration;

use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use crate::key::Key;
use crate::message::Message;

/// How often the thread looks whether it is still wanted.
const GLANCE: Duration = Duration::from_millis(200);

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
                let read = match event::poll(GLANCE) {
                    Ok(true) => event::read(),
                    Ok(false) => continue,
                    Err(error) => Err(error),
                };
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
        Event::Paste(text) => Some(Message::Paste(text)),
        Event::Resize(columns, rows) => Some(Message::Resize(columns, rows)),
        _ => None,
    }
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
