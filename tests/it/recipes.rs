//! What other quantisers chose, beside the winner of a study.

use serde_json::Value;

use crate::support::{Place, refused, stderr, stdout};

/// A study of bits on the committed mixture that is compared with a recipe of this text.
fn compared(place: &Place, recipe: &str) -> String {
    let profile = place.small_profile(&[
        ("expert-pruning", "weight-bits"),
        ("{\"keep\": 4}", "{\"average\": 5.0}"),
        ("trials: 24", "trials: 6"),
    ]);
    std::fs::write(profile.parent().unwrap().join("layer_config.json"), recipe).unwrap();
    profile.display().to_string()
}

const SET: &str = "report.baselines={\"autoround\": \"layer_config.json\"}";
const RECIPE: &str = r#"{"bits": 4, "group_size": 64, "sym": true, "extra_config": {
    "layers.0": {"bits": 8},
    "lm_head": {"bits": 8}
}}"#;

#[test]
fn a_recipe_is_scored_beside_the_winner_and_is_part_of_the_study() {
    let place = Place::new();
    let profile = compared(&place, RECIPE);
    let run = place.attune(&["run", &profile, "--set", SET, "--json"]);
    let text = stdout(&run);
    let finished: Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    let row = &finished["baselines"]["autoround"];
    assert!(row["report"]["kl"]["mean"].as_f64().unwrap() > 0.0, "{row}");
    assert!(!row["delta"]["kl"]["low"].is_null(), "paired with the winner: {row}");
    // A sixth of the weights has 8 bits, and each group of 64 a scale of 16; a few bytes say the shape of a matrix.
    let bits = row["cost"]["bits"]["value"].as_f64().unwrap();
    assert!((4.9..5.0).contains(&bits), "{row}");
    assert!(stderr(&run).contains("stores lm_head"), "{}", stderr(&run));

    // The same recipe goes on with the study, another one does not.
    let again = stdout(&place.attune(&["run", &profile, "--set", SET, "--json"]));
    let again: Value = serde_json::from_str(again.lines().last().unwrap()).unwrap();
    assert_eq!(again["baselines"], finished["baselines"]);
    compared(&place, &RECIPE.replace("layers.0", "layers.1"));
    let other = place.attune(&["run", &profile, "--set", SET]);
    refused(&other, 2, &["a recipe that its result is compared with", "`autoround`", "--study NAME"]);
}

#[test]
fn a_recipe_that_means_nothing_is_refused_with_its_line_before_anything_starts() {
    let place = Place::new();
    let profile = compared(&place, &RECIPE.replace("layers.0", "layers.9"));
    let run = place.attune(&["run", &profile, "--set", SET]);
    refused(
        &run,
        2,
        &[
            "report.baselines: `autoround`: ",
            "layer_config.json:2: `layers.9` matches no module of the model",
        ],
    );
    let named = SET.replace("\"autoround\"", "\"uniform\"");
    compared(&place, RECIPE);
    refused(
        &place.attune(&["run", &profile, "--set", &named]),
        2,
        &["named `uniform`, which is another row"],
    );
    let gone = SET.replace("layer_config", "nowhere");
    refused(
        &place.attune(&["run", &profile, "--set", &gone]),
        2,
        &["report.baselines: `autoround`: cannot read", "nowhere.json"],
    );
}
