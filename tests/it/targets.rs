//! A study names the engine that is to load its result: it searches for nothing else, and says so before it starts.

use serde_json::Value;

use crate::support::{Place, refused, root, stderr, stdout};

/// A study of bits on the committed mixture, for a target or for none.
fn bits(place: &Place, options: &str, target: &str) -> String {
    let profile = place.small_profile(&[
        ("expert-pruning", "weight-bits"),
        ("{\"keep\": 4}", &format!("{{\"average\": 5.0{options}}}")),
        ("    task: (", &format!("    {target}\n    task: (")),
        ("trials: 24", "trials: 6"),
    ]);
    profile.display().to_string()
}

fn pruning(place: &Place, options: &str, target: &str) -> String {
    let target = format!("    target: \"{target}\",\n    task: (");
    let profile = place.small_profile(&[
        ("{\"keep\": 4}", options),
        ("    task: (", &target),
        ("trials: 24", "trials: 6"),
    ]);
    profile.display().to_string()
}

#[test]
fn targets_are_listed_shown_and_slips_are_named() {
    let place = Place::new();
    let list = stdout(&place.attune(&["target", "list"]));
    for said in ["plan", "hf", "mlx", "weight-bits", "every edit"] {
        assert!(list.contains(said), "{list}");
    }
    let json: Value =
        serde_json::from_str(&stdout(&place.attune(&["target", "show", "mlx", "--json"]))).unwrap();
    assert_eq!(json["edits"][0]["bits"], serde_json::json!([2, 3, 4, 5, 6, 8]));
    assert_eq!(json["edits"][0]["together"][0], "the experts of a layer");
    let all: Value = serde_json::from_str(&stdout(&place.attune(&["target", "list", "--json"]))).unwrap();
    assert_eq!(all["targets"][2], json);
    let shown = stdout(&place.attune(&["target", "show", "hf"]));
    assert!(shown.contains("no per-layer format of the KV cache"), "{shown}");
    refused(&place.attune(&["target", "show", "mlxx"]), 2, &["unknown target `mlxx`; did you mean `mlx`?"]);
}

#[test]
fn a_target_that_there_is_none_of_is_refused_at_its_place() {
    let place = Place::new();
    let profile = bits(&place, "", "target: \"ml\",");
    let words =
        ["small.ron:6:5: target is \"ml\", expected \"plan\" or \"hf\" or \"mlx\"", "; did you mean `mlx`?"];
    refused(&place.attune(&["run", &profile]), 2, &words);
    let profile = bits(&place, "", "");
    let set = place.attune(&["run", &profile, "--set", "target=plna"]);
    refused(&set, 2, &["--set: target is \"plna\"", "did you mean `plan`?"]);
}

#[test]
fn a_technique_whose_plans_the_target_cannot_express_is_refused_before_anything_starts() {
    let place = Place::new();
    let refusal = |profile: &str, words: &[&str]| {
        refused(&place.attune(&["run", profile]), 2, words);
        assert!(!place.path("store").exists(), "nothing was begun");
    };
    let small = pruning(&place, "{\"keep\": 4}", "mlx");
    refusal(
        &small,
        &[
            "target: `mlx` takes weight-bits, embedding-bits, and plans of technique `expert-pruning` are made of keep-experts",
        ],
    );
    let kv = place.small_profile(&[
        ("expert-pruning", "kv-bits"),
        ("{\"keep\": 4}", "{\"average\": 8.0}"),
        ("    task: (", "    target: \"hf\",\n    task: ("),
    ]);
    let words = [
        "plans of technique `kv-bits` are made of kv-bits",
        "no per-layer format of the KV cache",
        "`--to plan`",
    ];
    refusal(&kv.display().to_string(), &words);
    // Half of what it does would be written, and it searches the other half.
    let mapped = pruning(&place, "{\"keep\": 4, \"phase\": \"merge\"}", "hf");
    refusal(&mapped, &["set `routing` to \"one-hot\""]);
    refusal(
        &bits(&place, ", \"group-size\": 16", "target: \"mlx\","),
        &["`group-size` is 16", "groups of 32, 64, 128 channels"],
    );
    refusal(
        &bits(&place, ", \"experts\": \"apart\"", "target: \"mlx\","),
        &["set `experts` to \"together\""],
    );
    let halves = place.small_profile(&[
        ("expert-pruning", "block-dropping"),
        ("{\"keep\": 4}", "{\"unit\": \"parts\", \"drop\": 1}"),
        ("    task: (", "    target: \"hf\",\n    task: ("),
    ]);
    refusal(
        &halves.display().to_string(),
        &["target `hf` leaves out whole blocks only; set `unit` to \"block\""],
    );
}

#[test]
fn a_model_whose_config_the_target_cannot_take_is_refused_before_anything_starts() {
    let place = Place::new();
    let model = place.path("model");
    std::fs::create_dir_all(&model).unwrap();
    let from = root().join("models/tiny-moe");
    for name in ["model.safetensors", "tokenizer.json"] {
        std::fs::copy(from.join(name), model.join(name)).unwrap();
    }
    let config = std::fs::read_to_string(from.join("config.json")).unwrap();
    let windowed = config.replace("\"sliding_window\": null", "\"sliding_window\": 16");
    assert_ne!(config, windowed);
    std::fs::write(model.join("config.json"), windowed).unwrap();
    let profile = place.small_profile(&[
        ("expert-pruning", "weight-bits"),
        ("{\"keep\": 4}", "{\"average\": 5.0}"),
        ("    task: (", "    target: \"mlx\",\n    task: ("),
        (&format!("model: \"{}\"", from.display()), &format!("model: \"{}\"", model.display())),
    ]);
    let words = ["target: `mlx`", "config.json: `sliding_window` is 16", "say `target: \"plan\"`"];
    refused(&place.attune(&["run", &profile.display().to_string()]), 2, &words);
    assert!(!place.path("store").exists(), "nothing was begun");
}

#[test]
fn what_was_searched_for_a_target_is_exported_to_it() {
    let place = Place::new();
    let profile = bits(&place, "", "target: \"mlx\",");
    let output = place.attune(&["run", &profile]);
    assert!(output.status.success(), "{}", stderr(&output));
    // The model is stored in 16 bits, and that is known beforehand.
    assert!(
        stderr(&output).contains("target `mlx` will express what is found only approximately"),
        "{}",
        stderr(&output)
    );
    assert!(stdout(&output).contains("attune export small --approximate --out DIR"), "{}", stdout(&output));
    let out = place.path("out").display().to_string();
    let export = ["export", "small", "--out", &out];
    refused(&place.attune(&export), 2, &["`--to mlx` expresses this plan only approximately"]);
    let output = place.attune(&[&export[..], &["--approximate"]].concat());
    assert!(output.status.success(), "{}", stderr(&output));
    let config: Value =
        serde_json::from_slice(&std::fs::read(place.path("out/config.json")).unwrap()).unwrap();
    assert_eq!(config["quantization"]["mode"], "affine");

    // The target is part of what makes it this study, and a study without one is asked where to.
    let other = bits(&place, "", "");
    refused(&place.attune(&["run", &other]), 2, &["target"]);
    let output = place.attune(&["run", &other, "--study", "free"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let journal = String::from_utf8(place.journal("free")).unwrap();
    assert!(
        !journal.contains(" target: "),
        "a study without a target is journalled as before there were any"
    );
    let export = place.attune(&["export", "free", "--out", &out]);
    refused(&export, 2, &["study `free` was searched for no target in particular", "--to: plan, hf, mlx, "]);
}

#[test]
fn layers_share_what_the_target_has_once_for_the_whole_model() {
    let place = Place::new();
    let profile = pruning(&place, "{\"keep\": 4, \"active\": [1, 2]}", "hf");
    let finished = place.run(std::path::Path::new(&profile), &[]).pop().unwrap();
    assert_eq!(finished["target"], "hf");
    let out = place.path("out").display().to_string();
    let output = place.attune(&["export", "small", "--out", &out]);
    assert!(output.status.success(), "{}", stderr(&output));
    let config: Value =
        serde_json::from_slice(&std::fs::read(place.path("out/config.json")).unwrap()).unwrap();
    assert_eq!(config["num_local_experts"], 4);
    assert!([1, 2].contains(&config["num_experts_per_tok"].as_i64().unwrap()), "{config}");
}
