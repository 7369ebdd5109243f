//! One writer, any number of readers.

use std::io::Write as _;

use attune_core::store::{Store, StoreError};
use attune_store::{ReadStore, SledStore, health, rebuild};

use crate::samples::{fill, header, text, trial};
use crate::scratch::Scratch;

#[test]
fn a_second_writer_is_told_who_has_the_store_and_readers_go_on() {
    let scratch = Scratch::new();
    let store = SledStore::open(&scratch.store).unwrap();
    fill(&store, "one", 2);

    let expected = format!(
        "the store STORE is in use by another process (process {}); wait for it, or use another store with --store DIR",
        std::process::id()
    );
    let second = SledStore::open(&scratch.store).err().unwrap();
    assert!(matches!(second, StoreError::Busy { .. }));
    assert_eq!(scratch.message(second), expected);
    assert!(matches!(rebuild(&scratch.store), Err(StoreError::Busy { .. })));

    let reader = ReadStore::open(&scratch.store).unwrap();
    assert_eq!(reader.records("one").unwrap().len(), 3);
    store.append("one", &trial(2)).unwrap();
    assert_eq!(reader.records("one").unwrap().len(), 4);
    let health = health(&scratch.store).unwrap();
    assert_eq!(health.writer, Some(format!("another process (process {})", std::process::id())));
    assert_eq!(health.problems, [""; 0]);

    drop(store);
    SledStore::open(&scratch.store).unwrap();
}

#[test]
fn a_line_that_is_just_being_written_is_not_there_yet() {
    let scratch = Scratch::new();
    let store = SledStore::open(&scratch.store).unwrap();
    fill(&store, "one", 1);
    let path = scratch.file("journal/one.jsonl");
    let whole = std::fs::read(&path).unwrap();
    let line_start = whole[..whole.len() - 1].iter().rposition(|byte| *byte == b'\n').unwrap() + 1;
    let reader = ReadStore::open(&scratch.store).unwrap();
    for length in [line_start + 1, whole.len() - 1] {
        std::fs::write(&path, &whole[..length]).unwrap();
        assert_eq!(text(&reader.records("one").unwrap()), text(&[header("one")]));
    }
    std::fs::write(scratch.file("journal/two.jsonl"), "{\"v\":1,").unwrap();
    assert_eq!(reader.studies().unwrap(), ["one"]);
}

#[test]
fn an_unknown_study_is_answered_with_the_nearest_one() {
    let scratch = Scratch::new();
    fill(&SledStore::open(&scratch.store).unwrap(), "quickstart", 0);
    let error = ReadStore::open(&scratch.store).unwrap().records("quikstart").unwrap_err();
    assert_eq!(scratch.message(error), "there is no study `quikstart` in STORE; did you mean `quickstart`?");
}

#[test]
fn folders_that_are_no_store_are_left_alone() {
    let scratch = Scratch::new();
    let missing = ReadStore::open(&scratch.store).unwrap_err();
    assert_eq!(scratch.message(missing), "cannot read STORE/FORMAT: No such file or directory (os error 2)");

    std::fs::create_dir(&scratch.store).unwrap();
    std::fs::write(scratch.file("thesis.tex"), "mine").unwrap();
    let foreign = SledStore::open(&scratch.store).err().unwrap();
    assert_eq!(
        scratch.message(foreign),
        "STORE is damaged at FORMAT: there is no such file, so this folder is no store of attune; choose another \
         folder with --store DIR, or, if it is a store, write the line `attune-store 1` into STORE/FORMAT"
    );
    assert_eq!(std::fs::read_dir(&scratch.store).unwrap().count(), 1, "nothing was put into it");
}

#[test]
fn a_start_that_was_killed_at_once_is_no_obstacle() {
    let scratch = Scratch::new();
    std::fs::create_dir_all(scratch.file("journal")).unwrap();
    std::fs::File::create(scratch.file("lock")).unwrap().write_all(b"1\n").unwrap();
    std::fs::write(scratch.file("FORMAT.new"), "attune").unwrap();
    fill(&SledStore::open(&scratch.store).unwrap(), "one", 1);
    assert_eq!(ReadStore::open(&scratch.store).unwrap().studies().unwrap(), ["one"]);
}
