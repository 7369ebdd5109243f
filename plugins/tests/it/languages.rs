//! The same technique in Rust, Python and JavaScript is the same technique.
//!
//! Components of Python and JavaScript are too large for this repository, so `.ci/languages` builds them and says where they are; elsewhere
//! these tests say that they are skipped.

use std::path::PathBuf;

use attune_core::options::{OptionValue, Settings};
use attune_core::rng;
use attune_core::space::Config;
use attune_core::technique::{FailureKind, Technique as _};
use attune_plugins::{WasmTechnique, check};

use crate::models::{dense, fixture, host, mixture, options, some_layers};

/// The folder with what `.ci/languages` built.
const FOLDER: &str = "ATTUNE_GUESTS";
/// Components that have to be as the example in Rust.
const OTHERS: [&str; 2] = ["local-heads-python.wasm", "local-heads-js.wasm"];
/// Configs that are drawn from each space.
const DRAWS: u64 = 12;

/// The components in other languages; `None`, and a word about it, where nobody built them.
fn others() -> Option<Vec<PathBuf>> {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else {
        println!(
            "skipped: {FOLDER} names no folder with components of other languages (.ci/languages builds them)"
        );
        return None;
    };
    Some(OTHERS.map(|name| folder.join(name)).to_vec())
}

fn settings() -> [Settings; 3] {
    [
        Settings::new(),
        options(&[("window", OptionValue::Int(7)), ("local", OptionValue::Real(0.3))]),
        options(&[("window", OptionValue::Int(1_048_576)), ("local", OptionValue::Real(1.0))]),
    ]
}

/// Everything that two techniques say about a model and options is equal.
fn assert_equal(one: &WasmTechnique, other: &WasmTechnique) {
    for (model, options) in [dense(), mixture(), some_layers()]
        .iter()
        .flat_map(|model| settings().map(|options| (model.clone(), options)))
    {
        let space = one.space(&model, &options).unwrap();
        assert_eq!(other.space(&model, &options).unwrap().fingerprint(), space.fingerprint());
        assert_eq!(format!("{:?}", other.space(&model, &options).unwrap()), format!("{space:?}"));
        let drawn = (0..DRAWS).map(|draw| space.sample(&mut rng::derive(5, "languages", &[draw])).unwrap());
        let found = one.baselines(&model, &options, &[]).unwrap();
        assert_eq!(format!("{:?}", other.baselines(&model, &options, &[]).unwrap()), format!("{found:?}"));
        let configs: Vec<Config> = drawn.chain(found.into_iter().map(|baseline| baseline.config)).collect();
        for config in &configs {
            let plan = one.lower(&model, &options, config).unwrap();
            assert_eq!(other.lower(&model, &options, config).unwrap(), plan);
            let costs = one.cost(&model, &options, config).unwrap();
            assert_eq!(other.cost(&model, &options, config).unwrap(), costs);
        }
    }
}

#[test]
fn the_example_says_the_same_in_every_language() {
    let Some(others) = others() else { return };
    let rust = host().load_file(&fixture("example.wasm")).unwrap();
    for file in others {
        let other = host().load_file(&file).unwrap();
        let (expected, found) = (rust.info(), other.info());
        let described = |info: &attune_core::technique::TechniqueInfo| {
            format!(
                "{:?}",
                (
                    &info.name,
                    &info.version,
                    &info.summary,
                    &info.options,
                    &info.signals,
                    &info.edits,
                    info.has_operators
                )
            )
        };
        assert_eq!(described(found), described(expected), "{}", file.display());
        assert_equal(&rust, &other);
        let report = check(host(), &file).unwrap();
        assert!(report.passed(), "{}: {:#?}", file.display(), report.findings);
    }
}

#[test]
fn what_a_technique_of_another_language_refuses_is_a_sentence_and_a_bug_is_not() {
    let Some(others) = others() else { return };
    for file in others {
        let technique = host().load_file(&file).unwrap();
        let nothing = Config::new(Vec::new());
        let refusal = technique.vary(&dense(), &Settings::new(), &[&nothing], 1).unwrap_err();
        assert!(matches!(refusal.kind, FailureKind::Refused(_)), "{refusal}");
        assert!(refusal.to_string().contains("this technique has no operators of its own"), "{refusal}");
        // No host calls it so; its first dimension is not there.
        let bug = technique.lower(&dense(), &Settings::new(), &nothing).unwrap_err();
        assert!(matches!(bug.kind, FailureKind::Trapped(_)), "{bug}");
        let source = if file.to_string_lossy().contains("python") { "technique.py" } else { "technique.js" };
        assert!(bug.to_string().contains(source), "{bug}");
    }
}
