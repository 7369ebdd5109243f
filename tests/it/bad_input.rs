//! Bad input: one paragraph, the right exit code, nothing lost.

use crate::support::{Place, refused, root, stderr};

fn run(place: &Place, changes: &[(&str, &str)], args: &[&str]) -> std::process::Output {
    let profile = place.small_profile(changes).display().to_string();
    place.attune(&[&["run", &profile], args].concat())
}

#[test]
fn profiles_with_slips_are_refused_with_the_place_and_the_nearest_name() {
    let place = Place::new();
    refused(
        &place.attune(&["run", "nowhere.ron"]),
        2,
        &["cannot read nowhere.ron", "name the RON file of a study"],
    );
    let near = place.small_profile(&[]).display().to_string().replace("small", "smal");
    refused(&place.attune(&["run", &near]), 2, &["did you mean `small.ron`?"]);
    refused(&run(&place, &[("trials:", "trails:")], &[]), 2, &["small.ron:", "did you mean `trials`?"]);
    refused(&run(&place, &[("version: 1", "version: 9")], &[]), 2, &["version is 9", "upgrade"]);
    refused(
        &run(&place, &[("\"expert-pruning\"", "\"expert-prunning\"")], &[]),
        2,
        &["did you mean `expert-pruning`?"],
    );
    refused(&run(&place, &[("\"keep\"", "\"kep\"")], &[]), 2, &["did you mean `keep`?"]);
    refused(&run(&place, &[("\"keep\": 4", "\"keep\": 400")], &[]), 2, &["keep", "400"]);
    refused(&run(&place, &[], &["--set", "trails=3"]), 2, &["did you mean `trials`?"]);
    refused(&run(&place, &[], &["--set", "strategy.name=evolutoin"]), 2, &["did you mean `evolution`?"]);
    let objective = [("trials: 24", "objectives: [(metric: \"kll\", direction: minimise)], trials: 24")];
    refused(&run(&place, &objective, &[]), 2, &["kll", "did you mean `kl`?"]);
    refused(&run(&place, &[], &["--device", "vulcan"]), 2, &["vulcan"]);
    refused(&place.attune(&["show", "nothing"]), 2, &["no study `nothing`"]);
    refused(&place.attune(&["rum"]), 2, &["run"]);
}

#[test]
fn data_that_is_too_short_missing_or_shared_is_refused() {
    let place = Place::new();
    refused(&run(&place, &[("prose.selection.txt", "poetry.txt")], &[]), 2, &["poetry.txt"]);
    refused(&run(&place, &[("items: 2", "items: 200000")], &[]), 2, &["200000", "items"]);
    let text = std::fs::read_to_string(root().join("models/tiny-moe/data/prose.selection.txt")).unwrap();
    let copy = place.write("copy.txt", &text).display().to_string();
    let report = root().join("models/tiny-moe/data/prose.report.txt").display().to_string();
    let output = run(&place, &[(&report, &copy)], &[]);
    refused(&output, 2, &["selection and report data overlap", "disjoint"]);
}

#[test]
fn budgets_that_no_configuration_meets_are_proved_with_numbers() {
    let place = Place::new();
    let changes =
        [("expert-pruning", "kv-bits"), ("{\"keep\": 4}", "{\"average\": 1.5, \"levels\": [4, 8]}")];
    refused(&run(&place, &changes, &[]), 2, &["`average` is 1.5", "cheapest level"]);
}

#[test]
fn techniques_that_do_not_fit_the_model_say_why() {
    let place = Place::new();
    refused(&run(&place, &[("\"keep\": 4", "\"keep\": 1")], &[]), 2, &["keep", "expert-pruning"]);
}

/// A copy of the committed model with one file changed.
fn broken_model(place: &Place, file: &str, change: impl Fn(Vec<u8>) -> Vec<u8>) -> String {
    let target = place.path("model");
    std::fs::create_dir_all(&target).unwrap();
    for name in ["config.json", "model.safetensors", "tokenizer.json"] {
        let bytes = std::fs::read(root().join("models/tiny-moe").join(name)).unwrap();
        let bytes = if name == file { change(bytes) } else { bytes };
        if !bytes.is_empty() {
            std::fs::write(target.join(name), bytes).unwrap();
        }
    }
    target.display().to_string()
}

#[test]
fn broken_models_are_refused_by_file_and_tensor() {
    let model = root().join("models/tiny-moe").display().to_string();
    let with = |model_path: &str, place: &Place| {
        let from = format!("model: \"{model}\"");
        run(place, &[(&from, &format!("model: \"{model_path}\""))], &[])
    };
    let place = Place::new();
    refused(&with("no/such/model", &place), 2, &["no/such/model"]);

    for file in ["config.json", "model.safetensors", "tokenizer.json"] {
        let place = Place::new();
        refused(&with(&broken_model(&place, file, |_| vec![]), &place), 2, &[file]);
    }

    let place = Place::new();
    let wrong = |bytes: Vec<u8>| {
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.contains("\"num_local_experts\": 8"), "{text}");
        text.replace("\"num_local_experts\": 8", "\"num_local_experts\": 9").into_bytes()
    };
    let output = with(&broken_model(&place, "config.json", wrong), &place);
    refused(&output, 2, &["model.layers.0.block_sparse_moe", "model.safetensors"]);

    let place = Place::new();
    let model = broken_model(&place, "model.safetensors", not_finite);
    refused(&with(&model, &place), 2, &["NaN", "model.safetensors"]);

    let place = Place::new();
    let torn = |bytes: Vec<u8>| bytes[..bytes.len() / 2].to_vec();
    refused(&with(&broken_model(&place, "model.safetensors", torn), &place), 2, &["model.safetensors"]);
}

/// The last bytes of a weight file are weights: all ones is a NaN in bfloat16.
fn not_finite(mut bytes: Vec<u8>) -> Vec<u8> {
    let end = bytes.len();
    bytes[end - 64..].fill(0xff);
    bytes
}

#[test]
fn what_can_be_told_without_weights_is_refused_before_they_are_read() {
    let place = Place::new();
    let committed = format!("model: \"{}\"", root().join("models/tiny-moe").display());
    let broken = format!("model: \"{}\"", broken_model(&place, "model.safetensors", not_finite));
    let with = |changes: &[(&str, &str)]| run(&place, &[&[(&*committed, &*broken)], changes].concat(), &[]);
    let misbehaving = root().join("plugins/fixtures/misbehaving.wasm").display().to_string();
    let selection = root().join("models/tiny-moe/data/prose.selection.txt").display().to_string();
    let objective = "objectives: [(metric: \"accuracy\", direction: maximise)], trials: 24";
    for (changes, code, words) in [
        (&[("trials: 24", objective)][..], 2, "no objective `accuracy`; the task measures kl, perplexity"),
        (&[("trials: 24", "strategy: (name: \"cma-es\"), trials: 24")], 2, "cma-es` cannot search"),
        (&[("items: 2", "items: 200000")], 2, "200000"),
        (&[("length: 24", "length: 100000")], 2, "100000"),
        (&[(&*selection, "gone.txt")], 2, "gone.txt"),
        (&[("\"keep\": 4", "\"keep\": 1")], 2, "keep"),
        (&[("trials: 24", "start: (study: \"none\"), trials: 24")], 2, "no study `none`"),
        (
            &[
                ("\"expert-pruning\"", &*format!("{misbehaving:?}")),
                ("{\"keep\": 4}", "{\"how\": \"unknown-edit\"}"),
            ],
            2,
            "teleport",
        ),
    ] {
        let output = with(changes);
        refused(&output, code, &[words]);
        assert!(!stderr(&output).contains("NaN"), "{}", stderr(&output));
    }
    refused(&with(&[]), 2, &["NaN"]);
    assert!(!place.path("store").exists());
}

#[test]
fn another_study_of_the_same_name_is_refused_before_weights_are_read() {
    let place = Place::new();
    let committed = format!("model: \"{}\"", root().join("models/tiny-moe").display());
    let own = format!("model: \"{}\"", broken_model(&place, "none", |bytes| bytes));
    let changes: [(&str, &str); 2] = [(&committed, &own), ("trials: 24", "trials: 1")];
    place.run(&place.small_profile(&changes), &[]);
    broken_model(&place, "model.safetensors", not_finite);
    let output = run(&place, &changes, &["--seed", "8"]);
    refused(&output, 2, &["study `small` exists", "seed", "--study"]);
}

#[test]
fn a_different_profile_does_not_continue_a_study_of_the_same_name() {
    let place = Place::new();
    let profile = place.small_profile(&[]);
    place.run(&profile, &[]);
    let journal = place.journal("small");
    let output = place.attune(&["run", &profile.display().to_string(), "--seed", "8"]);
    refused(&output, 2, &["study `small` exists", "seed", "--study"]);
    assert_eq!(place.journal("small"), journal);
    let output = place.attune(&["run", &profile.display().to_string(), "--seed", "8", "--study", "eight"]);
    assert!(output.status.success(), "{}", stderr(&output));
}

#[test]
fn an_export_that_would_not_be_exact_is_refused_by_edit() {
    let place = Place::new();
    let profile = place.small_profile(&[
        ("expert-pruning", "kv-bits"),
        ("{\"keep\": 4}", "{\"average\": 4.0, \"levels\": [2, 4, 8]}"),
    ]);
    place.run(&profile, &["--trials", "6"]);
    let out = place.path("out").display().to_string();
    let output = place.attune(&["export", "small", "--to", "hf", "--out", &out]);
    refused(&output, 2, &["kv-bits", "--to plan"]);
    refused(&place.attune(&["export", "small", "--to", "vlm", "--out", &out]), 2, &["vlm", "plan", "hf"]);
    assert!(!place.path("out").exists(), "nothing is written by a refused export");
}
