//! Studies are removed, renamed and copied; what they evaluated stays.

use attune_core::store::{RunNote, Store, StoreError, failure};
use attune_store::{ReadStore, SledStore, copy, remove, rename};

use crate::samples::{cached, fill, header, key, text, trial};
use crate::scratch::Scratch;

const TRIALS: u64 = 3;

fn filled() -> Scratch {
    let scratch = Scratch::new();
    let store = SledStore::open(&scratch.store).unwrap();
    fill(&store, "one", TRIALS);
    store.note("one", &RunNote::Budget(5)).unwrap();
    scratch
}

#[test]
fn a_removed_study_leaves_its_evaluations_and_frees_its_name() {
    let scratch = filled();
    remove(&scratch.store, "one").unwrap();
    let store = SledStore::open(&scratch.store).unwrap();
    assert_eq!(store.notes(), [], "it was removed on purpose");
    assert!(store.studies().unwrap().is_empty());
    assert_eq!(format!("{:?}", store.cached(&key(1)).unwrap()), format!("{:?}", [cached(1)]));
    store.append("one", &header("one")).unwrap();
    assert_eq!(text(&store.records("one").unwrap()), text(&[header("one")]));
    assert_eq!(store.notes_on("one").unwrap(), []);
}

#[test]
fn a_renamed_study_goes_on_under_its_new_name_with_the_same_bytes() {
    let scratch = filled();
    let before = std::fs::read(scratch.file("journal/one.jsonl")).unwrap();
    rename(&scratch.store, "one", "two").unwrap();
    assert_eq!(std::fs::read(scratch.file("journal/two.jsonl")).unwrap(), before);
    let store = SledStore::open(&scratch.store).unwrap();
    assert_eq!(store.studies().unwrap(), ["two"]);
    assert_eq!(store.notes_on("two").unwrap(), [RunNote::Budget(5)]);
    store.append("two", &trial(TRIALS)).unwrap();
    assert_eq!(store.records("two").unwrap().len() as u64, TRIALS + 2);
}

#[test]
fn a_copy_has_a_life_of_its_own() {
    let scratch = filled();
    copy(&scratch.store, "one", "two").unwrap();
    let store = SledStore::open(&scratch.store).unwrap();
    store.append("two", &trial(TRIALS)).unwrap();
    assert_eq!(store.records("one").unwrap().len() as u64, TRIALS + 1);
    assert_eq!(store.records("two").unwrap().len() as u64, TRIALS + 2);
    assert_eq!(store.notes_on("two").unwrap(), [RunNote::Budget(5)]);
}

#[test]
fn names_that_are_taken_unknown_or_none_are_refused() {
    let scratch = filled();
    copy(&scratch.store, "one", "two").unwrap();
    for result in [rename(&scratch.store, "one", "two"), copy(&scratch.store, "one", "one")] {
        assert!(matches!(result, Err(StoreError::NameTaken { .. })), "{result:?}");
    }
    assert!(matches!(rename(&scratch.store, "one", "../x"), Err(StoreError::BadName { .. })));
    let unknown = remove(&scratch.store, "onee").unwrap_err().to_string();
    assert!(unknown.contains("did you mean `one`"), "{unknown}");
    assert_eq!(ReadStore::open(&scratch.store).unwrap().studies().unwrap(), ["one", "two"]);
}

#[test]
fn a_failed_run_is_remembered_until_the_next_one_begins() {
    let scratch = filled();
    let store = SledStore::open(&scratch.store).unwrap();
    let journal = std::fs::read(scratch.file("journal/one.jsonl")).unwrap();
    store.note("one", &RunNote::Failed("no memory".to_owned())).unwrap();
    assert_eq!(failure(&store.notes_on("one").unwrap()), Some("no memory"));
    assert_eq!(
        std::fs::read(scratch.file("journal/one.jsonl")).unwrap(),
        journal,
        "it is beside the journal"
    );
    store.note("one", &RunNote::Budget(5)).unwrap();
    assert_eq!(failure(&store.notes_on("one").unwrap()), None);
}
