//! A study that this process alone writes to.

use std::path::Path;
use std::{fs, io};

use attune_core::event::Underway;
use attune_core::store::StoreError;

use crate::error;
use crate::layout::{Layout, LogName, sync_folder};
use crate::lock::{self, Lock};
use crate::log::{Log, Position};
use crate::name::check_name;
use crate::note::Note;
use crate::settle::{End, known_end, settle};

/// The logs of a study and the lock that guards them.
#[derive(Debug)]
pub(crate) struct Claimed {
    journal: Log,
    runs: Log,
    lock: Lock,
}

const JOURNAL: &str = "journal";
const RUNS: &str = "runs";

impl Claimed {
    /// Takes the lock of a study and settles its logs.
    pub(crate) fn take(layout: &Layout, study: &str, notes: &mut Vec<Note>) -> Result<Self, StoreError> {
        let mut lock = take_lock(layout, study)?;
        let mut open = |log: LogName, name: &str| {
            let path = layout.log(&log);
            let known = known_end(&path, lock.end(name), notes)?;
            let end = settle(&path, known, End::Cut, notes, &mut |_, _| Ok(()))?;
            if end != lock.end(name) {
                lock.acknowledge(name, end);
            }
            Ok::<_, StoreError>(Log::new(path, end))
        };
        let journal = open(LogName::Journal(study.to_owned()), JOURNAL)?;
        let runs = open(LogName::Runs(study.to_owned()), RUNS)?;
        Ok(Self { journal, runs, lock })
    }

    /// Removes everything that is in the logs.
    pub(crate) fn clear(&mut self, layout: &Layout, study: &str) -> Result<(), StoreError> {
        let [journal, runs] = logs(study).map(|log| Log::new(layout.log(&log), Position::default()));
        (self.journal, self.runs) = (journal, runs);
        remove_logs(layout, study)?;
        self.lock.forget()
    }

    /// Records in the journal.
    pub(crate) fn records(&self) -> u64 {
        self.journal.end().lines
    }

    /// Appends a record to the journal; durable when this returns.
    pub(crate) fn append_record(&mut self, json: &str) -> Result<(), StoreError> {
        let span = self.journal.append(json)?;
        self.lock.acknowledge(JOURNAL, span.end());
        Ok(())
    }

    /// Appends a note on a run; durable when this returns.
    pub(crate) fn append_note(&mut self, json: &str) -> Result<(), StoreError> {
        let span = self.runs.append(json)?;
        self.lock.acknowledge(RUNS, span.end());
        Ok(())
    }

    /// Says how far the work on the study is.
    pub(crate) fn announce(&mut self, underway: &Underway) {
        self.lock.announce(underway);
    }
}

/// The files of a study, the one that makes it a study first.
pub(crate) fn logs(study: &str) -> [LogName; 2] {
    [LogName::Journal(study.to_owned()), LogName::Runs(study.to_owned())]
}

/// Removes the files of a study, by whoever has its lock.
pub(crate) fn remove_logs(layout: &Layout, study: &str) -> Result<(), StoreError> {
    // The journal last: until it is gone, the study is there and can be removed again.
    for log in logs(study).iter().rev() {
        let file = layout.log(log);
        match fs::remove_file(&file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(error::io("remove", &file)(error));
            }
            _ => {}
        }
    }
    sync_logs(layout)
}

/// Makes new names of logs durable.
pub(crate) fn sync_logs(layout: &Layout) -> Result<(), StoreError> {
    let folder = |log: &LogName| layout.log(log).parent().map(Path::to_path_buf);
    logs("x").iter().filter_map(folder).filter(|folder| folder.exists()).try_for_each(|it| sync_folder(&it))
}

/// The lock of a study, or who has it.
pub(crate) fn take_lock(layout: &Layout, study: &str) -> Result<Lock, StoreError> {
    check_name(study)?;
    let path = layout.study_lock(study);
    Lock::alone(&path)?.ok_or_else(|| lock::study_busy(study, lock::holder(&path).process))
}

/// Where the journal of a study ended when its last record was acknowledged.
pub(crate) fn acknowledged(layout: &Layout, study: &str) -> Position {
    lock::holder(&layout.study_lock(study)).end(JOURNAL)
}
