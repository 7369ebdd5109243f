//! A technique that misbehaves is reported by name, call and kind, and takes nothing down.

use std::sync::{Arc, Mutex};

use attune_core::options::OptionValue;
use attune_core::technique::{FailureKind, Technique as _, TechniqueFailure};
use attune_plugins::{Host, LogLevel, WasmTechnique, limits};

use crate::models::{dense, fixture, host, indices, mixture, options};

fn misbehaving() -> WasmTechnique {
    host().load_file(&fixture("misbehaving.wasm")).unwrap()
}

fn how(way: &str) -> attune_core::options::Settings {
    options(&[("how", OptionValue::Text(way.into()))])
}

/// What `space` does when it is asked to misbehave; afterwards the same object must work.
fn space_failure(way: &str) -> TechniqueFailure {
    let technique = misbehaving();
    let failure = technique.space(&dense(), &how(way)).unwrap_err();
    assert_eq!((failure.technique.as_str(), failure.call.as_str()), ("misbehaving", "space"));
    assert_eq!(technique.space(&dense(), &how("not")).unwrap().dimensions()[0].name, "letter");
    failure
}

#[test]
fn a_loop_ends_with_its_fuel_every_time() {
    let failure = space_failure("loop");
    assert_eq!(failure.kind, FailureKind::OutOfFuel { fuel: limits::Limits::COMPILED.fuel });
    assert_eq!(
        failure.to_string(),
        "technique `misbehaving` failed in `space`: it did not finish within its fuel of 1000000000 \
         instructions; it probably loops"
    );
}

#[test]
fn allocating_without_end_stops_at_the_memory_limit() {
    let failure = space_failure("allocate");
    assert_eq!(failure.kind, FailureKind::OutOfMemory { mebibytes: 64 });
}

#[test]
fn a_panic_is_a_trap_with_the_words_of_the_panic() {
    let FailureKind::Trapped(words) = space_failure("panic").kind else { panic!("not a trap") };
    assert!(words.contains("no model of 4 layers today"), "{words}");
    assert!(words.contains("misbehaving/src/lib.rs"), "{words}");
}

#[test]
fn deep_recursion_ends_at_the_stack_limit() {
    assert_eq!(space_failure("recurse").kind, FailureKind::StackOverflow { kibibytes: 512 });
}

#[test]
fn huge_output_is_not_taken() {
    assert_eq!(
        space_failure("huge-output").kind,
        FailureKind::OutputTooLarge { limit: limits::OUTPUT_BYTES }
    );
}

#[test]
fn endless_logging_is_stopped() {
    let FailureKind::Trapped(words) = space_failure("chatter").kind else { panic!("not a trap") };
    assert_eq!(words, "it logged more than 65536 bytes in one call");
}

#[test]
fn empty_lines_count_too() {
    let FailureKind::Trapped(words) = space_failure("flood").kind else { panic!("not a trap") };
    assert_eq!(words, "it logged more than 65536 bytes in one call");
}

#[test]
fn long_refusals_are_cut_and_keep_their_beginning() {
    let FailureKind::Refused(words) = space_failure("inject").kind else { panic!("not a refusal") };
    assert!(words.len() < 3_000 && words.contains("more characters"), "{}", words.len());
    assert!(words.starts_with("\x1b[2J"), "what it said is kept as it is; who shows it escapes it");
}

#[test]
fn names_that_cannot_be_seen_or_are_taken_are_refused() {
    let FailureKind::BadOutput(words) = space_failure("bad-name").kind else { panic!("not refused") };
    assert!(words.starts_with("a dimension is named `\\u{1b}[2J"), "{words}");
    let taken = misbehaving().baselines(&dense(), &how("taken-name"), &[]).unwrap_err();
    assert!(taken.to_string().contains("named `random-best`, which is a row of every result"), "{taken}");
}

#[test]
fn what_repeats_over_calls_is_counted() {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&lines);
    let host = Host::with_log(move |line| sink.lock().unwrap().push(line.clone())).unwrap();
    let technique = host.load_file(&fixture("misbehaving.wasm")).unwrap();
    for _ in 0..25 {
        technique.lower(&mixture(), &how("warn"), &indices(&[0; 4])).unwrap();
    }
    drop(technique);
    let lines: Vec<String> = lines.lock().unwrap().iter().map(|line| line.message.clone()).collect();
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert!(lines[0].starts_with("\\u{1b}[2J") && lines[0].ends_with("mind the gap"), "{lines:?}");
    assert!(lines[2].starts_with("… 24 more like this"), "{lines:?}");
}

#[test]
fn spaces_without_meaning_are_refused() {
    let problem = |way| match space_failure(way).kind {
        FailureKind::BadOutput(problem) => problem,
        other => panic!("{other:?}"),
    };
    assert_eq!(problem("bad-space"), "dimension `letter`: its levels do not ascend: 2 comes before 1");
    assert!(problem("huge-space").contains("more than 1048576 numbers"));
    assert!(problem("unknown-domain").contains("the domain `graph`, which this attune does not know"));
}

#[test]
fn plans_without_meaning_are_refused() {
    let technique = misbehaving();
    let lower = |way| technique.lower(&mixture(), &how(way), &indices(&[0; 4]));
    assert_eq!(lower("not").unwrap().edits().len(), 1);
    for (way, expected) in [
        ("unknown-edit", "unknown edit `teleport`"),
        ("lacking-edit", "edit `keep-experts` lacks the argument `experts`"),
        ("undeclared-edit", "is of a kind that it does not declare (keep-experts, teleport)"),
        ("bad-edit", "touches layer 4, but model `mixture` has layers 0 to 3"),
        ("two-edits", "contradict each other"),
    ] {
        let failure = lower(way).unwrap_err();
        let FailureKind::BadOutput(problem) = &failure.kind else { panic!("{failure}") };
        assert!(problem.contains(expected), "{way}: {problem}");
        assert_eq!(failure.call, "lower");
    }
}

#[test]
fn costs_baselines_and_children_without_meaning_are_refused() {
    let technique = misbehaving();
    let config = indices(&[0; 4]);
    let cost = technique.cost(&dense(), &how("nan-cost"), &config).unwrap_err();
    assert!(cost.to_string().contains("the cost in `memory` is NaN bytes"), "{cost}");
    let baseline = technique.baselines(&dense(), &how("bad-baseline"), &[]).unwrap_err();
    assert!(baseline.to_string().contains("baseline `default`: dimension `letter`, layer 0"), "{baseline}");
    let child = technique.vary(&dense(), &how("bad-child"), &[&config], 1).unwrap_err();
    assert!(child.to_string().contains("the config has 1 cells in `letter`, expected 4"), "{child}");
    assert_eq!(technique.vary(&dense(), &how("not"), &[&config], 1).unwrap(), config);
}

#[test]
fn options_are_checked_before_the_technique_sees_them() {
    let failure = misbehaving().space(&dense(), &how("sing")).unwrap_err();
    let FailureKind::Refused(words) = failure.kind else { panic!("{failure}") };
    assert!(
        words.starts_with("option `how` of technique `misbehaving` is \"sing\", expected one of"),
        "{words}"
    );
}

#[test]
fn what_a_technique_logs_reaches_the_host_with_its_name() {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&lines);
    let host = Host::with_log(move |line| sink.lock().unwrap().push(line.clone())).unwrap();
    let technique = host.load_file(&fixture("misbehaving.wasm")).unwrap();
    technique.space(&dense(), &how("panic")).unwrap_err();
    let lines = lines.lock().unwrap();
    assert_eq!(lines.len(), 1);
    assert_eq!((lines[0].technique.as_str(), lines[0].level), ("misbehaving", LogLevel::Error));
}

#[test]
fn calls_on_many_threads_do_not_disturb_each_other() {
    let technique = misbehaving();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let technique = &technique;
            scope.spawn(move || {
                for _ in 0..10 {
                    let way = if thread % 2 == 0 { "panic" } else { "not" };
                    assert_eq!(technique.space(&dense(), &how(way)).is_ok(), thread % 2 == 1);
                }
            });
        }
    });
}
