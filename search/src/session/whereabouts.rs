//! Paths of a study's profile and model, noted beside its journal.

use attune_core::store::{RunNote, StoreError, Whereabouts};

use super::SessionSetup;

/// Notes where profile and model are, unless that is known.
pub(super) fn note_whereabouts(setup: &SessionSetup) -> Result<(), StoreError> {
    let Some(now) = &setup.whereabouts else { return Ok(()) };
    let study = &setup.header.study;
    if whereabouts(&setup.store.notes_on(study)?) == Some(now) {
        return Ok(());
    }
    setup.store.note(study, &RunNote::Found(now.clone()))
}

/// Where the study's things were when it last ran, as far as that was noted.
pub fn whereabouts(notes: &[RunNote]) -> Option<&Whereabouts> {
    notes.iter().rev().find_map(|note| match note {
        RunNote::Found(found) => Some(found),
        _ => None,
    })
}
