//! Journal and result cache: what studies learned, kept so that nothing is evaluated twice and nothing is lost.
//!
//! A store is a folder:
//!
//! ```text
//! FORMAT                  attune-store 1
//! journal/<study>.jsonl   header, trials, report: the same bytes for the same study, wherever it ran
//! cache.jsonl             every evaluation with its key and items: a key has several when items were added
//! runs/<study>.jsonl      what each run and each trial in it took: the only part that differs from run to run
//! db-v2/                  sled: where evaluations are in the cache log; can be filled again from it
//! lock                    shared by everybody who has the store open; repair has it alone
//! locks/<study>           held by the one process that works on the study, which says in it how far it is
//! cache.lock, db.lock     held for one line, and while the index on disk is open
//! ```
//!
//! The logs are append-only text, one sealed line per record (`line`), and the whole truth. The index makes
//! finding an evaluation independent of how much is stored. Locks hold what they guard: who works on it, and how long
//! each log was when its last line was acknowledged.
//!
//! Invariants: nothing outside `index/on_disk` knows sled; no domain type is serialised; a record is acknowledged only
//! after its log is synced; no line is changed once it is written; nothing that was ever acknowledged is deleted
//! unless a person removes its study, not even by repair; opening a store changes nothing outside of it (`own_file`).

mod activity;
mod aside;
mod cache;
mod claimed;
mod deferred;
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
mod own_file;
mod read_store;
mod rebuild;
mod settle;
mod sled_store;
mod wire;

pub use activity::Activity;
pub use deferred::DeferredStore;
pub use health::{Health, StudyHealth, health};
pub use manage::{copy, remove, rename};
pub use memory::MemoryStore;
pub use name::check_name;
pub use note::Note;
pub use read_store::ReadStore;
pub use rebuild::rebuild;
pub use sled_store::SledStore;
