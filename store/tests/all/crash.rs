//! Processes that die or run out of disk while they write. This binary starts itself as the process.
#![cfg(unix)]

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use attune_core::store::{Store, StoreError};
use attune_store::{ReadStore, SledStore};

use crate::samples::{cached, header, key, long_trial, report, text, trial};
use crate::scratch::Scratch;

const STORE: &str = "ATTUNE_TEST_CRASH_STORE";
const KILLS: u64 = 25;
const LONG: usize = 100_000;

fn store_of_child() -> Option<PathBuf> {
    std::env::var_os(STORE).map(PathBuf::from)
}

fn child(test: &str, store: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--nocapture"]).env(STORE, store);
    command
}

/// Not a test but the process that gets killed: appends and remembers, and says so when each call returned.
#[test]
fn endless_writer() {
    let Some(path) = store_of_child() else { return };
    let store = SledStore::open(&path).unwrap();
    let _claim = store.claim("one").unwrap();
    let mut out = std::io::stdout();
    let done = store.records("one").unwrap().len() as u64;
    if done == 0 {
        store.append("one", &header("one")).unwrap();
    }
    for id in done.saturating_sub(1).. {
        store.remember(&key(id), &cached(id)).unwrap();
        writeln!(out, "\nremembered {id}").unwrap();
        store.append("one", &trial(id)).unwrap();
        writeln!(out, "\nappended {id}").unwrap();
        out.flush().unwrap();
    }
}

#[test]
fn nothing_acknowledged_is_lost_when_the_writer_is_killed() {
    let scratch = Scratch::new();
    let (mut appended, mut remembered) = (None, None);
    for kill in 0..KILLS {
        let mut writer = child("crash::endless_writer", &scratch.store)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(writer.stdout.take().unwrap()).lines();
        // From "before it has opened the store" to "in the middle of its work".
        let wanted = (kill * 7) % 11;
        let mut seen = 0;
        while seen < wanted {
            let Some(Ok(line)) = lines.next() else { break };
            seen += u64::from(note(&line, &mut appended, &mut remembered));
        }
        std::thread::sleep(Duration::from_micros((kill * 1913) % 20_000));
        writer.kill().unwrap();
        writer.wait().unwrap();
        lines.map_while(Result::ok).for_each(|line| {
            note(&line, &mut appended, &mut remembered);
        });

        if !scratch.store.join("FORMAT").exists() {
            continue;
        }
        let store = SledStore::open(&scratch.store).unwrap();
        let records = store.records("one").unwrap();
        let expected: Vec<_> =
            std::iter::once(header("one")).chain((0..).map(trial)).take(records.len()).collect();
        assert_eq!(text(&records), text(&expected), "kill {kill}");
        let acknowledged = appended.map_or(0, |id: u64| id as usize + 2);
        assert!(records.len() >= acknowledged, "kill {kill}: {} of {acknowledged} records", records.len());
        for id in 0..remembered.map_or(0, |id: u64| id + 1) {
            let found = store.cached(&key(id)).unwrap();
            assert_eq!(format!("{found:?}"), format!("{:?}", [cached(id)]), "kill {kill}");
        }
    }
    assert!(appended > Some(20), "the writer got nowhere: {appended:?}");

    // The end of a study that was killed again and again is the end of one that was not.
    let store = SledStore::open(&scratch.store).unwrap();
    let trials = store.records("one").unwrap().len() as u64 - 1;
    store.append("one", &report()).unwrap();
    let undisturbed = Scratch::new();
    let other = SledStore::open(&undisturbed.store).unwrap();
    other.append("one", &header("one")).unwrap();
    (0..trials).for_each(|id| other.append("one", &trial(id)).unwrap());
    other.append("one", &report()).unwrap();
    let journal = |scratch: &Scratch| std::fs::read(scratch.file("journal/one.jsonl")).unwrap();
    assert!(journal(&scratch) == journal(&undisturbed), "the journals differ");
}

fn note(line: &str, appended: &mut Option<u64>, remembered: &mut Option<u64>) -> bool {
    let number = |word: &str| line.strip_prefix(word).and_then(|id| id.parse().ok());
    if let Some(id) = number("remembered ") {
        *remembered = Some(id);
    }
    let id = number("appended ");
    *appended = id.or(*appended);
    id.is_some()
}

/// Not a test but the process whose files may not grow: writes until it fails, then goes on with less.
#[test]
fn writer_on_a_full_disk() {
    let Some(path) = store_of_child() else { return };
    let store = SledStore::open(&path).unwrap();
    let _claim = store.claim("one").unwrap();
    store.append("one", &header("one")).unwrap();
    let mut written = 0;
    let error = loop {
        match store.append("one", &long_trial(written, LONG)) {
            Ok(()) => written += 1,
            Err(error) => break error,
        }
        assert!(written < 1000, "the limit has no effect");
    };
    assert!(matches!(error, StoreError::Io { action: "write", .. }), "{error}");
    assert!(store.append("one", &long_trial(written, LONG)).is_err());
    assert_eq!(store.records("one").unwrap().len() as u64, written + 1);
    store.append("one", &trial(written)).unwrap();
    writeln!(std::io::stdout(), "\nwritten {written}").unwrap();
}

#[test]
fn a_full_disk_is_an_error_and_the_store_stays_whole() {
    let scratch = Scratch::new();
    let writer = child("crash::writer_on_a_full_disk", &scratch.store);
    // A limit on file sizes fails like a full disk does: in the middle of a write.
    let output = Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f 16384; exec \"$@\"", "sh"])
        .arg(writer.get_program())
        .args(writer.get_args())
        .env(STORE, &scratch.store)
        .output()
        .unwrap();
    let out = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{out}{}", String::from_utf8_lossy(&output.stderr));
    let written: u64 = out.lines().find_map(|line| line.strip_prefix("written ")?.parse().ok()).unwrap();

    let store = SledStore::open(&scratch.store).unwrap();
    assert_eq!(store.notes(), [], "nothing was left half written");
    let records = store.records("one").unwrap();
    assert_eq!(records.len() as u64, written + 2);
    assert_eq!(text(&records[records.len() - 1..]), text(&[trial(written)]));
    assert_eq!(ReadStore::open(&scratch.store).unwrap().records("one").unwrap().len(), records.len());
}
