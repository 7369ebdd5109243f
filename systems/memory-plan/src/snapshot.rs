//! Memory snapshots of PyTorch: what `torch.cuda.memory._record_memory_history()` recorded, as the pickle of
//! `torch.cuda.memory._dump_snapshot(path)`, or as JSON, which Python writes by
//! `json.dump(torch.cuda.memory._snapshot(), open(path, "w"))`.

mod document;
mod json;
mod pickle;
mod trace;

pub use trace::{SnapshotError, read};
