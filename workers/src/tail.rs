//! The last lines of what a worker writes for people.

use std::collections::VecDeque;
use std::io::Read;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

/// Lines that are kept.
const LINES: usize = 20;
/// Bytes of each that are kept.
const BYTES: usize = 400;

/// The last lines of a stream. All of the stream is read, so that whoever writes it never waits.
#[derive(Default)]
pub(crate) struct Tail {
    state: Mutex<State>,
    ended: Condvar,
}

#[derive(Default)]
struct State {
    lines: VecDeque<Vec<u8>>,
    /// The line that is not finished.
    open: Vec<u8>,
    ended: bool,
}

impl Tail {
    /// Reads to the end.
    pub(crate) fn read(&self, mut from: impl Read) {
        let mut buffer = [0; 8192];
        loop {
            match from.read(&mut buffer) {
                Ok(0) => break,
                Ok(read) => self.add(&buffer[..read]),
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(_) => break,
            }
        }
        let mut state = self.state();
        state.finish_line();
        state.ended = true;
        self.ended.notify_all();
    }

    /// The last lines, the latest at the end; waits up to `patience` for the end of the stream.
    pub(crate) fn lines(&self, patience: Duration) -> Vec<String> {
        let state = self.state();
        let waited = self.ended.wait_timeout_while(state, patience, |state| !state.ended);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        state.finish_line();
        state.lines.iter().map(|line| String::from_utf8_lossy(line).into_owned()).collect()
    }

    fn add(&self, bytes: &[u8]) {
        let mut state = self.state();
        for &byte in bytes {
            match byte {
                b'\n' | b'\r' => state.finish_line(),
                _ if state.open.len() < BYTES => state.open.push(byte),
                _ => {}
            }
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn finish_line(&mut self) {
        let line = std::mem::take(&mut self.open);
        if line.iter().all(u8::is_ascii_whitespace) {
            return;
        }
        if self.lines.len() == LINES {
            self.lines.pop_front();
        }
        self.lines.push_back(line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lines_are_kept_and_none_of_them_grows() {
        let tail = Tail::default();
        let mut text = String::new();
        (0..10_000).for_each(|number| text.push_str(&format!("line {number}\r\n\n")));
        text.push_str(&"x".repeat(1 << 20));
        tail.read(text.as_bytes());
        let lines = tail.lines(Duration::ZERO);
        assert_eq!(lines.len(), LINES);
        assert_eq!(lines[LINES - 2], "line 9999");
        assert_eq!(lines[LINES - 1].len(), BYTES);
    }
}
