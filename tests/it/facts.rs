//! What the evaluator says of models is recorded, so that workers in other languages can say the same.

use std::collections::BTreeMap;
use std::path::Path;

use attune_core::hash::ContentHash;
use attune_core::options::OptionValue;
use attune_eval::model::DecoderOutline;
use serde_json::Value;

use crate::families::{cases, write};
use crate::support::root;

/// The recorded facts; written anew with `ATTUNE_REWRITE_FACTS=1`.
const RECORDED: &str = "tests/golden/facts.json";

fn json(value: &OptionValue) -> Value {
    match value {
        OptionValue::Bool(value) => (*value).into(),
        OptionValue::Int(value) => (*value).into(),
        OptionValue::Real(value) => (*value).into(),
        OptionValue::Text(value) => value.clone().into(),
        OptionValue::Ints(values) => values.clone().into(),
        OptionValue::Reals(values) => values.clone().into(),
        OptionValue::Counts(_) => panic!("no fact is a count of counts"),
    }
}

fn facts(folder: &Path) -> Value {
    let facts = DecoderOutline::open(folder).unwrap().facts(ContentHash::of(b""));
    facts.values.iter().map(|(name, value)| (name.clone(), json(value))).collect()
}

fn found() -> BTreeMap<String, Value> {
    let of = |case: &Value| {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &case["config"]);
        (case["name"].as_str().unwrap().to_owned(), facts(folder.path()))
    };
    let mut found: BTreeMap<String, Value> = cases().iter().map(of).collect();
    found.insert("tiny-moe".to_owned(), facts(&root().join("models/tiny-moe")));
    for packed in ["gpt-oss-mxfp4", "llama-awq", "llama-fp8", "llama-gptq"] {
        found.insert(packed.to_owned(), facts(&root().join("tests/golden/packed").join(packed)));
    }
    found
}

#[test]
fn facts_of_every_family_are_the_recorded_ones() {
    let (file, found) = (root().join(RECORDED), found());
    if std::env::var_os("ATTUNE_REWRITE_FACTS").is_some() {
        let lines: Vec<String> = found.iter().map(|(name, facts)| format!("\"{name}\": {facts}")).collect();
        std::fs::write(&file, format!("{{\n{}\n}}\n", lines.join(",\n"))).unwrap();
    }
    let recorded: BTreeMap<String, Value> = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    for (name, facts) in &found {
        assert_eq!(Some(facts), recorded.get(name), "{name}: see {RECORDED}");
    }
    assert_eq!(found.len(), recorded.len());
}
