//! The built-in techniques and evaluators are the committed components, and each passes the check for authors.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use attune_core::evaluator::{EvaluatorFactory as _, OpenFault};
use attune_core::hash::ContentHash;
use attune_core::options::Settings;
use attune_core::technique::Technique as _;
use attune_plugins::{BUILTIN_EVALUATORS, BUILTIN_NAMES, ComponentEvaluator, check, check_scored_by};

use crate::models::{fixture, host};
use crate::opening::{first_task, open, task};

fn recorded(folder: &Path) -> BTreeMap<String, String> {
    let sums = fs::read_to_string(folder.join("SHA256SUMS")).unwrap();
    let pair = |line: &str| {
        let (hash, name) = line.split_once("  ").unwrap();
        (name.to_owned(), hash.to_owned())
    };
    sums.lines().map(pair).collect()
}

#[test]
fn embedded_committed_and_recorded_components_are_the_same() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("dist");
    let mut committed = BTreeMap::new();
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "wasm") {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            committed.insert(name, ContentHash::of(&fs::read(&path).unwrap()).to_string());
        }
    }
    let evaluators = BUILTIN_EVALUATORS.map(|name| {
        let fingerprint = ComponentEvaluator::builtin(name).unwrap().fingerprint();
        (format!("{name}-evaluator.wasm"), fingerprint.to_string())
    });
    let embedded: BTreeMap<String, String> = host()
        .builtins()
        .unwrap()
        .iter()
        .map(|technique| {
            (format!("{}.wasm", technique.info().name), technique.info().fingerprint.to_string())
        })
        .chain(evaluators)
        .collect();
    assert_eq!(embedded, committed);
    assert_eq!(recorded(&folder), committed);
}

#[test]
fn builtin_techniques_have_the_names_they_are_found_by() {
    for (technique, name) in host().builtins().unwrap().iter().zip(BUILTIN_NAMES) {
        assert_eq!(technique.info().name, name);
    }
    let unknown = host().builtin("expert-prunning").err().unwrap().to_string();
    assert!(unknown.contains("did you mean `expert-pruning`?"), "{unknown}");
    assert!(unknown.contains(&BUILTIN_NAMES.join(", ")), "{unknown}");
}

#[test]
fn builtin_techniques_pass_the_check_for_authors() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("dist");
    for name in BUILTIN_NAMES {
        let file = folder.join(format!("{name}.wasm"));
        // A technique of a system is tried on what the evaluator beside it says.
        let report = match BUILTIN_EVALUATORS.contains(&name) {
            false => check(host(), &file).unwrap(),
            true => {
                let factory = ComponentEvaluator::builtin(name).unwrap();
                let evaluator = open(&factory, &first_task(&factory, &Settings::new(), 4)).unwrap();
                let subjects = [evaluator.model().clone()];
                check_scored_by(host(), &file, &subjects, (name, &factory.spec().edits)).unwrap()
            }
        };
        assert!(report.passed(), "{name}: {:#?}", report.findings);
        assert!(report.findings.iter().any(|finding| finding.what == "lower"), "{name}: {report:?}");
    }
}

#[test]
fn builtin_evaluators_keep_every_promise() {
    for name in BUILTIN_EVALUATORS {
        let factory = ComponentEvaluator::builtin(name).unwrap();
        assert_eq!(factory.name(), name);
        for (number, kind) in factory.spec().tasks.iter().enumerate() {
            let evaluator = match open(&factory, &task(&factory, &kind.name, &Settings::new(), 4)) {
                Ok(evaluator) => evaluator,
                // The first one of each needs no file, as its profile promises.
                Err(refused) if number > 0 && !kind.data.is_empty() => {
                    assert!(
                        matches!(refused.about(), OpenFault::Split(_)),
                        "{name}, {}: {refused}",
                        kind.name
                    );
                    continue;
                }
                Err(refused) => panic!("{name}, {}: {refused}", kind.name),
            };
            attune_testkit::evaluator::Trial::new(&*evaluator).findings(&mut |finding| {
                let Err(problem) = finding.outcome else { return };
                panic!("{name}, {}: {}: {problem}", kind.name, finding.promise);
            });
        }
    }
}

#[test]
fn the_check_for_authors_names_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("none.wasm");
    let missing = check(host(), &path).err().unwrap().to_string();
    assert!(missing.contains("none.wasm"), "{missing}");
    // By default the fixture behaves.
    let report = check(host(), &fixture("misbehaving.wasm")).unwrap();
    assert!(report.passed(), "{:#?}", report.findings);
}
