//! From a snapshot to an instance.

use std::collections::BTreeMap;
use std::fmt;

use super::document::{Document, Node};
use super::{json, pickle};
use crate::{Buffer, Instance, InstanceError};

/// What is wrong with a snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SnapshotError {
    /// It is neither JSON nor a pickle that can be read.
    Format {
        /// `JSON` or `pickle`.
        format: &'static str,
        /// Bytes from 0.
        at: usize,
        /// What is wrong there.
        problem: &'static str,
    },
    /// It lacks what a snapshot has.
    Lacks {
        /// What.
        what: &'static str,
    },
    /// An event lacks a value.
    Event {
        /// Which, from 0, of the device's trace.
        event: usize,
        /// Which value.
        lacks: &'static str,
    },
    /// Several devices have events: one has to be chosen.
    Devices {
        /// How many.
        count: usize,
    },
    /// What is left is no instance.
    Instance(InstanceError),
}

impl fmt::Display for SnapshotError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Format { format, at, problem } => write!(f, "byte {at} of this {format}: {problem}"),
            Self::Lacks { what } => write!(
                f,
                "there is no `{what}`; expected what torch.cuda.memory._dump_snapshot(path) writes after \
                 torch.cuda.memory._record_memory_history()"
            ),
            Self::Event { event, lacks } => write!(f, "event {event} of the trace has no `{lacks}`"),
            Self::Devices { count } => {
                write!(f, "{count} devices have events; expected one: keep one entry of `device_traces`")
            }
            Self::Instance(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for SnapshotError {}

/// Reads what was allocated and freed while history was recorded. Time is the number of the event. What was alive before lives from
/// the beginning, and what is alive at the end to the end, also where the trace says nothing of it.
///
/// # Errors
/// [`SnapshotError`].
pub fn read(bytes: &[u8]) -> Result<Instance, SnapshotError> {
    let is_json = bytes.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{');
    let format = if is_json { "JSON" } else { "pickle" };
    let document = if is_json { json::read(bytes) } else { pickle::read(bytes) };
    let document = document.map_err(|(at, problem)| SnapshotError::Format { format, at, problem })?;
    let traces = document.get(document.root, "device_traces").and_then(|traces| document.list(traces));
    let traces = traces.ok_or(SnapshotError::Lacks { what: "device_traces" })?;
    let mut traces =
        traces.iter().enumerate().filter_map(|(device, &trace)| Some((device, document.list(trace)?)));
    let with_events: Vec<_> = traces.by_ref().filter(|(_, trace)| !trace.is_empty()).collect();
    match with_events[..] {
        [] => Err(SnapshotError::Lacks { what: "device_traces with events" }),
        [(device, trace)] => instance(&document, device, trace),
        _ => Err(SnapshotError::Devices { count: with_events.len() }),
    }
}

fn instance(document: &Document, device: usize, trace: &[usize]) -> Result<Instance, SnapshotError> {
    let end = trace.len() as u64 + 1;
    let mut buffers: Vec<Buffer> = Vec::new();
    // Live buffers by address.
    let mut live: BTreeMap<i64, usize> = BTreeMap::new();
    for (index, &event) in trace.iter().enumerate() {
        let value = |key, lacks| {
            let found = document.get(event, key).and_then(|node| document.int(node));
            found.ok_or(SnapshotError::Event { event: index, lacks })
        };
        let action = document.get(event, "action").and_then(|node| document.text(node));
        let action = action.ok_or(SnapshotError::Event { event: index, lacks: "action" })?;
        // From `free_requested` on, the address may still be in use by another stream; `free_completed` gives it back.
        if !matches!(action, "alloc" | "free_completed") {
            continue;
        }
        let (address, size) = (value("addr", "addr")?, value("size", "size")?.max(0) as u64);
        // Time 0 is before the first event.
        let now = index as u64 + 1;
        if size == 0 {
            continue;
        }
        if action == "alloc" {
            live.insert(address, buffers.len());
            buffers.push(Buffer { start: now, end, size });
        } else if let Some(buffer) = live.remove(&address) {
            buffers[buffer].end = now;
        } else {
            buffers.push(Buffer { start: 0, end: now, size });
        }
    }
    for (address, size) in active(document, device) {
        if !live.contains_key(&address) {
            buffers.push(Buffer { start: 0, end, size });
        }
    }
    Instance::new(buffers).map_err(SnapshotError::Instance)
}

/// Addresses and bytes of blocks that are in use at the end.
fn active(document: &Document, device: usize) -> Vec<(i64, u64)> {
    let segments = document.get(document.root, "segments").and_then(|segments| document.list(segments));
    let mut active = Vec::new();
    for &segment in segments.unwrap_or_default() {
        let own = document.get(segment, "device").and_then(|node| document.int(node));
        if own.is_some_and(|own| own != device as i64) {
            continue;
        }
        let mut at = document.get(segment, "address").and_then(|node| document.int(node)).unwrap_or(0);
        let blocks = document.get(segment, "blocks").and_then(|blocks| document.list(blocks));
        for &block in blocks.unwrap_or_default() {
            let int = |key| document.get(block, key).and_then(|node| document.int(node));
            let size = int("size").unwrap_or(0);
            let address = int("address").unwrap_or(at);
            let state = document.get(block, "state").map(|node| &document.nodes[node]);
            if matches!(state, Some(Node::Text(state)) if state.starts_with("active")) && size > 0 {
                active.push((address, size as u64));
            }
            at = address + size;
        }
    }
    active
}

#[cfg(test)]
mod tests {
    use super::*;

    const SNAPSHOT: &str = r#"{"segments": [{"device": 0, "address": 1000, "total_size": 4096, "blocks": [
        {"size": 512, "state": "active_allocated"}, {"size": 1024, "state": "active_allocated"},
        {"size": 2560, "state": "inactive"}]}],
      "device_traces": [[
        {"action": "free_completed", "addr": 9000, "size": 2048, "stream": 0, "frames": [{"name": "a\"b", "line": 1.5}]},
        {"action": "segment_alloc", "addr": 1000, "size": 4096, "stream": 0},
        {"action": "alloc", "addr": 1512, "size": 1024, "stream": 0},
        {"action": "alloc", "addr": 3000, "size": 700, "stream": 0},
        {"action": "free_requested", "addr": 3000, "size": 700, "stream": 0},
        {"action": "free_completed", "addr": 3000, "size": 700, "stream": 0}], []]}"#;

    fn expected() -> Vec<Buffer> {
        // Freed first: alive from the start. Then two allocations, of which one is never freed; last what was there all the time.
        [(0, 1, 2048), (3, 7, 1024), (4, 6, 700), (0, 7, 512)]
            .map(|(start, end, size)| Buffer { start, end, size })
            .to_vec()
    }

    #[test]
    fn what_lives_at_both_ends_of_a_snapshot_is_there() {
        assert_eq!(read(SNAPSHOT.as_bytes()).unwrap().buffers(), expected());
    }

    #[test]
    fn a_pickle_says_the_same() {
        // pickle.dumps(json.loads(SNAPSHOT), protocol), protocols 4 and 2.
        for hex in [include_str!("../../tests/snapshot-4.hex"), include_str!("../../tests/snapshot-2.hex")] {
            let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
            let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
            let bytes: Vec<u8> = digits.chunks_exact(2).map(byte).collect();
            assert_eq!(read(&bytes).unwrap().buffers(), expected());
            for cut in 0..bytes.len() {
                assert!(read(&bytes[..cut]).is_err(), "{cut}");
            }
        }
    }

    #[test]
    fn a_pickle_that_would_call_something_is_refused() {
        let error = read(b"\x80\x04cos\nsystem\n.").unwrap_err();
        assert_eq!(
            error.to_string(),
            "byte 2 of this pickle: an operation that no memory snapshot has; nothing of it was carried out"
        );
    }

    #[test]
    fn what_is_no_snapshot_says_what_it_lacks() {
        assert!(read(b"{}").unwrap_err().to_string().starts_with("there is no `device_traces`"));
        let error = read(br#"{"device_traces": [[{"action": "alloc", "size": 3}]]}"#).unwrap_err();
        assert_eq!(error, SnapshotError::Event { event: 0, lacks: "addr" });
        let error = read(br#"{"device_traces": [[1 2]]}"#).unwrap_err();
        assert_eq!(error.to_string(), "byte 22 of this JSON: expected `,` or `]`");
        assert!(read(b"").is_err());
        assert!(read("[".repeat(100_000).as_bytes()).is_err());
    }
}
