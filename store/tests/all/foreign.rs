//! A store from somebody else: nothing in it leads out of it.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use attune_core::store::Store;
use attune_store::{ReadStore, SledStore, copy, health, rebuild, remove};

use crate::samples::{cached, fill, key, trial};
use crate::scratch::Scratch;

const PRECIOUS: &str = "years of work, without a line break at its end";

/// Everything that anybody may do with a store; errors are fine.
fn use_it(store: &Path) -> Vec<String> {
    let mut errors = vec![];
    let mut keep = |result: Result<(), attune_core::store::StoreError>| {
        errors.extend(result.err().map(|error| error.to_string()));
    };
    match SledStore::open(store) {
        Ok(open) => {
            keep(open.claim("one").map(drop));
            keep(open.append("one", &trial(2)));
            keep(open.remember(&key(9), &cached(9)));
            keep(open.cached(&key(0)).map(drop));
        }
        Err(error) => keep(Err(error)),
    }
    keep(ReadStore::open(store).and_then(|store| store.records("one")).map(drop));
    keep(health(store).map(|health| errors_of(&health.problems)).map(drop));
    keep(copy(store, "one", "two"));
    keep(rebuild(store).map(drop));
    keep(remove(store, "one"));
    errors
}

fn errors_of(problems: &[String]) -> usize {
    problems.len()
}

fn filled() -> Scratch {
    let scratch = Scratch::new();
    fill(&SledStore::open(&scratch.store).unwrap(), "one", 2);
    scratch
}

const FILES: [&str; 9] = [
    "FORMAT",
    "lock",
    "cache.jsonl",
    "cache.lock",
    "db.lock",
    "journal/one.jsonl",
    "runs/one.jsonl",
    "locks/one",
    "db-v2/db",
];

#[test]
fn files_that_are_links_are_refused_and_what_they_point_to_stays() {
    for name in FILES {
        let scratch = filled();
        let target = scratch.store.with_file_name("precious");
        fs::write(&target, PRECIOUS).unwrap();
        let _ = fs::remove_file(scratch.file(name));
        symlink(&target, scratch.file(name)).unwrap();
        let errors = use_it(&scratch.store);
        assert!(errors.iter().any(|error| error.contains("it is a link")), "{name}: {errors:?}");
        assert_eq!(fs::read_to_string(&target).unwrap(), PRECIOUS, "{name}");
    }
}

#[test]
fn a_link_to_nothing_creates_nothing() {
    for name in FILES.iter().chain(&["journal/two.jsonl.new", "cache.jsonl.damaged-1", "db-v2.damaged-1"]) {
        let scratch = filled();
        let target = scratch.store.with_file_name("made");
        let _ = fs::remove_file(scratch.file(name));
        symlink(&target, scratch.file(name)).unwrap();
        use_it(&scratch.store);
        assert!(!target.exists(), "{name}");
    }
}

#[test]
fn folders_that_are_links_are_refused_and_stay_empty() {
    for name in ["journal", "runs", "locks", "db-v2"] {
        let scratch = filled();
        let target = scratch.store.with_file_name("elsewhere");
        fs::create_dir(&target).unwrap();
        fs::remove_dir_all(scratch.file(name)).unwrap();
        symlink(&target, scratch.file(name)).unwrap();
        let errors = use_it(&scratch.store);
        assert!(errors.iter().any(|error| error.contains("it is a link")), "{name}: {errors:?}");
        assert_eq!(fs::read_dir(&target).unwrap().count(), 0, "{name}");
    }
}

#[test]
fn a_store_may_itself_be_behind_a_link() {
    let scratch = filled();
    let link = scratch.store.with_file_name("link");
    symlink(&scratch.store, &link).unwrap();
    let store = SledStore::open(&link).unwrap();
    store.append("one", &trial(2)).unwrap();
    assert_eq!(ReadStore::open(&link).unwrap().records("one").unwrap().len(), 4);
}

#[test]
fn files_that_have_another_name_elsewhere_are_not_emptied() {
    for name in FILES {
        let scratch = filled();
        let target = scratch.store.with_file_name("precious");
        fs::write(&target, PRECIOUS).unwrap();
        let _ = fs::remove_file(scratch.file(name));
        fs::hard_link(&target, scratch.file(name)).unwrap();
        let errors = use_it(&scratch.store);
        assert!(!errors.is_empty() || name.starts_with("runs"), "{name}");
        assert_eq!(fs::read_to_string(&target).unwrap(), PRECIOUS, "{name}");
    }
}

#[test]
fn pipes_and_folders_in_the_place_of_files_are_no_reason_to_wait() {
    for name in FILES {
        for make in ["mkfifo", "mkdir"] {
            let scratch = filled();
            let _ = fs::remove_file(scratch.file(name));
            assert!(Command::new(make).arg(scratch.file(name)).status().unwrap().success());
            let errors = use_it(&scratch.store);
            assert!(!errors.is_empty(), "{make} {name}");
        }
    }
}

#[test]
fn a_file_without_line_breaks_is_not_read_into_memory() {
    let scratch = filled();
    // A gigabyte that takes no room.
    fs::File::create(scratch.file("journal/one.jsonl")).unwrap().set_len(1 << 30).unwrap();
    fs::remove_file(scratch.file("locks/one")).unwrap();
    let error = ReadStore::open(&scratch.store).unwrap().records("one").unwrap_err();
    assert!(error.to_string().contains("a line of more than 268435456 bytes"), "{error}");
}

#[test]
fn a_store_that_is_removed_moved_or_replaced_under_a_run_is_noticed() {
    let gone = |change: fn(&Scratch)| {
        let scratch = filled();
        let store = SledStore::open(&scratch.store).unwrap();
        let _claim = store.claim("one").unwrap();
        store.append("one", &trial(2)).unwrap();
        store.remember(&key(9), &cached(9)).unwrap();
        change(&scratch);
        let errors = [store.append("one", &trial(3)), store.remember(&key(10), &cached(10))];
        for error in errors {
            let error = error.unwrap_err().to_string();
            assert!(
                error.contains("removed, moved or replaced") || error.contains("no such file"),
                "{error}"
            );
        }
    };
    gone(|scratch| fs::remove_dir_all(&scratch.store).unwrap());
    gone(|scratch| fs::rename(&scratch.store, scratch.store.with_file_name("moved")).unwrap());
    gone(|scratch| {
        for name in ["journal/one.jsonl", "cache.jsonl"] {
            let whole = fs::read(scratch.file(name)).unwrap();
            fs::remove_file(scratch.file(name)).unwrap();
            fs::write(scratch.file(name), whole).unwrap();
        }
    });
}
