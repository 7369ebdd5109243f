//! What studies learned, kept so that nothing is evaluated twice and nothing is lost.
//!
//! A store is a folder:
//!
//! ```text
//! FORMAT                  attune-store 1
//! lock                    held by the one process that writes; holds its number
//! journal/<study>.jsonl   header, trials, report: the same bytes for the same study, wherever it ran
//! cache.jsonl             every evaluation with its key and items: a key has several when items were added
//! runs/<study>.jsonl      what each run and each trial in it took: the only part that differs from run to run
//! db-v2/                  sled: where things are in the logs; can be filled again from them
//! ```
//!
//! The logs are append-only text, one sealed line per record (`line`), and the whole truth. The index makes
//! finding things independent of how much is stored, and remembers how long every log was.
//!
//! Invariants: nothing outside `index` knows sled; no domain type is serialised; a record is acknowledged only
//! after its log is synced and the index is flushed; no line is changed once it is written; nothing
//! that was ever acknowledged is deleted, not even by repair.

mod activity;
mod aside;
#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
mod error;
mod health;
mod index;
mod journal;
mod known;
mod layout;
mod line;
mod lock;
mod log;
mod manage;
mod memory;
mod name;
mod note;
mod read_store;
mod rebuild;
mod reconcile;
mod settle;
mod sled_store;
mod wire;

pub use activity::Activity;
pub use health::{Health, StudyHealth, health};
pub use manage::{copy, remove, rename};
pub use memory::MemoryStore;
pub use name::check_name;
pub use note::Note;
pub use read_store::ReadStore;
pub use rebuild::rebuild;
pub use reconcile::reconcile_header;
pub use sled_store::SledStore;
