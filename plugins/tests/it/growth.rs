//! A component that was built when 0.1 was new keeps working, and the vocabulary grows around it.

use attune_core::options::Settings;
use attune_core::technique::Technique as _;
use attune_plugins::check;
use attune_vocabulary::ModelEdit as _;
use attune_vocabulary::edits::AttentionSpan;

use crate::models::{dense, fixture, host, indices};

/// Built once, against 0.1 as it was first released, and never again.
const OLD: &str = "technique-0.1.wasm";

#[test]
fn a_component_built_against_the_first_release_still_works() {
    let technique = host().load_file(&fixture(OLD)).unwrap();
    let info = technique.info();
    assert_eq!(
        (info.name.as_str(), info.edits.as_slice()),
        ("local-heads", ["attention-span".to_owned()].as_slice())
    );
    // 4 layers × 2 KV heads; head 1 of layer 0 is local.
    let plan = technique.lower(&dense(), &Settings::new(), &indices(&[0, 1, 0, 0, 0, 0, 0, 0])).unwrap();
    let [edit] = plan.edits() else { panic!("{plan:?}") };
    let span = AttentionSpan::of(edit).unwrap();
    assert_eq!((span.layer, span.kv_head, span.sink, span.alpha, span.beta), (0, 1, 4, 64.0, 0.0));
    // It was built before techniques could estimate damages.
    assert_eq!(technique.damage_signals(&dense(), &Settings::new()), Ok(None));
    assert_eq!(technique.sensitivities(&dense(), &Settings::new(), &[]), Ok(None));
    let report = check(host(), &fixture(OLD)).unwrap();
    assert!(report.passed(), "{:#?}", report.findings);
}

#[test]
fn a_component_of_today_without_an_estimate_says_so() {
    let technique = host().load_file(&fixture("example.wasm")).unwrap();
    assert_eq!(technique.damage_signals(&dense(), &Settings::new()), Ok(None));
    let refusal = technique.sensitivities(&dense(), &Settings::new(), &[]).unwrap_err();
    assert!(refusal.to_string().contains("this technique makes no estimate of damages"), "{refusal}");
}

#[test]
fn the_example_of_the_readme_is_the_example_that_is_built() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = std::fs::read_to_string(folder.join("README.md")).unwrap();
    let example = std::fs::read_to_string(folder.join("guests/example/src/lib.rs")).unwrap();
    assert!(readme.contains(&example), "README.md does not show guests/example/src/lib.rs as it is");
    let report = check(host(), &fixture("example.wasm")).unwrap();
    assert!(report.passed(), "{:#?}", report.findings);
}
