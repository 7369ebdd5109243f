//! Watches a worker: whether it lives, and whether those who wait for it are called off or held.

use std::thread;
use std::time::{Duration, Instant};

use super::Line;
use crate::ending::Cause;
use crate::wire::{HostLine, Note};

/// How often it looks.
const GLANCE: Duration = Duration::from_millis(20);
/// The most silence that counts between two looks: this process may have been stopped, and the worker's lines wait.
const LOOK: Duration = Duration::from_secs(1);
/// How long what a process has said before its end may take to be read.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Watches until the worker is gone.
pub(super) fn watch(line: &Line, cancel: Duration) {
    let (mut heard, mut silence, mut looked) = (line.count(), Duration::ZERO, Instant::now());
    loop {
        thread::sleep(GLANCE);
        let passed = looked.elapsed().min(LOOK);
        looked = Instant::now();
        let count = line.count();
        silence = if count == heard { silence + passed } else { Duration::ZERO };
        heard = count;
        if line.process.has_ended() {
            // What it started may hold its pipes: the reader would wait for that.
            line.process.end();
            let begin = Instant::now();
            while !line.state().over && begin.elapsed() < LAST_WORDS {
                thread::sleep(GLANCE);
            }
            line.end(Cause::ClosedOutput);
            return;
        }
        let cause = {
            let mut state = line.state();
            if state.over {
                return;
            }
            let asked: Vec<u64> = state
                .pending
                .iter()
                .filter(|(_, pending)| pending.stop.is_asked())
                .map(|(id, _)| *id)
                .collect();
            asked.into_iter().for_each(|id| state.call_off(id));
            let held = state.pending.values().any(|pending| pending.stop.is_held());
            if held != state.paused {
                state.paused = held;
                state.send(&HostLine::Note(if held { Note::Pause {} } else { Note::Resume {} }));
            }
            let late = state.pending.values().filter_map(|pending| pending.called_off);
            match (late.map(|since| since.elapsed()).max(), state.idle) {
                (Some(late), _) if late > cancel => Some(Cause::NotCancelled(cancel)),
                (_, Some(idle)) if silence > idle => Some(Cause::Silent(idle)),
                _ => None,
            }
        };
        if let Some(cause) = cause {
            line.end(cause);
            return;
        }
    }
}
