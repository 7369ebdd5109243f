//! What a study said, the newest last.

use std::collections::VecDeque;
use std::time::Duration;

use attune_core::repeats::Repeats;

/// Older lines are in the journal, or were only warnings of another day.
const KEPT: usize = 1000;

/// One thing that was said.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    /// Since the screens opened.
    pub(crate) at: Duration,
    pub(crate) text: String,
    pub(crate) warning: bool,
}

/// The last lines.
#[derive(Clone, Debug, Default)]
pub(crate) struct Log {
    lines: VecDeque<Line>,
    warnings: Repeats,
}

impl Log {
    pub(crate) fn say(&mut self, at: Duration, text: String) {
        self.push(Line { at, text, warning: false });
    }

    /// A warning; those that repeat are counted.
    pub(crate) fn warn(&mut self, at: Duration, text: String) {
        if let Some(text) = self.warnings.show(&text) {
            self.push(Line { at, text, warning: true });
        }
    }

    /// The newest first.
    pub(crate) fn newest(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter().rev()
    }

    fn push(&mut self, line: Line) {
        if self.lines.len() == KEPT {
            self.lines.pop_front();
        }
        self.lines.push_back(line);
    }
}
