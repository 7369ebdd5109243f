//! What a worker says of itself, and what it is told.

use attune_core::evaluator::{EvaluatorFactory as _, OpenFault, Split};
use attune_core::hash::ContentHash;
use attune_core::options::OptionValue;
use attune_core::plan::{Edit, Plan};
use attune_workers::WorkerError;
use tempfile::TempDir;

use crate::support::{bits, evaluator, load, start};

#[test]
fn what_it_says_of_itself_is_understood() {
    let factory = start(&[]).unwrap().called("mine");
    let spec = factory.spec();
    assert_eq!((spec.name.as_str(), spec.summary.as_str()), ("mine", "Scores plans by a formula."));
    assert_eq!(spec.options[0].default, OptionValue::Real(1.0), "1 is a real number where the option is one");
    assert!(!spec.tasks[0].options[0].advanced);
    assert_eq!(spec.edits.kinds().collect::<Vec<_>>(), ["drop-block", "bits", "kv-bits"]);
    let known = attune_vocabulary::model().schema("drop-block");
    assert_eq!(spec.edits.schema("drop-block"), known, "an edit that is named only is the host's own");
    assert_eq!(spec.edits.describe(&bits(3, 4)), ["layer 3 in 4 bits"]);
    assert_eq!(spec.edits.describe(&Plan::empty()), ["the whole subject"]);
    let description = factory.description();
    assert_eq!((description.version.as_str(), description.spec.signals.len()), ("1", 2));
}

#[test]
fn what_it_opened_is_understood_and_its_identity_is_in_the_cache_key() {
    let evaluator = evaluator(&[]);
    let (info, task, model) = (evaluator.info(), evaluator.task(), evaluator.model());
    assert_eq!((info.name.as_str(), info.device.as_str()), ("scripted", "paper"));
    assert_eq!(info.numerics, "scripted 1: exact");
    assert_eq!(task.items[&Split::OutOfDomain("other".to_owned())], 8);
    assert_eq!(task.fingerprints[&Split::Selection].to_string(), "a".repeat(64));
    assert_eq!(model.fingerprint.to_string(), "e".repeat(64));
    assert_eq!((model.name.as_str(), model.count("layers"), model.real("scale")), ("six layers", 6, 1.5));
    assert_eq!(model.values["sizes"], OptionValue::Ints(vec![1, 2, 3]));
}

#[test]
fn it_is_told_everything_that_a_profile_says_with_whole_paths() {
    let notes = TempDir::new().unwrap();
    let evaluator = evaluator(&["--notes", notes.path().to_str().unwrap()]);
    let told: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(notes.path().join("open")).unwrap()).unwrap();
    assert_eq!((&told["model"], &told["device"]), (&"six-layers".into(), &"auto".into()));
    assert_eq!((&told["options"]["scale"], &told["memory"]), (&1.0.into(), &(1 << 20).into()));
    let task = &told["task"];
    assert_eq!((&task["kind"], &task["options"]["phase"]), (&"formula".into(), &0.into()));
    assert_eq!(task["elsewhere"]["other"], "/studies/other.txt");
    let report = std::path::Path::new(task["report"].as_str().unwrap());
    assert!(report.is_absolute() && report.ends_with("report.txt"));
    drop(evaluator);
}

#[test]
fn plans_are_checked_by_the_worker_and_calibrated_ones_say_so() {
    let evaluator = evaluator(&[]);
    assert_eq!(evaluator.calibration(&bits(0, 4)), Some(ContentHash::from_bytes([0xdd; 32])));
    assert_eq!(evaluator.calibration(&bits(0, 2)), None);
    let beyond = Plan::from_canonical(vec![Edit::new("drop-block").int("layer", 9)]);
    let refused = evaluator.check(&beyond).unwrap_err().to_string();
    assert_eq!(
        refused,
        "the scripted evaluator cannot apply edit `drop-block(layer:9)`: there are six layers"
    );
}

#[test]
fn a_refusal_says_what_has_to_change() {
    let refused = load(&start(&["--fault", "refuses"]).unwrap()).err().unwrap();
    assert_eq!(*refused.about(), OpenFault::TaskOption("phase".to_owned()));
    assert!(refused.to_string().ends_with("cannot open the subject and the task: no such data"), "{refused}");
}

#[test]
fn a_program_that_is_not_there_is_named() {
    let command = attune_workers::WorkerCommand::new("attune-no-such-program").arg("x y");
    let failed = attune_workers::WorkerFactory::start(command, crate::support::limits()).err().unwrap();
    assert!(matches!(failed, WorkerError::Start { .. }));
    assert!(failed.to_string().starts_with(
        "cannot start the worker `attune-no-such-program \"x y\"`: there is no program `attune-no-such-program`"
    ));
}

#[test]
fn a_description_that_makes_no_sense_is_refused_with_its_reason() {
    let task = r#"{"name":"t","metrics":[{"name":"kl","direction":"minimise"}]}"#;
    let hello = |rest: &str| {
        format!(
            r#"{{"id":1,"result":{{"protocol":"attune-evaluator/1","name":"n","version":"1","tasks":[{task}],{rest}}}}}"#
        )
    };
    let cases = [
        (hello(r#""edits":[{"kind":"kv-bitz"}]"#), "edit `kv-bitz` comes without a summary"),
        (hello(r#""edits":[{"kind":"kv-bits"},{"kind":"kv-bits"}]"#), "it has two edits `kv-bits`"),
        (hello(r#""edits":[{"kind":"x","summary":"","place":{"group":"g"}}]"#), "its place names `g`"),
        (
            hello(
                r#""edits":[{"kind":"x","summary":"","arguments":[{"name":"n","kind":{"type":"int","min":2,"max":1}}]}]"#,
            ),
            "argument `n` can have no value",
        ),
        (hello(r#""edits":[],"idle-seconds":0"#), "its `idle-seconds` is 0"),
        (hello(r#""edits":[]"#).replace(task, ""), "it has no task"),
        (hello(r#""edits":[]"#).replace(r#""version":"1""#, r#""version":"""#), "its version is empty"),
        (hello(r#""edits":[]"#).replace(r#""name":"n","#, ""), "missing field `name`"),
    ];
    for (said, reason) in cases {
        let failed = start(&["--fault", "says-hello", "--with", &said]).err().unwrap().to_string();
        assert!(failed.contains(reason), "{failed}");
    }
}
