//! The index: where each cached evaluation is in the cache log, so that finding one does not depend on how many there are.
//!
//! It holds nothing that the log does not hold, so it can be thrown away and filled again. It lives on disk, in sled
//! (`on_disk`), which lets one process open it. The others read the log once and keep theirs in
//! memory; both learn from the log itself what other processes add.

mod on_disk;

use std::collections::HashMap;

use attune_core::evaluator::Split;
use attune_core::hash::ContentHash;
use attune_core::store::{CacheKey, StoreError};

use crate::error::io;
use crate::layout::Layout;
use crate::lock::Lock;
use crate::log::{Position, Span};
use on_disk::OnDisk;

/// Evaluations that are noted before the index is synced: what a kill loses is read from the log again.
const BETWEEN_SYNCS: u64 = 256;

/// An open index.
pub(crate) struct Index {
    kept: Kept,
    end: Position,
    unsynced: u64,
}

enum Kept {
    // The lock goes after the database.
    OnDisk(OnDisk, #[expect(dead_code, reason = "held until the index is closed")] Lock),
    InMemory(HashMap<[u8; 32], Vec<Span>>),
}

impl Index {
    /// The index of a store: the one on disk, unless another process has it open.
    pub(crate) fn open(layout: &Layout) -> Result<Self, StoreError> {
        Ok(match Self::open_on_disk(layout)? {
            Some(index) => index,
            None => Self { kept: Kept::InMemory(HashMap::new()), end: Position::default(), unsynced: 0 },
        })
    }

    /// The index on disk; `None` when another process has it open.
    pub(crate) fn open_on_disk(layout: &Layout) -> Result<Option<Self>, StoreError> {
        let Some(lock) = Lock::alone(&layout.database_lock())? else { return Ok(None) };
        let Some(on_disk) = OnDisk::open(&layout.database())? else { return Ok(None) };
        let end = on_disk.end()?;
        Ok(Some(Self { kept: Kept::OnDisk(on_disk, lock), end, unsynced: 0 }))
    }

    /// Where the last known line of the cache log ends.
    pub(crate) fn end(&self) -> Position {
        self.end
    }

    /// Where the evaluations of a key are in the cache log, oldest first.
    pub(crate) fn cached(&self, key: &CacheKey) -> Result<Vec<Span>, StoreError> {
        match &self.kept {
            Kept::OnDisk(on_disk, _) => on_disk.cached(&hash(key)),
            Kept::InMemory(spans) => Ok(spans.get(&hash(key)).cloned().unwrap_or_default()),
        }
    }

    /// Notes an evaluation.
    pub(crate) fn add(&mut self, key: &CacheKey, span: Span) -> Result<(), StoreError> {
        match &mut self.kept {
            Kept::OnDisk(on_disk, _) => {
                on_disk.add(&hash(key), span)?;
                self.unsynced += 1;
                if self.unsynced >= BETWEEN_SYNCS {
                    on_disk.flush()?;
                    self.unsynced = 0;
                }
            }
            Kept::InMemory(spans) => spans.entry(hash(key)).or_default().push(span),
        }
        self.end = span.end();
        Ok(())
    }

    /// Forgets everything.
    pub(crate) fn forget(&mut self) -> Result<(), StoreError> {
        match &mut self.kept {
            Kept::OnDisk(on_disk, _) => on_disk.forget()?,
            Kept::InMemory(spans) => spans.clear(),
        }
        self.end = Position::default();
        Ok(())
    }

    /// Makes everything before it durable.
    pub(crate) fn flush(&mut self) -> Result<(), StoreError> {
        self.unsynced = 0;
        match &self.kept {
            Kept::OnDisk(on_disk, _) => on_disk.flush(),
            Kept::InMemory(_) => Ok(()),
        }
    }

    /// An index that points to another evaluation than the one asked for.
    pub(crate) fn misleading(&self, layout: &Layout) -> StoreError {
        match &self.kept {
            Kept::OnDisk(on_disk, _) => {
                on_disk.damaged("it points to another evaluation than the one asked for")
            }
            Kept::InMemory(_) => {
                io("read", &layout.log(&crate::layout::LogName::Cache))(std::io::Error::other(
                    "its lines are not where they were when it was read; start attune again",
                ))
            }
        }
    }
}

fn hash(key: &CacheKey) -> [u8; 32] {
    let (kind, domain) = match &key.split {
        Split::Selection => ("selection", ""),
        Split::Report => ("report", ""),
        Split::OutOfDomain(domain) => ("elsewhere", domain.as_str()),
    };
    *ContentHash::of_parts([
        key.model.as_bytes().as_slice(),
        key.task.as_bytes(),
        kind.as_bytes(),
        domain.as_bytes(),
        key.plan.as_bytes(),
        key.numerics.as_bytes(),
    ])
    .as_bytes()
}
