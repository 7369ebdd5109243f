//! Sensitivity tables of the command line: written, read again, and part of what a study is.

use std::path::Path;

use serde_json::Value;

use crate::support::{Place, refused, stderr, stdout};

/// A study of bits on the committed mixture that plans.
fn planned(place: &Place, strategy: &str) -> String {
    let strategy = format!("trials: 6, strategy: (name: \"{strategy}\", options: {{}})");
    let profile = place.small_profile(&[
        ("expert-pruning", "weight-bits"),
        ("{\"keep\": 4}", "{\"average\": 5.0, \"levels\": [3, 4, 8]}"),
        ("trials: 24", &strategy),
    ]);
    profile.display().to_string()
}

/// What a study tried, in order, with what it was scored.
fn trials(events: &[Value]) -> Vec<(Value, Value)> {
    let finished = events.iter().filter(|event| event["event"] == "trial_finished");
    finished.map(|event| (event["config"].clone(), event["scores"].clone())).collect()
}

fn probes(events: &[Value]) -> u64 {
    let finished = events.iter().find(|event| event["event"] == "finished").unwrap();
    finished["progress"]["probes"].as_u64().or(finished["probes"].as_u64()).unwrap()
}

#[test]
fn a_table_that_was_written_is_searched_with_as_one_that_was_measured() {
    let place = Place::new();
    // `hybrid` would give such a table up, on two items.
    let strategy = "profiling";
    let profile = planned(&place, strategy);
    let measured = place.run(Path::new(&profile), &["--study", strategy]);
    assert!(probes(&measured) > 42, "every module is measured");
    let written = place.attune(&["sensitivities", strategy, "--out", "table.csv"]);
    assert!(written.status.success(), "{}", stderr(&written));
    assert!(stdout(&written).starts_with("table.csv  "), "{}", stdout(&written));

    let set = "strategy.sensitivities=table.csv";
    let given = place.run(Path::new(&profile), &["--study", "given", "--set", set]);
    assert_eq!(trials(&given), trials(&measured), "{strategy}");
    assert_eq!(trials(&given).len(), 6);
    assert_eq!(probes(&given), 0, "nothing is measured again");

    // What it says belongs to the study: the same table goes on with it, another one does not.
    assert!(place.attune(&["run", &profile, "--study", "given", "--set", set]).status.success());
    let text = std::fs::read_to_string(place.path("table.csv")).unwrap();
    let rows: Vec<&str> = text.lines().collect();
    let turned: Vec<&str> = rows[..1].iter().chain(rows[1..].iter().rev()).copied().collect();
    place.write("table.csv", &turned.join("\r\n"));
    assert!(place.attune(&["run", &profile, "--study", "given", "--set", set]).status.success());
    place.write("table.csv", &text.replacen("false", "False", 1).replacen(",3,kl,", ",3,kl,1", 1));
    let other = place.attune(&["run", &profile, "--study", "given", "--set", set]);
    refused(&other, 2, &["the sensitivity table that it plans with", "--study NAME"]);
    assert!(place.attune(&["studies", "rm", "given", "--yes"]).status.success());
}

#[test]
fn what_a_table_lacks_is_measured_and_nothing_else() {
    let place = Place::new();
    let profile = planned(&place, "profiling");
    let measured = place.run(Path::new(&profile), &["--study", "measured"]);
    let table = stdout(&place.attune(&["sensitivities", "measured"]));
    let head = "dimension,layer,module,modules,choice,metric,damage,damage_low,damage_high,loss,items,reference,source";
    assert_eq!(table.lines().next(), Some(head));
    assert!(table.contains("model.layers.0.self_attn.q_proj"), "{table}");
    // All rows of one cell, whose two lower levels are measured with the reference.
    let rest: Vec<&str> = table.lines().filter(|line| !line.starts_with("bits,2,3,")).collect();
    assert_eq!(rest.len() + 3, table.lines().count());
    place.write("part.csv", &rest.join("\n"));
    let given =
        place.run(Path::new(&profile), &["--study", "part", "--set", "strategy.sensitivities=part.csv"]);
    assert_eq!(probes(&given), 3);
    assert_eq!(trials(&given), trials(&measured));
}

#[test]
fn tables_go_to_other_tools_and_come_back() {
    let place = Place::new();
    let profile = planned(&place, "profiling");
    let two = ["--set", "technique.options.levels=[4, 8]", "--set", "technique.options.average=6.0"];
    let of = |more: &[&str]| {
        let output = place.attune(&[&["sensitivities", profile.as_str()], &two[..], more].concat());
        assert!(output.status.success(), "{}", stderr(&output));
        output
    };
    of(&["--format", "csv", "--out", "table.csv"]);
    let mlx = of(&["--format", "mlx", "--out", "mlx.json"]);
    assert!(stderr(&mlx).contains("mlx_lm.dynamic_quant --sensitivities"), "{}", stderr(&mlx));
    of(&["--format", "exl3", "--out", "measurement.json"]);
    let scores: Vec<(String, f64)> =
        serde_json::from_slice(&std::fs::read(place.path("mlx.json")).unwrap()).unwrap();
    assert!(
        scores.iter().any(|(name, _)| name.ends_with("block_sparse_moe.switch_mlp.gate_proj")),
        "{scores:?}"
    );
    let run = |name: &str, table: &str| {
        let set = format!("strategy.sensitivities={table}");
        let args = [&["--study", name, "--set", &set], &two[..]].concat();
        place.run(Path::new(&profile), &args)
    };
    let csv = run("csv", "table.csv");
    for (name, table) in [("mlx", "mlx.json"), ("exl3", "measurement.json")] {
        let events = run(name, table);
        assert_eq!(probes(&events), 0, "{name}");
        // The same damages but for roundings of products: the same plan.
        assert_eq!(trials(&events)[0], trials(&csv)[0], "{name}");
    }
    let more = place.attune(&["sensitivities", &profile, "--format", "mlx"]);
    refused(&more, 2, &["form `mlx`", "3, 4 and 8 bits", "--bits 4,8"]);
    let levels = ["run", &profile, "--set", "strategy.sensitivities=mlx.json"];
    refused(&place.attune(&levels), 2, &["mlx.json: [", "the search has 3, 4 and 8", "`levels` [4, 5]"]);
}

#[test]
fn a_table_that_nobody_plans_with_is_refused_before_anything_is_measured() {
    let place = Place::new();
    let profile = planned(&place, "evolution");
    place.write("table.csv", "dimension,layer,module,choice,damage\nbits,0,0,3,0.5\n");
    let run = |more: &[&str]| {
        let args = ["run", &profile, "--set", "strategy.sensitivities=table.csv"];
        place.attune(&[&args[..], more].concat())
    };
    refused(&run(&[]), 2, &["strategy `evolution` plans with none", "`profiling` or `hybrid`"]);
    let gradient = ["--set", "strategy.name=profiling", "--set", "strategy.options.signal=gradient"];
    refused(&run(&gradient), 2, &["`strategy.sensitivities`", "\"gradient\""]);
    place.write("table.csv", "dimension,layer,module,choice,damage\nbits,0,0,5,0.5\n");
    let words = [
        "strategy.sensitivities: ",
        "table.csv:2: the choice `5`; expected a choice of `bits`",
        "3, 4 and 8",
    ];
    refused(&run(&["--set", "strategy.name=hybrid"]), 2, &words);
    std::fs::remove_file(place.path("table.csv")).unwrap();
    refused(
        &run(&["--set", "strategy.name=hybrid"]),
        2,
        &["strategy.sensitivities: cannot read", "table.csv"],
    );
    refused(
        &place.attune(&["sensitivities", "nobody"]),
        2,
        &["there is no study `nobody`", "`attune run PROFILE`"],
    );
    let set = ["sensitivities", "nobody", "--set", "items=4"];
    refused(&place.attune(&set), 2, &["--set items", "name a profile"]);
}
