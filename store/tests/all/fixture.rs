//! The committed store of format 1 loads, and equal studies are still equal bytes.
//!
//! It holds no index: that is filled from the logs, which is all that a future version has to read.

use std::path::Path;

use attune_core::store::{RunTime, Store};
use attune_store::{ReadStore, SledStore, health};

use crate::samples::{cached, header, key, report, text, trial};
use crate::scratch::{Scratch, fixture};

/// Set to write the fixture anew. Only for a format that has not been released.
const WRITE: &str = "ATTUNE_WRITE_FIXTURES";
const FILES: [&str; 5] =
    ["FORMAT", "cache.jsonl", "journal/one.jsonl", "journal/two.2.jsonl", "runs/one.jsonl"];

fn write(path: &Path) {
    let store = SledStore::open(path).unwrap();
    store.append("one", &header("one")).unwrap();
    for number in 0..3 {
        store.append("one", &trial(number)).unwrap();
        store.remember(&key(number), &cached(number)).unwrap();
    }
    store.append("one", &report()).unwrap();
    store.append("two.2", &header("two.2")).unwrap();
    store.note_run("one", RunTime { seconds: 12.25 }).unwrap();
    store.note_run("one", RunTime { seconds: 0.5 }).unwrap();
}

#[test]
fn the_same_records_are_the_same_bytes() {
    let scratch = Scratch::new();
    write(&scratch.store);
    for name in FILES {
        let committed = fixture("v1").join(name);
        if std::env::var_os(WRITE).is_some() {
            std::fs::create_dir_all(committed.parent().unwrap()).unwrap();
            std::fs::copy(scratch.file(name), &committed).unwrap();
        }
        let (written, expected) =
            (std::fs::read(scratch.file(name)).unwrap(), std::fs::read(committed).unwrap());
        assert!(written == expected, "{name} is not what format 1 is: a change needs a new version");
    }
}

#[test]
fn a_store_of_format_1_loads() {
    let scratch = Scratch::copy_of(&fixture("v1"));
    let expected = [header("one"), trial(0), trial(1), trial(2), report()];

    let reader = ReadStore::open(&scratch.store).unwrap();
    assert_eq!(text(&reader.records("one").unwrap()), text(&expected));

    let store = SledStore::open(&scratch.store).unwrap();
    let notes = scratch.messages(store.notes());
    assert_eq!(notes, ["the index STORE/db-v1 was filled from 11 lines of text"]);
    assert_eq!(store.studies().unwrap(), ["one", "two.2"]);
    assert_eq!(text(&store.records("one").unwrap()), text(&expected));
    for number in 0..3 {
        let found = store.cached(&key(number)).unwrap();
        assert_eq!(format!("{found:?}"), format!("{:?}", Some(cached(number))));
    }
    assert_eq!(store.runs("one").unwrap(), [RunTime { seconds: 12.25 }, RunTime { seconds: 0.5 }]);
    drop(store);

    let health = health(&scratch.store).unwrap();
    assert_eq!(health.problems, [""; 0]);
    assert_eq!((health.cached, health.studies.len(), health.writer), (3, 2, None));
    let one = &health.studies[0];
    assert_eq!((one.trials, one.failed, one.reported, one.runs), (3, 1, true, 2));
}
