//! Journals of studies as text: all that readers need.

use std::path::Path;

use attune_core::store::{Record, RecordOrder, StoreError};

use crate::claimed::acknowledged;
use crate::error;
use crate::layout::{Layout, LogName};
use crate::log::{self, Lines, Position};
use crate::settle::check_length;

/// Names of studies that have at least one whole line, in name order.
pub(crate) fn studies(layout: &Layout) -> Result<Vec<String>, StoreError> {
    let mut studies = layout.journals()?;
    let mut fault = Ok(());
    studies.retain(|study| match has_line(&layout.log(&LogName::Journal(study.clone()))) {
        Ok(has_line) => has_line,
        Err(error) => {
            fault = Err(error);
            true
        }
    });
    fault.map(|()| studies)
}

/// All records of a study; none when it has no journal. The name of a study is the one of its journal, whatever it was
/// begun as.
pub(crate) fn records(layout: &Layout, study: &str) -> Result<Vec<Record>, StoreError> {
    let path = layout.log(&LogName::Journal(study.to_owned()));
    // Looked at before the journal is: what is written in between makes that longer.
    let known = acknowledged(layout, study);
    if path.exists() {
        check_length(&path, known)?;
    }
    let mut records: Vec<Record> = log::read_all(&path)?;
    let mut order = RecordOrder::default();
    for (index, record) in records.iter().enumerate() {
        let placed = order.take(record);
        placed.map_err(|wrong| error::damaged(&path, format!("line {}", index + 1), wrong.to_string()))?;
    }
    if let Some(Record::Header(header)) = records.first_mut() {
        study.clone_into(&mut header.study);
    }
    Ok(records)
}

/// Why a record cannot stand behind `before` others.
pub(crate) fn misplaced(record: &Record, before: u64) -> Option<&'static str> {
    match (record, before) {
        (Record::Header(_), 0) | (Record::Trial(_) | Record::Report(_), 1..) => None,
        (Record::Header(_), _) => Some("found a second header, expected a trial or a report"),
        (Record::Trial(_), 0) => Some("found a trial, expected the study's header"),
        (Record::Report(_), 0) => Some("found a report, expected the study's header"),
    }
}

fn has_line(path: &Path) -> Result<bool, StoreError> {
    let Some(mut lines) = Lines::open(path, Position::default())? else { return Ok(false) };
    Ok(lines.next()?.is_some_and(|line| line.complete))
}
