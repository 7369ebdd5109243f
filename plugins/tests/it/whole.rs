//! What stands beside `attune:technique@0.1.0`: edits that an evaluator brings, operators with names, progress, facts of a target.

use std::collections::BTreeSet;

use attune_core::options::Settings;
use attune_core::plan::{Argument, ArgumentKind, EditSchema, Vocabulary};
use attune_core::space::{Config, Value};
use attune_core::technique::{FailureKind, Technique as _};
use attune_plugins::{WasmTechnique, check};

use crate::models::{dense, fixture, host, options};

/// Built once, when the contract as a whole was in version 0.2, and never again.
const FROZEN: &str = "technique-0.2.wasm";
/// The same of today.
const TODAY: &str = "page-cache.wasm";

fn load(name: &str) -> WasmTechnique {
    host().load_file(&fixture(name)).unwrap()
}

fn config(pages: i64, hits: i64) -> Config {
    Config::new(vec![vec![Value::Int(pages)], vec![Value::Int(hits)]])
}

/// What the evaluator of the example says of its edit.
fn brought() -> Vocabulary {
    let whole = |name: &str, max| Argument::new(name, ArgumentKind::Int { min: 1, max }, "");
    Vocabulary::new([EditSchema::new("cache-policy", "Divides the cache.", "")
        .with(whole("new", 63))
        .with(whole("hits", 4))
        .once_per(&[])])
}

#[test]
fn a_component_of_0_2_works_as_the_one_of_today() {
    for name in [FROZEN, TODAY] {
        let technique = load(name).scored_by("cache", &brought());
        let info = technique.info();
        let operators: Vec<(&str, usize)> =
            info.operators.iter().map(|operator| (operator.name.as_str(), operator.parents)).collect();
        assert_eq!(operators, [("resize", 1), ("patience", 1), ("between", 2)], "{name}");
        assert!(info.has_operators && info.operators.iter().all(|operator| operator.help.ends_with('.')));
        assert_eq!(info.target_facts.as_deref(), Some(&[][..]), "it says that it heeds no target");
        let plan = technique.lower(&dense(), &Settings::new(), &config(20, 2)).unwrap();
        assert_eq!(plan.canonical(), "cache-policy(hits:2,new:20)\n");
        // Its progress is heard by nobody here, and changes nothing.
        let baselines = technique.baselines(&dense(), &Settings::new(), &[]).unwrap();
        assert_eq!(
            baselines.iter().map(|found| &found.config).collect::<Vec<_>>(),
            [&config(32, 1), &config(8, 1)]
        );
    }
}

#[test]
fn an_edit_that_nobody_brings_is_refused_by_name_and_one_of_a_wrong_form_by_its_schema() {
    let lower = |technique: WasmTechnique| technique.lower(&dense(), &Settings::new(), &config(20, 2));
    let failure = lower(load(TODAY).scored_by("native", attune_vocabulary::model())).unwrap_err();
    let said = failure.to_string();
    assert!(
        said.contains("technique `page-cache` failed in `lower`: its plans have the edit `cache-policy`")
            && said.contains("evaluator `native` does not bring"),
        "{said}"
    );
    assert!(matches!(lower(load(TODAY)).unwrap_err().kind, FailureKind::UnknownEdit { .. }));
    let narrow = EditSchema::new("cache-policy", "", "").with(Argument::count("new", ""));
    let failure = lower(load(TODAY).scored_by("cache", &Vocabulary::new([narrow]))).unwrap_err();
    assert!(failure.to_string().contains("edit `cache-policy` has no argument `hits`"), "{failure}");
}

#[test]
fn a_check_says_which_edits_an_evaluator_has_to_bring_and_tries_every_operator() {
    let report = check(host(), &fixture(TODAY)).unwrap();
    assert!(report.passed(), "{:#?}", report.findings);
    let said = |what: &str| {
        let finding = report.findings.iter().find(|finding| finding.what == what).unwrap();
        finding.outcome.clone().unwrap()
    };
    let edit = said("edit cache-policy");
    assert!(
        edit.contains("an evaluator that brings its schema has to score it")
            && edit.contains("`hits` (a whole number), `new` (a whole number)"),
        "{edit}"
    );
    for operator in ["resize", "patience", "between"] {
        assert!(said(&format!("vary by {operator}")).contains("of 20 children differ"));
    }
    assert!(report.examples[0].plan[0].starts_with("cache-policy("), "{:?}", report.examples[0].plan);
    // Techniques whose edits attune has are told nothing of this.
    let ordinary = check(host(), &fixture("example.wasm")).unwrap();
    assert!(ordinary.findings.iter().all(|finding| !finding.what.starts_with("edit ")));
}

#[test]
fn an_operator_is_a_function_of_its_arguments_and_its_children_stay_in_the_space() {
    let technique = load(TODAY);
    let least = options(&[("least", attune_core::options::OptionValue::Int(12))]);
    let space = technique.space(&dense(), &least).unwrap();
    let parents = [config(14, 2), config(40, 1)];
    let parents: Vec<&Config> = parents.iter().collect();
    for operator in ["resize", "patience", "between"] {
        let child = |seed| technique.vary_by(&dense(), &least, operator, &parents, seed).unwrap();
        let children: Vec<Config> = (0..50).map(child).collect();
        children.iter().for_each(|child| space.check(child).unwrap());
        assert_eq!(children, (0..50).map(child).collect::<Vec<_>>());
        let different: BTreeSet<_> = children.iter().map(Config::hash).collect();
        assert!(different.len() > 2, "{operator} makes {} children", different.len());
    }
    let refusal = technique.vary_by(&dense(), &least, "teleport", &parents, 1).unwrap_err();
    assert_eq!(refusal.kind, FailureKind::Refused("it has no operator `teleport`".to_owned()));
    let lonely = technique.vary_by(&dense(), &least, "between", &parents[..1], 1).unwrap_err();
    assert_eq!(lonely.kind, FailureKind::Refused("there is one parent, and it goes between two".to_owned()));
}
