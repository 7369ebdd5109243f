//! plan.json, there and back.

use attune_core::plan::{Edit, Plan};
use attune_export::{PlanExporter, ReadError, read_plan};
use attune_vocabulary::arrange;
use attune_vocabulary::edits::{AttentionSpan, KeepExperts, KvBits};
use proptest::option;
use proptest::prelude::*;

use crate::checkpoint::{Files, export, facts, keep};

fn text(plan: &Plan) -> String {
    export(&PlanExporter, plan, &Files::default()).unwrap().text("plan.json")
}

fn failure(text: &str) -> String {
    read_plan("plan.json", text).unwrap_err().to_string()
}

#[test]
fn the_form_is_the_one_that_scripts_read() {
    let plan = arrange([keep(1, &[1, 3]), keep(0, &[0, 2])]);
    let json: serde_json::Value = serde_json::from_str(&text(&plan)).unwrap();
    assert_eq!((&json["format"], &json["version"]), (&"attune-plan".into(), &1.into()));
    assert_eq!(json["plan"]["hash"], plan.hash().to_string());
    assert_eq!(
        json["plan"]["edits"],
        serde_json::json!([
            {"edit": "keep-experts", "layer": 0, "experts": [0, 2]},
            {"edit": "keep-experts", "layer": 1, "experts": [1, 3]},
        ])
    );
    assert_eq!(json["model"]["name"], "tiny");
    assert_eq!(json["model"]["fingerprint"], facts().fingerprint.to_string());
    assert_eq!(
        json["provenance"],
        serde_json::json!({
            "study": "half", "trial": 17, "technique": "expert-pruning 0.1.0", "seed": u64::MAX,
            "numerics": "f32 flex",
            "cost": {"memory": {"value": 2.0, "dense": 4.0, "unit": "bytes"}},
            "search": {"kl": 0.1},
            "report": {"kl": {"mean": 0.25, "low": 0.125, "high": null}},
        })
    );
}

#[test]
fn the_model_of_a_plan_file_is_written_as_ever() {
    let expected = format!(
        r#"  "model": {{
    "name": "tiny",
    "fingerprint": "{}",
    "family": "mixtral",
    "layers": 2,
    "hidden": 6,
    "heads": 2,
    "kv_heads": 1,
    "head_dim": 3,
    "experts": 4,
    "experts_per_token": 2,
    "parameters": 1000
  }},
"#,
        facts().fingerprint
    );
    let file = text(&Plan::empty());
    assert!(file.contains(&expected), "{file}");
}

#[test]
fn two_edits_for_one_place_are_refused() {
    let plan = arrange([keep(0, &[0]), keep(0, &[1])]);
    let error = export(&PlanExporter, &plan, &Files::default()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`--to plan` cannot express the edit keep-experts(experts:[0],layer:0): the plan also holds \
         keep-experts(experts:[1],layer:0), and both cannot be honoured"
    );
}

#[test]
fn a_file_of_another_kind_or_version_is_refused_before_its_content() {
    assert!(failure("{").contains("expected a plan as `attune export --to plan` writes it"));
    assert_eq!(
        failure(r#"{"vocab_size": 1}"#),
        "plan.json: `format` is missing, expected \"attune-plan\"; is this another file?"
    );
    assert_eq!(
        failure(r#"{"format": "attune-plan", "version": 2, "plan": "who knows"}"#),
        "plan.json: `version` is 2, and this attune reads version 1; export the plan again with this attune, \
         or use the one that wrote it"
    );
}

#[test]
fn a_wrong_edit_is_named_with_its_place() {
    let fingerprint = facts().fingerprint;
    let with = |edit: &str| {
        format!(
            r#"{{"format": "attune-plan", "version": 1, "plan": {{"edits": [{edit}]}},
                "model": {{"name": "tiny", "fingerprint": "{fingerprint}"}}}}"#
        )
    };
    assert_eq!(
        failure(&with(r#"{"edit": "keep-expert", "layer": 0}"#)),
        format!(
            "plan.json: plan.edits[0]: unknown edit `keep-expert`; did you mean `keep-experts`?; this attune \
             knows {}",
            attune_vocabulary::model().kinds().collect::<Vec<_>>().join(", ")
        )
    );
    assert_eq!(
        failure(&with("7")),
        "plan.json: plan.edits[0]: found 7, expected an object with the kind of the edit under `edit`"
    );
    assert_eq!(
        failure(&with(r#"{"edit": "keep-experts", "layer": null, "experts": []}"#)),
        "plan.json: plan.edits[0]: `layer` is null, expected true, false, a number, a text, or a list of \
         numbers"
    );
    let file = read_plan("plan.json", &with(r#"{"edit": "keep-experts", "layer": 0, "experts": [2]}"#));
    assert_eq!(file.unwrap().plan, arrange([keep(0, &[2])]), "the hash may be left out by hand");
}

#[test]
fn a_file_that_was_changed_by_hand_is_noticed() {
    let changed = text(&arrange([keep(0, &[0, 2])])).replace("\"layer\": 0", "\"layer\": 1");
    let error = read_plan("plan.json", &changed).unwrap_err();
    assert!(matches!(error, ReadError::Changed { .. }), "{error}");
    assert!(error.to_string().contains("remove `hash` to accept it"), "{error}");
}

fn edit() -> impl Strategy<Value = Edit> {
    let small = 0..64_u32;
    let real = -1e9..1e9_f64;
    let bits = || prop::sample::select(KvBits::LEVELS.to_vec());
    prop_oneof![
        (small.clone(), proptest::collection::vec(0..u32::MAX, 0..9))
            .prop_map(|(layer, experts)| Edit::from(KeepExperts { layer, experts })),
        (
            (small.clone(), bits(), bits(), small.clone(), small.clone(), small.clone()),
            (
                option::of(small.clone()),
                option::of(0.0..1.0),
                option::of(prop::sample::select(vec![2, 4, 8, 16]))
            )
        )
            .prop_map(
                |((layer, keys, values, group_size, sink, recent), (kv_head, smoothing, shrink_from))| {
                    Edit::from(KvBits {
                        layer,
                        kv_head,
                        keys,
                        values,
                        group_size,
                        sink,
                        recent,
                        smoothing,
                        shrink_from,
                        ..KvBits::default()
                    })
                }
            ),
        (small.clone(), small.clone(), small, real.clone(), prop_oneof![real, Just(2.0)]).prop_map(
            |(layer, kv_head, sink, alpha, beta)| Edit::from(AttentionSpan {
                layer,
                kv_head,
                sink,
                alpha,
                beta
            })
        ),
    ]
}

proptest! {
    #[test]
    fn every_plan_comes_back_as_it_was(edits in proptest::collection::vec(edit(), 0..12)) {
        let plan = arrange(edits);
        prop_assume!(attune_vocabulary::model().conflict(&plan).is_none());
        let file = read_plan("plan.json", &text(&plan)).unwrap();
        prop_assert_eq!(&file.plan, &plan);
        prop_assert_eq!(file.plan.hash(), plan.hash());
        prop_assert_eq!((file.model.as_str(), file.fingerprint), ("tiny", facts().fingerprint));
    }
}
