//! Reads what a worker says, and hands it to whoever waits for it.

use std::io::BufReader;
use std::process::ChildStdout;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::{Heard, Line};
use crate::ending::{Cause, shown_bytes};
use crate::lines::{self, Line as Read};
use crate::wire::{LONGEST_LINE, WorkerLine};

/// How long a process may go on that has closed its standard output.
const CLOSED: Duration = Duration::from_millis(500);

/// Reads to the end, or to the first line that the protocol does not have.
pub(super) fn read(line: &Line, stdout: ChildStdout) {
    let mut from = BufReader::with_capacity(1 << 16, stdout);
    loop {
        let read = match lines::next(&mut from, LONGEST_LINE) {
            Ok(read) => read,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(_) => Read::End,
        };
        let wrong = match read {
            Read::Whole(bytes) => {
                line.heard.fetch_add(1, Ordering::Relaxed);
                match WorkerLine::read(&bytes).and_then(|said| pass(line, said, &bytes)) {
                    Ok(()) => continue,
                    Err(why) => (bytes, why),
                }
            }
            Read::TooLong(bytes) => (bytes, format!("a line has more than {LONGEST_LINE} bytes")),
            Read::End => {
                line.process.wait(CLOSED);
                line.end(Cause::ClosedOutput);
                return;
            }
        };
        let (bytes, why) = wrong;
        line.end(Cause::nonsense(&shown_bytes(&bytes), why));
        return;
    }
}

/// Hands a line on.
fn pass(line: &Line, said: WorkerLine, bytes: &[u8]) -> Result<(), String> {
    let text = || shown_bytes(bytes);
    let (id, heard, last) = match said {
        WorkerLine::Heartbeat { .. } => return Ok(()),
        WorkerLine::Event { id, event } => (id, Heard::Event(event, text()), false),
        WorkerLine::Answer { id, result } => (id, Heard::Result(result, text()), true),
        WorkerLine::Refusal { id, error } => (id, Heard::Failure(error, text()), true),
    };
    let mut state = line.state();
    if let Some(pending) = state.pending.get(&id) {
        // Who does not wait any more has called it off.
        drop(pending.heard.send(heard));
    } else if !state.called_off.contains(&id) && !state.over && state.outgoing.is_some() {
        return Err(format!("no request {id} is under way"));
    }
    if last && state.pending.remove(&id).is_some_and(|pending| pending.called_off.is_some()) {
        state.called_off.insert(id);
    }
    Ok(())
}
