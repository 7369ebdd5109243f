//! One writer for each study, any number of readers.

use std::io::Write as _;

use attune_core::store::{Store, StoreError};
use attune_store::{ReadStore, SledStore, copy, health, rebuild, remove, rename};

use crate::samples::{cached, fill, header, key, text, trial};
use crate::scratch::Scratch;

#[test]
fn a_study_has_one_writer_and_everything_else_goes_on() {
    let scratch = Scratch::new();
    let store = SledStore::open(&scratch.store).unwrap();
    let claim = store.claim("one").unwrap();
    fill(&store, "one", 2);

    let expected = format!(
        "study `one` is being run by another process (process {}); wait for it, or choose another name with --study NAME",
        std::process::id()
    );
    let second = SledStore::open(&scratch.store).unwrap();
    for store in [&store, &second] {
        assert_eq!(store.claim("one").err().unwrap().to_string(), expected);
    }
    assert!(matches!(second.append("one", &trial(2)), Err(StoreError::StudyBusy { .. })));
    for refused in
        [remove(&scratch.store, "one"), rename(&scratch.store, "one", "x"), copy(&scratch.store, "one", "x")]
    {
        assert_eq!(refused.unwrap_err().to_string(), expected);
    }
    assert_eq!(
        scratch.message(rebuild(&scratch.store).unwrap_err()),
        format!(
            "the store STORE is in use by another process, which runs `one` (process {}); wait for it, or use another \
             store with --store DIR",
            std::process::id()
        )
    );

    // Another study in the same store, with what the first one evaluated.
    fill(&second, "two", 2);
    second.remember(&key(7), &cached(7)).unwrap();
    assert_eq!(format!("{:?}", store.cached(&key(7)).unwrap()), format!("{:?}", [cached(7)]));
    let reader = ReadStore::open(&scratch.store).unwrap();
    assert_eq!(reader.records("one").unwrap().len(), 3);
    store.append("one", &trial(2)).unwrap();
    assert_eq!(reader.records("one").unwrap().len(), 4);
    let health = health(&scratch.store).unwrap();
    assert_eq!(health.running, [("one".to_owned(), std::process::id())]);
    assert_eq!(health.problems, [""; 0]);

    drop(claim);
    second.append("one", &trial(3)).unwrap();
    assert_eq!(second.records("one").unwrap().len(), 5);
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
    // A line that is being written is none that was acknowledged.
    std::fs::remove_file(scratch.file("locks/one")).unwrap();
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
    assert_eq!(scratch.message(missing), "cannot read STORE/FORMAT: no such file or directory");

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
