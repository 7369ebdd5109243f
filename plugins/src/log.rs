//! Log of techniques, on its way out: each kind of line once, the others counted, all of them within a bound.

use std::sync::{Arc, Mutex, PoisonError};

use attune_core::repeats::Repeats;

use crate::limits;

/// How much a line of a technique matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    /// For the technique's author.
    Debug,
    /// Worth knowing.
    Info,
    /// Probably not what the user wants.
    Warn,
    /// A panic, just before it traps.
    Error,
}

/// One line that a technique logged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// The technique.
    pub technique: String,
    /// How much it matters.
    pub level: LogLevel,
    /// The text on one line, escaped and cut; or how many there were that are like an earlier one.
    pub message: String,
}

/// Takes the lines that techniques log; called on the thread that calls the technique.
pub type LogSink = Arc<dyn Fn(&LogLine) + Send + Sync>;

/// The log of one loaded technique over all its calls.
pub(crate) struct Log {
    sink: LogSink,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    technique: String,
    repeats: [Repeats; 4],
    bytes: usize,
    left_out: Repeats,
}

/// What is said of lines beyond [`limits::LOG_STUDY_BYTES`].
const LEFT_OUT: &str = "it logs more than a study keeps; further lines are only counted";

impl Log {
    pub(crate) fn new(sink: LogSink) -> Self {
        Self { sink, state: Mutex::default() }
    }

    /// Passes on a line, or counts it.
    pub(crate) fn line(&self, technique: &str, level: LogLevel, message: &str) {
        let shown = {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            if state.technique != technique {
                technique.clone_into(&mut state.technique);
            }
            state.bytes = state.bytes.saturating_add(message.len() + limits::LOG_LINE_COST);
            if state.bytes > limits::LOG_STUDY_BYTES {
                state.left_out.show(LEFT_OUT)
            } else {
                state.repeats[level as usize].show(message)
            }
        };
        if let Some(message) = shown {
            (self.sink)(&LogLine { technique: technique.to_owned(), level, message });
        }
    }
}

impl Drop for Log {
    /// The technique is done: how many lines there were of each kind is known now.
    fn drop(&mut self) {
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        let levels = [LogLevel::Debug, LogLevel::Info, LogLevel::Warn, LogLevel::Error];
        let rest = levels.into_iter().zip(&mut state.repeats);
        let rest = rest.chain([(LogLevel::Warn, &mut state.left_out)]);
        let rest: Vec<_> = rest
            .flat_map(|(level, counted)| counted.rest().into_iter().map(move |told| (level, told)))
            .collect();
        for (level, message) in rest {
            (self.sink)(&LogLine { technique: state.technique.clone(), level, message });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(logged: impl FnOnce(&Log)) -> Vec<LogLine> {
        let taken = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&taken);
        let log = Log::new(Arc::new(move |line: &LogLine| sink.lock().unwrap().push(line.clone())));
        logged(&log);
        drop(log);
        std::mem::take(&mut *taken.lock().unwrap())
    }

    #[test]
    fn a_flood_of_empty_lines_is_a_handful() {
        let lines = lines(|log| (0..1_000_000).for_each(|_| log.line("t", LogLevel::Info, "")));
        assert!(lines.len() < 20, "{}", lines.len());
        assert!(
            lines.iter().any(|line| line.message.contains("more like this: it logs more than")),
            "{lines:?}"
        );
    }

    #[test]
    fn ever_new_lines_end_at_the_bound_of_a_study() {
        let word = |index: u32| -> String {
            (0..6).map(|place| char::from(b'a' + (index >> (4 * place) & 15) as u8)).collect()
        };
        let lines = lines(|log| {
            (0..200_000).for_each(|index| log.line("t", LogLevel::Warn, &word(index).repeat(300)))
        });
        let bytes: usize = lines.iter().map(|line| line.message.len()).sum();
        assert!(bytes < limits::LOG_STUDY_BYTES, "{bytes}");
    }

    #[test]
    fn what_it_says_cannot_command_a_terminal() {
        let lines = lines(|log| log.line("t", LogLevel::Warn, "\x1b[2J\nerror: \u{202e}"));
        assert_eq!(lines[0].message, "\\u{1b}[2J\\nerror: \\u{202e}");
    }
}
