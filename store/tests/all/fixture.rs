//! The committed stores of format 1 load, and equal studies are still equal bytes.
//!
//! They hold no index: that is filled from the logs, which is all that a future version has to read.

use std::path::Path;

use attune_core::scores::Work;
use attune_core::store::{Record, RunNote, RunTime, Store, TrialEffort};
use attune_store::{ReadStore, SledStore, health};

use crate::samples::{cached, cached_later, dropped, header, key, report, text, trial};
use crate::scratch::{Scratch, fixture};

/// Set to write the fixture of what is written today anew. Only for forms that have not been released.
const WRITE: &str = "ATTUNE_WRITE_FIXTURES";
/// As the first writer wrote it: scores with their work, the number of items in the key, seconds of runs.
const FIRST: &str = "v1";
/// As it is written today: by item, with dropped trials and notes on them.
const TODAY: &str = "v1-by-item";
const FILES: [&str; 5] =
    ["FORMAT", "cache.jsonl", "journal/one.jsonl", "journal/two.2.jsonl", "runs/one.jsonl"];

fn run(seconds: f64, peak_memory: Option<u64>) -> RunNote {
    RunNote::Run(RunTime { seconds, peak_memory })
}

fn records() -> Vec<Record> {
    vec![header("one"), trial(0), trial(1), trial(2), dropped(3), report()]
}

fn notes() -> [RunNote; 3] {
    let effort = |trial| TrialEffort { trial, work: Work { computed: 1024, naive: 4096 }, seconds: 0.125 };
    [RunNote::Trials(vec![effort(0), effort(3)]), run(12.25, None), run(0.5, Some(3 << 30))]
}

fn write(path: &Path) {
    let store = SledStore::open(path).unwrap();
    records().iter().for_each(|record| store.append("one", record).unwrap());
    (0..3).for_each(|number| store.remember(&key(number), &cached(number)).unwrap());
    store.remember(&key(0), &cached_later(0)).unwrap();
    store.append("two.2", &header("two.2")).unwrap();
    notes().iter().for_each(|note| store.note("one", note).unwrap());
}

#[test]
fn the_same_records_are_the_same_bytes() {
    let scratch = Scratch::new();
    write(&scratch.store);
    for name in FILES {
        let committed = fixture(TODAY).join(name);
        if std::env::var_os(WRITE).is_some() {
            std::fs::create_dir_all(committed.parent().unwrap()).unwrap();
            std::fs::copy(scratch.file(name), &committed).unwrap();
        }
        let (written, expected) =
            (std::fs::read(scratch.file(name)).unwrap(), std::fs::read(committed).unwrap());
        assert!(written == expected, "{name} is not what was written before: older lines must still be read");
    }
}

#[test]
fn a_store_of_the_first_writer_loads_and_grows() {
    let scratch = Scratch::copy_of(&fixture(FIRST));
    let expected = [header("one"), trial(0), trial(1), trial(2), report()];

    let reader = ReadStore::open(&scratch.store).unwrap();
    assert_eq!(text(&reader.records("one").unwrap()), text(&expected));
    let runs = [run(12.25, None), run(0.5, None)];
    assert_eq!(reader.notes_on("one").unwrap(), runs);

    let store = SledStore::open(&scratch.store).unwrap();
    assert_eq!(scratch.messages(&store.notes()), ["the index STORE/db-v2 was filled from 3 lines of text"]);
    assert_eq!(store.studies().unwrap(), ["one", "two.2"]);
    assert_eq!(text(&store.records("one").unwrap()), text(&expected));
    for number in 0..3 {
        let found = store.cached(&key(number)).unwrap();
        assert_eq!(format!("{found:?}"), format!("{:?}", [cached(number)]));
    }
    assert_eq!(store.notes_on("one").unwrap(), runs);

    // Its items are known, others are added; its runs are followed by notes of today.
    store.remember(&key(0), &cached(0)).unwrap();
    store.remember(&key(0), &cached_later(0)).unwrap();
    store.note("one", &notes()[0]).unwrap();
    drop(store);
    let store = SledStore::open(&scratch.store).unwrap();
    let found = store.cached(&key(0)).unwrap();
    assert_eq!(format!("{found:?}"), format!("{:?}", [cached(0), cached_later(0)]));
    assert_eq!(store.notes_on("one").unwrap(), [runs.as_slice(), &notes()[..1]].concat());
    drop(store);

    let health = health(&scratch.store).unwrap();
    assert_eq!(health.problems, [""; 0]);
    assert_eq!((health.cached, health.studies.len(), health.running), (4, 2, vec![]));
    let one = &health.studies[0];
    assert_eq!((one.trials, one.failed, one.reported, one.runs), (3, 1, true, 2));
}

#[test]
fn a_store_of_today_loads() {
    let scratch = Scratch::copy_of(&fixture(TODAY));
    let reader = ReadStore::open(&scratch.store).unwrap();
    assert_eq!(text(&reader.records("one").unwrap()), text(&records()));
    assert_eq!(reader.notes_on("one").unwrap(), notes());

    let store = SledStore::open(&scratch.store).unwrap();
    assert_eq!(scratch.messages(&store.notes()), ["the index STORE/db-v2 was filled from 4 lines of text"]);
    assert_eq!(text(&store.records("one").unwrap()), text(&records()));
    let found = store.cached(&key(0)).unwrap();
    assert_eq!(format!("{found:?}"), format!("{:?}", [cached(0), cached_later(0)]));
    assert_eq!(store.notes_on("one").unwrap(), notes());
    drop(store);

    let health = health(&scratch.store).unwrap();
    let one = &health.studies[0];
    assert_eq!((one.trials, one.failed, one.reported, one.runs), (4, 1, true, 2));
}

#[test]
fn old_evaluations_of_fewer_items_are_not_kept_beside_more() {
    let scratch = Scratch::copy_of(&fixture(FIRST));
    // Once a number of items was part of the key, so a log may hold the same evaluation at several of them.
    let path = scratch.file("cache.jsonl");
    let lines = std::fs::read_to_string(&path).unwrap();
    let first = lines.lines().next().unwrap();
    let (before, after) = first.split_once("\"items\":3,").unwrap();
    let json = |items: u32| {
        let record = before.split_once("\"record\":").unwrap().1;
        format!("{record}\"items\":{items},{}", after.strip_suffix('}').unwrap())
    };
    let seal = |json: String| {
        let sum = attune_core::hash::ContentHash::of(format!("1 {json}").as_bytes()).to_string();
        format!("{{\"v\":1,\"sum\":\"{}\",\"record\":{json}}}\n", &sum[..16])
    };
    std::fs::write(&path, lines.clone() + &seal(json(2)) + &seal(json(5))).unwrap();
    let store = SledStore::open(&scratch.store).unwrap();
    let items: Vec<_> = store.cached(&key(0)).unwrap().into_iter().map(|cached| cached.items).collect();
    assert_eq!(items, [vec![0, 1, 2], vec![0, 1, 2, 3, 4]]);
}
