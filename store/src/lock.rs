//! One writer at a time.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Seek as _, Write as _};
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use attune_core::store::StoreError;

use crate::error::io;
use crate::layout::Layout;

// A process that was just killed, or that a lock holder is just starting, has the lock a moment longer.
const ATTEMPTS: u32 = 10;
const PAUSE: Duration = Duration::from_millis(20);

/// Exclusive use of a store, for as long as this lives. The operating system ends it with the process,
/// however that ends. What it does not cover: file systems that do not implement locks between machines.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock or says who has it.
    pub(crate) fn take(layout: &Layout) -> Result<Self, StoreError> {
        let path = layout.lock();
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(io("open", &path))?;
        let mut attempts = 1;
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if attempts < ATTEMPTS => sleep(PAUSE),
                Err(TryLockError::WouldBlock) => return Err(busy(layout)),
                Err(TryLockError::Error(error)) => return Err(io("lock", &path)(error)),
            }
            attempts += 1;
        }
        let write = |file: &mut File| {
            file.set_len(0)?;
            file.rewind()?;
            writeln!(file, "{}", std::process::id())
        };
        write(&mut file).map_err(io("write", &path))?;
        Ok(Self { _file: file })
    }
}

/// ` (process 123)`, or nothing when it is not known.
pub(crate) fn owner(path: &Path) -> String {
    let process = std::fs::read_to_string(path).ok().and_then(|text| text.trim().parse::<u32>().ok());
    process.map(|process| format!(" (process {process})")).unwrap_or_default()
}

fn busy(layout: &Layout) -> StoreError {
    StoreError::Busy { path: layout.root().display().to_string(), owner: owner(&layout.lock()) }
}
