//! Hostile techniques in Python and JavaScript are contained as those in Rust are.
//!
//! `.ci/languages` builds them (`plugins/guests-hostile`) and says where they are; elsewhere these tests say that they are skipped.

use std::path::PathBuf;
use std::sync::{Arc, LazyLock, Mutex};

use attune_core::options::{OptionValue, Settings};
use attune_core::space::Config;
use attune_core::technique::{FailureKind, Technique as _};
use attune_plugins::limits::{self, Limits};
use attune_plugins::{Host, LogLevel, WasmTechnique, check};

use crate::models::{dense, host, indices, options};

/// The folder with what `.ci/languages` built.
const FOLDER: &str = "ATTUNE_GUESTS";

/// The hostile techniques in Python and JavaScript. It takes a while to compile them, which is done once.
static HOSTILE: LazyLock<Option<[WasmTechnique; 2]>> = LazyLock::new(|| {
    let load = |language| host().load_file(&file(language)?).ok();
    Some([load("python")?, load("js")?])
});

/// Where a hostile technique lies; `None`, and a word about it, where nobody built it.
fn file(language: &str) -> Option<PathBuf> {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else {
        println!(
            "skipped: {FOLDER} names no folder with hostile components (plugins/guests-hostile/README.md)"
        );
        return None;
    };
    let file = folder.join(format!("misbehaving-{language}.wasm"));
    assert!(file.exists(), "{FOLDER} has no {}", file.display());
    Some(file)
}

fn how(way: &str) -> Settings {
    options(&[("how", OptionValue::Text(way.into()))])
}

/// What `space` does when it is asked to misbehave; afterwards the same object must work.
fn failure(technique: &WasmTechnique, way: &str) -> FailureKind {
    let failure = technique.space(&dense(), &how(way)).unwrap_err();
    assert_eq!((failure.technique.as_str(), failure.call.as_str()), ("misbehaving", "space"));
    assert_eq!(technique.space(&dense(), &how("not")).unwrap().dimensions()[0].name, "letter");
    failure.kind
}

fn words(kind: FailureKind) -> String {
    match kind {
        FailureKind::Trapped(words) | FailureKind::Refused(words) | FailureKind::BadOutput(words) => words,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_a_runtime_takes_without_end_is_stopped_by_the_limits_of_runtimes() {
    let Some(techniques) = &*HOSTILE else { return };
    for technique in techniques {
        assert_eq!(technique.limits(), &Limits::RUNTIME);
        for (way, expected) in [
            ("loop", FailureKind::OutOfFuel { fuel: Limits::RUNTIME.fuel }),
            ("allocate", FailureKind::OutOfMemory { mebibytes: 256 }),
            ("recurse", FailureKind::StackOverflow { kibibytes: 1024 }),
            ("huge-output", FailureKind::OutputTooLarge { limit: limits::OUTPUT_BYTES }),
        ] {
            assert_eq!(failure(technique, way), expected, "{way}");
        }
        for way in ["chatter", "flood"] {
            assert_eq!(
                words(failure(technique, way)),
                "it logged more than 65536 bytes in one call",
                "{way}"
            );
        }
    }
}

#[test]
fn errors_of_a_language_are_traps_in_its_words() {
    let Some([python, javascript]) = &*HOSTILE else { return };
    for (technique, way, expected) in [
        (python, "panic", "ValueError: no model of 4 layers today"),
        (python, "wrong-type", "'int' object has no attribute"),
        (python, "bad-text", "surrogates not allowed"),
        (javascript, "panic", "no model of 4 layers today"),
        (javascript, "wrong-type", "expected object"),
        (javascript, "bad-text", "expected string"),
    ] {
        let kind = failure(technique, way);
        assert!(matches!(kind, FailureKind::Trapped(_)), "{way}: {kind:?}");
        let words = words(kind);
        assert!(words.contains(expected) && !words.contains("RUST_BACKTRACE"), "{way}: {words}");
    }
}

#[test]
fn what_has_no_meaning_is_refused_in_every_language() {
    let Some(techniques) = &*HOSTILE else { return };
    for technique in techniques {
        assert!(words(failure(technique, "bad-space")).contains("its levels do not ascend"));
        assert!(words(failure(technique, "huge-space")).contains("more than 1048576 numbers"));
        let config = indices(&[0; 4]);
        let cost = technique.cost(&dense(), &how("nan-cost"), &config).unwrap_err();
        assert!(cost.to_string().contains("the cost in `memory` is NaN bytes"), "{cost}");
        let child = technique.vary(&dense(), &how("bad-child"), &[&config], 1).unwrap_err();
        assert!(child.to_string().contains("the config has 1 cells in `letter`, expected 4"), "{child}");
    }
}

#[test]
fn there_is_no_file_network_process_environment_or_time() {
    let Some([python, javascript]) = &*HOSTILE else { return };
    for (way, expected) in [
        ("read", "FileNotFoundError"),
        ("connect", "Error: "),
        ("exit", "it ended itself with exit status"),
        ("print", "it logged more than 65536 bytes in one call"),
        ("write", "it called WASI more than 65536 times in one call"),
    ] {
        let words = words(failure(python, way));
        assert!(words.contains(expected), "{way}: {words}");
    }
    assert!(words(failure(javascript, "print")).contains("console is not defined"));
    // After a sleep of a thousand seconds: the time, what passed, the environment, the arguments.
    let seen = words(failure(python, "look"));
    assert!(seen.starts_with("[946684800.0, 0.0, {}, [], '"), "{seen}");
    let seen = words(failure(javascript, "look"));
    assert!(
        seen.starts_with("[946684800000,0.") && seen.ends_with("\"undefined\",\"undefined\",\"undefined\"]"),
        "{seen}"
    );
    for (technique, way) in [(python, "look"), (javascript, "look")] {
        assert_eq!(failure(technique, way), failure(technique, way), "random numbers are those of the call");
    }
}

#[test]
fn random_numbers_of_the_system_follow_from_the_seed_of_the_call() {
    let Some([python, javascript]) = &*HOSTILE else { return };
    let parent = indices(&[0; 4]);
    let child = |technique: &WasmTechnique, seed| -> Config {
        technique.vary(&dense(), &how("not"), &[&parent], seed).unwrap()
    };
    let children: Vec<Config> = (0..16).map(|seed| child(python, seed)).collect();
    assert!(children.iter().any(|other| *other != children[0]));
    assert_eq!((0..16).map(|seed| child(python, seed)).collect::<Vec<_>>(), children);
    // An engine that was seeded before its memory was taken down knows no other seed.
    assert_eq!(child(javascript, 1), child(javascript, 2));
}

#[test]
fn whoever_waits_for_a_runtime_to_compile_is_told_and_its_prints_are_logged() {
    let Some(file) = file("python") else { return };
    let lines = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&lines);
    // Bytes that no other test compiles: with a custom section at their end.
    let mut bytes = std::fs::read(file).unwrap();
    bytes.extend([0, 2, 1, b'x']);
    let host = Host::with_log(move |line| sink.lock().unwrap().push(line.clone())).unwrap();
    let technique = host.load("new.wasm", &bytes).unwrap();
    technique.space(&dense(), &how("panic")).unwrap_err();
    let lines = lines.lock().unwrap();
    assert!(lines[0].message.starts_with("compiling 18."), "{lines:?}");
    let said = lines.iter().find(|line| line.message.starts_with("ValueError")).unwrap();
    assert_eq!((said.technique.as_str(), said.level), ("misbehaving", LogLevel::Warn));
}

#[test]
fn a_check_finds_nothing_wrong_with_them_while_they_behave() {
    for language in ["python", "js"] {
        let Some(file) = file(language) else { return };
        let check = check(host(), &file).unwrap();
        let wrong: Vec<_> = check.findings.iter().filter(|finding| finding.outcome.is_err()).collect();
        assert!(wrong.is_empty(), "{language}: {wrong:?}");
        assert_eq!(check.limits, &Limits::RUNTIME);
        assert!(check.spent["space"].memory > 1 << 20);
    }
}
