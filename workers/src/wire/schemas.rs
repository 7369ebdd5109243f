//! `docs/evaluator-protocol` has the JSON Schemas of these types. `ATTUNE_REWRITE_DOCS=1` writes them anew.

use std::collections::BTreeMap;
use std::path::Path;

use schemars::{Schema, schema_for};
use serde_json::Value;

use super::{
    BoundsResult, CheckResult, ChoicesResult, EvaluateResult, Hello, HostLine, LoadResult, OpenResult,
    OutputsResult, SignalResult, WorkerLine,
};

fn schemas() -> [(&'static str, Schema); 11] {
    [
        ("host-line", schema_for!(HostLine)),
        ("worker-line", schema_for!(WorkerLine)),
        ("hello-result", schema_for!(Hello)),
        ("open-result", schema_for!(OpenResult)),
        ("load-result", schema_for!(LoadResult)),
        ("check-result", schema_for!(CheckResult)),
        ("evaluate-result", schema_for!(EvaluateResult)),
        ("signal-result", schema_for!(SignalResult)),
        ("outputs-result", schema_for!(OutputsResult)),
        ("choices-result", schema_for!(ChoicesResult)),
        ("bounds-result", schema_for!(BoundsResult)),
    ]
}

/// With keys in alphabetical order, whichever order this build of serde_json keeps.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(object) => {
            let sorted: BTreeMap<String, Value> =
                object.into_iter().map(|(key, value)| (key, sorted(value))).collect();
            Value::Object(sorted.into_iter().collect())
        }
        Value::Array(values) => Value::Array(values.into_iter().map(sorted).collect()),
        other => other,
    }
}

#[test]
fn the_committed_schemas_are_those_of_the_types() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/evaluator-protocol");
    let mut others = Vec::new();
    for (name, schema) in schemas() {
        let path = folder.join(format!("{name}.schema.json"));
        let expected = serde_json::to_string_pretty(&sorted(schema.to_value())).unwrap() + "\n";
        if std::env::var_os("ATTUNE_REWRITE_DOCS").is_some() {
            std::fs::write(&path, &expected).unwrap();
        }
        if std::fs::read_to_string(&path).unwrap_or_default() != expected {
            others.push(path);
        }
    }
    assert!(others.is_empty(), "run this test with ATTUNE_REWRITE_DOCS=1 and look at {others:?}");
}
