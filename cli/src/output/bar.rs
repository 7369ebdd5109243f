//! A progress bar on standard error.

use std::io;
use std::sync::{Mutex, PoisonError};

use attune_core::printable;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle, TermLike};
use terminal_size::{Height, Width, terminal_size_of};

/// Drawings in a second.
const RATE: u8 = 10;
/// The bar that is on the terminal: what is told meanwhile goes above it.
static SHOWN: Mutex<Option<ProgressBar>> = Mutex::new(None);

/// A bar of the terminal, until it is dropped.
pub(crate) struct Bar(ProgressBar);

impl Bar {
    /// A bar when standard error is a terminal.
    pub(crate) fn on_terminal(template: &str) -> Option<Self> {
        terminal_size_of(io::stderr())?;
        let target = ProgressDrawTarget::term_like_with_hz(Box::new(Stderr), RATE);
        let bar = ProgressBar::with_draw_target(Some(0), target);
        bar.set_style(style(template));
        *SHOWN.lock().unwrap_or_else(PoisonError::into_inner) = Some(bar.clone());
        Some(Self(bar))
    }

    /// How much there is to do, 0 while nobody knows, and how much of it is done.
    pub(crate) fn set(&self, done: u64, length: u64) {
        self.0.set_length(length.max(1));
        self.0.set_position(done);
    }

    /// What is said beside it.
    pub(crate) fn say(&self, message: &str) {
        self.0.set_message(printable::line(message, printable::MESSAGE).into_owned());
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        *SHOWN.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.0.finish_and_clear();
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

/// Writes a text above the bar; whether there is one.
pub(super) fn above(text: &str) -> bool {
    let shown = SHOWN.lock().unwrap_or_else(PoisonError::into_inner).clone();
    shown.is_some_and(|bar| {
        bar.suspend(|| super::to_stderr(&format!("{text}\n")));
        true
    })
}

/// Standard error as the progress library sees it: it never fails.
#[derive(Debug)]
struct Stderr;

impl Stderr {
    fn send(text: &str) -> io::Result<()> {
        super::to_stderr(text);
        Ok(())
    }
}

impl TermLike for Stderr {
    fn width(&self) -> u16 {
        terminal_size_of(io::stderr()).map_or(80, |(Width(columns), _)| columns)
    }

    fn height(&self) -> u16 {
        terminal_size_of(io::stderr()).map_or(24, |(_, Height(rows))| rows)
    }

    fn move_cursor_up(&self, lines: usize) -> io::Result<()> {
        if lines > 0 { Self::send(&format!("\x1b[{lines}A")) } else { Ok(()) }
    }

    fn move_cursor_down(&self, lines: usize) -> io::Result<()> {
        if lines > 0 { Self::send(&format!("\x1b[{lines}B")) } else { Ok(()) }
    }

    fn move_cursor_right(&self, columns: usize) -> io::Result<()> {
        if columns > 0 { Self::send(&format!("\x1b[{columns}C")) } else { Ok(()) }
    }

    fn move_cursor_left(&self, columns: usize) -> io::Result<()> {
        if columns > 0 { Self::send(&format!("\x1b[{columns}D")) } else { Ok(()) }
    }

    fn write_line(&self, text: &str) -> io::Result<()> {
        Self::send(&format!("{}\n", super::visible(text)))
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        Self::send(&super::visible(text))
    }

    fn clear_line(&self) -> io::Result<()> {
        Self::send("\r\x1b[2K")
    }

    fn flush(&self) -> io::Result<()> {
        Ok(())
    }
}
