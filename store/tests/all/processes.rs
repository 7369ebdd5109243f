//! Several processes in one store, killed at random moments. This binary starts itself as the processes.
#![cfg(unix)]

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use attune_core::store::{Store, StoreError};
use attune_store::{ReadStore, SledStore, health};

use crate::samples::{cached, header, key, text, trial};
use crate::scratch::Scratch;

const STORE: &str = "ATTUNE_TEST_PROCESSES_STORE";
const STUDY: &str = "ATTUNE_TEST_PROCESSES_STUDY";
const STUDIES: [&str; 3] = ["a", "b", "c"];
const ROUNDS: u64 = 24;

fn child(test: &str, store: &Path, study: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--nocapture"]).env(STORE, store).env(STUDY, study);
    command.stdout(Stdio::piped()).stderr(Stdio::null());
    command
}

fn place() -> Option<(PathBuf, String)> {
    Some((std::env::var_os(STORE)?.into(), std::env::var(STUDY).ok()?))
}

/// Not a test but one of the processes: a study that evaluates what nobody has evaluated, and says what is kept.
#[test]
fn one_of_many() {
    let Some((path, study)) = place() else { return };
    let store = SledStore::open(&path).unwrap();
    let _claim = store.claim(&study).unwrap();
    let mut out = std::io::stdout();
    let done = store.records(&study).unwrap().len() as u64;
    if done == 0 {
        store.append(&study, &header(&study)).unwrap();
    }
    for id in done.saturating_sub(1).. {
        if store.cached(&key(id)).unwrap().is_empty() {
            store.remember(&key(id), &cached(id)).unwrap();
        }
        writeln!(out, "\nremembered {id}").unwrap();
        store.append(&study, &trial(id)).unwrap();
        writeln!(out, "\nappended {id}").unwrap();
        out.flush().unwrap();
    }
}

#[derive(Default)]
struct Acknowledged {
    appended: BTreeMap<&'static str, u64>,
    remembered: Option<u64>,
}

impl Acknowledged {
    fn hear(&mut self, study: &'static str, line: &str) {
        let number = |word: &str| line.strip_prefix(word).and_then(|id| id.parse().ok());
        if let Some(id) = number("remembered ") {
            self.remembered = self.remembered.max(Some(id));
        }
        if let Some(id) = number("appended ") {
            self.appended.insert(study, id);
        }
    }
}

fn kill(mut process: Child) -> impl Iterator<Item = String> {
    process.kill().unwrap();
    process.wait().unwrap();
    BufReader::new(process.stdout.take().unwrap()).lines().map_while(Result::ok)
}

#[test]
fn studies_of_several_processes_lose_nothing_and_evaluate_nothing_twice() {
    let scratch = Scratch::new();
    let mut acknowledged = Acknowledged::default();
    let mut running: BTreeMap<&'static str, Child> = BTreeMap::new();
    for round in 0..ROUNDS {
        for study in STUDIES {
            running
                .entry(study)
                .or_insert_with(|| child("processes::one_of_many", &scratch.store, study).spawn().unwrap());
        }
        std::thread::sleep(Duration::from_micros(20_000 + (round * 7919) % 60_000));
        // One at a time and now and then all at once.
        let victims = if round % 5 == 4 { STUDIES.to_vec() } else { vec![STUDIES[round as usize % 3]] };
        let killed: Vec<_> =
            victims.iter().filter_map(|study| Some((*study, running.remove(study)?))).collect();
        for (study, process) in killed {
            kill(process).for_each(|line| acknowledged.hear(study, &line));
        }
        if scratch.file("FORMAT").exists() {
            assert_eq!(health(&scratch.store).unwrap().problems, [""; 0], "round {round}");
        }
    }
    for (study, process) in running {
        kill(process).for_each(|line| acknowledged.hear(study, &line));
    }

    let store = SledStore::open(&scratch.store).unwrap();
    for study in STUDIES {
        let records = ReadStore::open(&scratch.store).unwrap().records(study).unwrap();
        let expected: Vec<_> =
            std::iter::once(header(study)).chain((0..).map(trial)).take(records.len()).collect();
        assert_eq!(text(&records), text(&expected));
        let appended = acknowledged.appended.get(study).map_or(0, |id| id + 2);
        assert!(records.len() as u64 >= appended, "{study}: {} of {appended} records", records.len());
        assert!(appended > 10, "{study} got nowhere");
        // Goes on where it was killed.
        store.append(study, &trial(records.len() as u64 - 1)).unwrap();
    }
    let remembered = acknowledged.remembered.unwrap();
    for id in 0..=remembered {
        let found = store.cached(&key(id)).unwrap();
        assert_eq!(format!("{found:?}"), format!("{:?}", [cached(id)]), "evaluation {id}");
    }
    let lines = std::fs::read_to_string(scratch.file("cache.jsonl")).unwrap().lines().count() as u64;
    assert!(lines <= remembered + 2, "{lines} evaluations of {} plans: some were made twice", remembered + 1);
}

/// Not a test but a process with a disk that fails: it must end with an error of its own.
#[test]
fn writer_on_a_failing_disk() {
    let Some((path, study)) = place() else { return };
    let mut out = std::io::stdout();
    let work = || -> Result<(), StoreError> {
        let store = SledStore::open(&path)?;
        let _claim = store.claim(&study)?;
        store.append(&study, &header(&study))?;
        for id in 0..8 {
            store.remember(&key(id), &cached(id))?;
            store.append(&study, &trial(id))?;
        }
        Ok(())
    };
    match work() {
        Ok(()) => writeln!(out, "\nended whole").unwrap(),
        Err(error) => writeln!(out, "\nended with: {error}").unwrap(),
    }
}

/// A library that lets every sync from the one of number `FAIL_AFTER` on fail as a broken disk does.
const FAILING: &str = r#"
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#define _GNU_SOURCE
static int syncs;
static int fails(void) { const char *n = getenv("FAIL_AFTER"); return n && ++syncs > atoi(n); }
int fsync(int f) { static int (*r)(int); if (!r) r = dlsym((void *)-1L, "fsync"); if (fails()) { errno = EIO; return -1; } return r(f); }
int fdatasync(int f) { static int (*r)(int); if (!r) r = dlsym((void *)-1L, "fdatasync"); if (fails()) { errno = EIO; return -1; } return r(f); }
"#;

#[test]
#[cfg(target_os = "linux")]
fn a_sync_that_fails_is_an_error_and_never_a_panic() {
    let folder = tempfile::tempdir().unwrap();
    let (source, library) = (folder.path().join("failing.c"), folder.path().join("failing.so"));
    std::fs::write(&source, FAILING).unwrap();
    let built =
        Command::new("cc").args(["-shared", "-fPIC", "-o"]).args([&library, &source]).arg("-ldl").status();
    if !built.is_ok_and(|status| status.success()) {
        eprintln!("skipped: there is no C compiler for a library that lets syncs fail");
        return;
    }
    let mut whole = 0;
    for fails in 0..40 {
        let scratch = Scratch::new();
        let mut writer = child("processes::writer_on_a_failing_disk", &scratch.store, "a");
        writer.env("LD_PRELOAD", &library).env("FAIL_AFTER", fails.to_string()).stderr(Stdio::piped());
        let output = writer.output().unwrap();
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        let end = out.lines().find_map(|line| line.strip_prefix("ended "));
        assert!(output.status.success() && !err.contains("panicked"), "{fails}: {out}{err}");
        match end {
            Some("whole") => whole += 1,
            Some(error) => assert!(error.contains("input/output error"), "{fails}: {error}"),
            None => panic!("{fails}: {out}{err}"),
        }
        // On a disk that works again, everything goes on.
        let store = SledStore::open(&scratch.store).unwrap();
        let done = store.records("a").unwrap().len() as u64;
        match done {
            0 => store.append("a", &header("a")).unwrap(),
            records => store.append("a", &trial(records - 1)).unwrap(),
        }
        store.remember(&key(20), &cached(20)).unwrap();
    }
    assert!(whole > 0, "no run was long enough for its syncs to last");
}
