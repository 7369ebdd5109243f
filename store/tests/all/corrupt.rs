//! Committed stores with one fault each: the exact message, and what repair makes of them.

use attune_core::store::{Record, Store, StoreError};
use attune_store::{ReadStore, SledStore, health, rebuild};

use crate::samples::{cached, header, key, text, trial};
use crate::scratch::{Scratch, fixture};

fn scratch(fault: &str) -> Scratch {
    Scratch::copy_of(&fixture("corrupt").join(fault))
}

/// What a writer, a reader and `health` say about study `one`: the same, and nothing changes by asking.
fn assert_refused(scratch: &Scratch, expected: &str) {
    let before = std::fs::read(scratch.file("journal/one.jsonl")).unwrap();
    let store = SledStore::open(&scratch.store).unwrap();
    assert_eq!(scratch.message(store.records("one").unwrap_err()), expected);
    drop(store);
    let reader = ReadStore::open(&scratch.store).unwrap();
    assert_eq!(scratch.message(reader.records("one").unwrap_err()), expected);
    assert_eq!(reader.studies().unwrap(), ["one"]);
    let problems = health(&scratch.store).unwrap().problems;
    assert_eq!(scratch.message(&problems[0]), expected);
    assert_eq!(std::fs::read(scratch.file("journal/one.jsonl")).unwrap(), before);
}

#[test]
fn a_torn_last_line_is_cut_off_and_said() {
    let scratch = scratch("torn");
    let reader = ReadStore::open(&scratch.store).unwrap();
    assert_eq!(text(&reader.records("one").unwrap()), text(&[header("one"), trial(0)]));

    let store = SledStore::open(&scratch.store).unwrap();
    let _claim = store.claim("one").unwrap();
    assert_eq!(
        scratch.message(store.notes().pop().unwrap()),
        "STORE/journal/one.jsonl ended in a line that was never written completely (100 bytes); it was cut off, and \
         what it said will be computed again"
    );
    store.append("one", &trial(1)).unwrap();
    assert_eq!(text(&store.records("one").unwrap()), text(&[header("one"), trial(0), trial(1)]));
}

#[test]
fn a_flipped_bit_is_found_with_its_line() {
    let scratch = scratch("flipped-bit");
    assert_refused(
        &scratch,
        "STORE/journal/one.jsonl is damaged at line 2: the checksum says e3a283d4dc5419ab and the record has \
         920b0b27a53af53c: the line was altered; `attune doctor --repair` keeps what can be read and moves the \
         damaged file aside",
    );
    let notes = scratch.messages(&rebuild(&scratch.store).unwrap());
    assert_eq!(
        notes[1..3],
        [
            "STORE/journal/one.jsonl was moved aside to STORE/journal/one.jsonl.damaged-1",
            "STORE/journal/one.jsonl keeps the lines that can be used (1); the others (2) are only in the copy"
        ]
    );
    let store = SledStore::open(&scratch.store).unwrap();
    assert_eq!(text(&store.records("one").unwrap()), text(&[header("one")]));
    // What was evaluated is not lost with the journal.
    assert_eq!(store.cached(&key(0)).unwrap().len(), 1);
    let original = fixture("corrupt/flipped-bit/journal/one.jsonl");
    let kept = scratch.file("journal/one.jsonl.damaged-1");
    assert_eq!(std::fs::read(kept).unwrap(), std::fs::read(original).unwrap());
}

#[test]
fn an_unreadable_end_that_may_never_have_been_acknowledged_is_cut_and_kept() {
    let scratch = scratch("flipped-bit-at-end");
    let store = SledStore::open(&scratch.store).unwrap();
    let _claim = store.claim("one").unwrap();
    let note = scratch.message(&store.notes()[0]);
    assert!(
        note.starts_with("the last line of STORE/journal/one.jsonl (line 3) could not be read"),
        "{note}"
    );
    assert!(note.ends_with("the file as it was is kept as STORE/journal/one.jsonl.damaged-1"), "{note}");
    let left = std::fs::read_to_string(scratch.file("journal/one.jsonl")).unwrap();
    assert_eq!(left.lines().count(), 2);
}

#[test]
fn an_acknowledged_end_is_never_cut() {
    let scratch = Scratch::new();
    crate::samples::fill(&SledStore::open(&scratch.store).unwrap(), "one", 2);
    let path = scratch.file("journal/one.jsonl");
    let mut bytes = std::fs::read(&path).unwrap();
    let at = bytes.len() - 20;
    bytes[at] ^= 1;
    std::fs::write(&path, &bytes).unwrap();
    let store = SledStore::open(&scratch.store).unwrap();
    let message = scratch.message(store.records("one").unwrap_err());
    assert!(
        message.starts_with("STORE/journal/one.jsonl is damaged at line 3: the checksum says"),
        "{message}"
    );
    assert_eq!(std::fs::read(&path).unwrap(), bytes);
}

#[test]
fn a_line_of_another_version_is_refused_and_left_alone_by_repair() {
    let scratch = scratch("foreign-version");
    let expected = "STORE/journal/one.jsonl has format 2 at line 2, this attune reads format 1; use the attune that \
                    wrote it or a newer one, or another store with --store DIR";
    assert_refused(&scratch, expected);
    rebuild(&scratch.store).unwrap();
    assert_refused(&scratch, expected);
}

#[test]
fn an_edit_that_this_build_does_not_know_is_read_as_it_stands() {
    let scratch = scratch("unknown-edit");
    let store = SledStore::open(&scratch.store).unwrap();
    let records = store.records("one").unwrap();
    let Some(Record::Trial(trial)) = records.get(1) else { panic!("{records:?}") };
    assert_eq!(trial.plan.edits()[0].kind, "melt-experts");
}

#[test]
fn a_journal_without_its_header_is_refused_and_moved_aside_by_repair() {
    let scratch = scratch("truncated");
    assert_refused(
        &scratch,
        "STORE/journal/one.jsonl is damaged at line 1: found a trial, expected the study's header; `attune doctor \
         --repair` keeps what can be read and moves the damaged file aside",
    );
    rebuild(&scratch.store).unwrap();
    let store = SledStore::open(&scratch.store).unwrap();
    assert!(store.studies().unwrap().is_empty());
    store.append("one", &header("one")).unwrap();
    assert!(scratch.file("journal/one.jsonl.damaged-1").exists());
}

#[test]
fn text_that_is_no_journal_is_refused() {
    assert_refused(
        &scratch("foreign-text"),
        "STORE/journal/one.jsonl is damaged at line 1: found `study,one`, expected \
         {\"v\":…,\"sum\":\"…\",\"record\":…}; `attune doctor --repair` keeps what can be read and moves the damaged file \
         aside",
    );
}

#[test]
fn stores_of_another_format_or_none_are_not_touched() {
    let newer = scratch("newer-store");
    let without = scratch("no-format");
    let newer_message = "STORE/FORMAT has format 2, this attune reads format 1; use the attune that wrote it or a newer \
                         one, or another store with --store DIR";
    let without_message = "STORE is damaged at FORMAT: there is no such file, so this folder is no store of attune; \
                           choose another folder with --store DIR, or, if it is a store, write the line \
                           `attune-store 1` into STORE/FORMAT";
    for (scratch, expected) in [(newer, newer_message), (without, without_message)] {
        let errors: [StoreError; 4] = [
            SledStore::open(&scratch.store).err().unwrap(),
            ReadStore::open(&scratch.store).unwrap_err(),
            health(&scratch.store).unwrap_err(),
            rebuild(&scratch.store).unwrap_err(),
        ];
        for error in errors {
            assert_eq!(scratch.message(error), expected);
        }
        assert!(!scratch.file("db-v2").exists() && !scratch.file("lock").exists());
    }
}

#[test]
fn a_damaged_cache_stops_the_store_and_repair_keeps_every_other_evaluation() {
    let scratch = scratch("damaged-cache");
    let error = scratch.message(SledStore::open(&scratch.store).err().unwrap());
    assert!(error.starts_with("STORE/cache.jsonl is damaged at line 1: the checksum says"), "{error}");
    assert!(error.contains("attune doctor --repair"), "{error}");

    rebuild(&scratch.store).unwrap();
    let store = SledStore::open(&scratch.store).unwrap();
    assert_eq!(store.cached(&key(0)).unwrap(), []);
    for number in 1..3 {
        assert_eq!(format!("{:?}", store.cached(&key(number)).unwrap()), format!("{:?}", [cached(number)]));
    }
    assert!(scratch.file("cache.jsonl.damaged-1").exists());
}

#[test]
fn a_journal_without_any_line_is_moved_aside_by_repair_and_its_study_begins_anew() {
    let scratch = scratch("flipped-bit");
    let zeros = vec![0; 2000];
    std::fs::write(scratch.file("journal/one.jsonl"), &zeros).unwrap();
    let store = SledStore::open(&scratch.store).unwrap();
    let error = store.claim("one").err().unwrap().to_string();
    assert!(error.contains("at line 1") && error.contains("attune doctor --repair"), "{error}");
    drop(store);
    rebuild(&scratch.store).unwrap();
    assert_eq!(std::fs::read(scratch.file("journal/one.jsonl.damaged-1")).unwrap(), zeros);
    let store = SledStore::open(&scratch.store).unwrap();
    store.append("one", &header("one")).unwrap();
    assert_eq!(store.records("one").unwrap().len(), 1);
}
