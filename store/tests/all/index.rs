//! The index is never the only place where anything is.

use std::fs;
use std::path::{Path, PathBuf};

use attune_core::store::{Store, StoreError};
use attune_store::{ReadStore, SledStore, health, rebuild};

use crate::samples::{cached, cached_later, fill, header, key, text, trial};
use crate::scratch::{Scratch, copy};

const TRIALS: u64 = 6;

fn filled() -> Scratch {
    let scratch = Scratch::new();
    fill(&SledStore::open(&scratch.store).unwrap(), "one", TRIALS);
    scratch
}

/// Everything that `filled` wrote.
fn assert_whole(store: &SledStore) {
    let expected: Vec<_> = std::iter::once(header("one")).chain((0..TRIALS).map(trial)).collect();
    assert_eq!(text(&store.records("one").unwrap()), text(&expected));
    for number in 0..TRIALS {
        assert_cached(store, number).unwrap();
    }
}

fn assert_cached(store: &SledStore, number: u64) -> Result<(), StoreError> {
    let found = store.cached(&key(number))?;
    assert_eq!(format!("{found:?}"), format!("{:?}", [cached(number)]));
    Ok(())
}

#[test]
fn an_undisturbed_store_opens_without_a_word() {
    let scratch = filled();
    let store = SledStore::open(&scratch.store).unwrap();
    assert_eq!(store.notes(), []);
    assert_whole(&store);
}

#[test]
fn a_removed_index_is_filled_again() {
    let scratch = filled();
    fs::remove_dir_all(scratch.file("db-v2")).unwrap();
    let store = SledStore::open(&scratch.store).unwrap();
    assert_eq!(scratch.messages(&store.notes()), ["the index STORE/db-v2 was filled from 6 lines of text"]);
    assert_whole(&store);
}

#[test]
fn what_was_written_just_before_a_kill_is_taken_in() {
    let scratch = Scratch::new();
    drop(SledStore::open(&scratch.store).unwrap());
    let old_index = scratch.file("old");
    copy(&scratch.file("db-v2"), &old_index);
    fill(&SledStore::open(&scratch.store).unwrap(), "one", TRIALS);
    fs::remove_dir_all(scratch.file("db-v2")).unwrap();
    fs::rename(&old_index, scratch.file("db-v2")).unwrap();

    let store = SledStore::open(&scratch.store).unwrap();
    assert_eq!(store.notes(), []);
    assert_whole(&store);
    store.append("one", &trial(TRIALS)).unwrap();
    assert_eq!(store.records("one").unwrap().len() as u64, TRIALS + 2);
}

#[test]
fn an_evaluation_that_is_in_the_log_twice_is_the_first() {
    let scratch = filled();
    let path = scratch.file("cache.jsonl");
    let log = fs::read(&path).unwrap();
    fs::write(&path, [log.clone(), log].concat()).unwrap();
    fs::remove_dir_all(scratch.file("db-v2")).unwrap();
    assert_whole(&SledStore::open(&scratch.store).unwrap());
}

#[test]
fn evaluations_of_other_items_are_all_found_again_in_their_order() {
    let scratch = filled();
    let store = SledStore::open(&scratch.store).unwrap();
    store.remember(&key(0), &cached_later(0)).unwrap();
    drop(store);
    let expected = format!("{:?}", [cached(0), cached_later(0)]);
    let found = || format!("{:?}", SledStore::open(&scratch.store).unwrap().cached(&key(0)).unwrap());
    assert_eq!(found(), expected);
    fs::remove_dir_all(scratch.file("db-v2")).unwrap();
    assert_eq!(found(), expected);
    rebuild(&scratch.store).unwrap();
    assert_eq!(found(), expected);
}

#[test]
fn an_index_of_an_older_attune_is_left_alone() {
    let scratch = filled();
    fs::rename(scratch.file("db-v2"), scratch.file("db-v1")).unwrap();
    let store = SledStore::open(&scratch.store).unwrap();
    assert_eq!(scratch.messages(&store.notes()), ["the index STORE/db-v2 was filled from 6 lines of text"]);
    assert_whole(&store);
    assert!(scratch.file("db-v1").is_dir());
}

#[test]
fn a_journal_that_was_moved_away_is_forgotten_with_a_word() {
    let scratch = filled();
    fs::rename(scratch.file("journal/one.jsonl"), scratch.file("mine.jsonl")).unwrap();
    let store = SledStore::open(&scratch.store).unwrap();
    let claim = store.claim("one").unwrap();
    assert_eq!(
        scratch.messages(&store.notes()),
        ["STORE/journal/one.jsonl with 7 lines is gone and was forgotten; put it back to use it again"]
    );
    assert!(store.studies().unwrap().is_empty());
    store.append("one", &header("one")).unwrap();
    drop((claim, store));

    // Put back in place of the new, shorter one.
    fs::rename(scratch.file("mine.jsonl"), scratch.file("journal/one.jsonl")).unwrap();
    assert_whole(&SledStore::open(&scratch.store).unwrap());
}

#[test]
fn a_truncated_journal_is_noticed_and_the_rest_stays_usable() {
    let scratch = filled();
    let path = scratch.file("journal/one.jsonl");
    let whole = fs::read(&path).unwrap();
    let two_lines = whole.iter().enumerate().filter(|(_, byte)| **byte == b'\n').nth(1).unwrap().0 + 1;
    fs::write(&path, &whole[..two_lines]).unwrap();

    let expected = format!(
        "STORE/journal/one.jsonl is damaged at byte {two_lines}: it ends there, expected 7 lines in {} bytes: it was \
         truncated; `attune doctor --repair` keeps what can be read and moves the damaged file aside",
        whole.len()
    );
    let store = SledStore::open(&scratch.store).unwrap();
    assert_eq!(scratch.message(store.records("one").unwrap_err()), expected);
    let reader = ReadStore::open(&scratch.store).unwrap();
    assert_eq!(
        scratch.message(reader.records("one").unwrap_err()),
        expected,
        "who only reads sees it as well"
    );
    assert_eq!(scratch.message(store.claim("one").err().unwrap()), expected);
    assert_eq!(scratch.message(store.append("one", &trial(9)).unwrap_err()), expected);
    fill(&store, "another", 1);
    assert_cached(&store, TRIALS - 1).unwrap();
    drop(store);
    assert_eq!(scratch.messages_of_health(), [expected]);

    rebuild(&scratch.store).unwrap();
    let store = SledStore::open(&scratch.store).unwrap();
    assert_eq!(text(&store.records("one").unwrap()), text(&[header("one"), trial(0)]));
}

#[test]
fn a_truncated_cache_stops_the_store_until_it_is_repaired() {
    let scratch = filled();
    let path = scratch.file("cache.jsonl");
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() / 2 + 10]).unwrap();
    let error = SledStore::open(&scratch.store).err().unwrap();
    assert!(scratch.message(error).starts_with("STORE/cache.jsonl is damaged at byte"));

    let notes = scratch.messages(&rebuild(&scratch.store).unwrap());
    assert_eq!(notes[0], "STORE/db-v2 was moved aside to STORE/db-v2.damaged-1");
    assert!(
        notes[1].starts_with("STORE/cache.jsonl ended in a line that was never written completely"),
        "{notes:?}"
    );
    assert_cached(&SledStore::open(&scratch.store).unwrap(), 0).unwrap();
}

/// Files of the index, in name order.
fn index_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = vec![];
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files.extend(index_files(&path)) } else { files.push(path) }
    }
    files.sort();
    files
}

#[test]
fn a_damaged_index_never_panics_never_lies_and_is_rebuilt() {
    let original = filled();
    let mut refused = 0;
    for (number, file) in index_files(&original.file("db-v2")).iter().enumerate() {
        let name = file.strip_prefix(original.file("db-v2")).unwrap();
        let length = fs::metadata(file).unwrap().len() as usize;
        for round in 0..12 {
            let scratch = Scratch::copy_of(&original.store);
            let target = scratch.file("db-v2").join(name);
            let mut bytes = fs::read(&target).unwrap();
            match round {
                0 => bytes.clear(),
                1 => bytes.truncate(length / 2),
                2 => bytes.fill(0),
                3 => bytes.fill(0xff),
                // Most of the file is empty: damage the written beginning.
                _ => (0..8).for_each(|index| {
                    let at = (round * 7919 + number * 31 + index * 104_729) % length.clamp(1, 2048);
                    if at < length {
                        bytes[at] ^= 1 << (index % 8);
                    }
                }),
            }
            fs::write(&target, bytes).unwrap();

            match SledStore::open(&scratch.store) {
                Ok(store) => {
                    for number in 0..TRIALS {
                        if assert_cached(&store, number).is_err() {
                            refused += 1;
                        }
                    }
                }
                Err(error) => {
                    refused += 1;
                    assert!(
                        matches!(
                            error,
                            StoreError::Damaged { .. } | StoreError::Version { .. } | StoreError::Io { .. }
                        ),
                        "{error}"
                    );
                    assert!(error.to_string().contains("attune doctor --repair"), "{error}");
                }
            }
            rebuild(&scratch.store).unwrap();
            assert_whole(&SledStore::open(&scratch.store).unwrap());
            assert!(scratch.file("db-v2.damaged-1").exists(), "the old index is kept");
        }
    }
    assert!(refused > 0, "no damage was noticed at all");
}

impl Scratch {
    fn messages_of_health(&self) -> Vec<String> {
        health(&self.store).unwrap().problems.iter().map(|problem| self.message(problem)).collect()
    }
}
