//! Studies on evaluators of other processes, through the command line: named by their command, killed, stopped, continued.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use attune_core::rng;
use rand::RngExt as _;
use serde_json::Value;

use crate::support::{Place, refused, root, stderr, stdout};

/// The worker that scores plans by a formula.
const WORKER: &str = env!("CARGO_BIN_EXE_scripted-evaluator");
/// Kills of the big test.
const KILLS: usize = 50;

/// A study of an evaluator that a command starts, with these further arguments.
fn profile(place: &Place, program: &str, arguments: &[&str], changes: &[(&str, &str)]) -> PathBuf {
    let command: Vec<&str> = std::iter::once(program).chain(arguments.iter().copied()).collect();
    let mut text = format!(
        r#"(
    version: 1,
    name: "formula",
    evaluator: (command: {command:?}),
    technique: (name: "block-dropping", options: {{"unit": "block", "drop": 2}}),
    task: (),
    trials: 12,
    items: 4,
    strategy: (name: "random"),
    report: (random: 3),
)
"#
    );
    for (from, to) in changes {
        assert!(text.contains(from), "{from} is not in the profile");
        text = text.replace(from, to);
    }
    place.write("formula.ron", &text)
}

fn result(events: &[Value]) -> &Value {
    let last = events.last().unwrap();
    assert_eq!(last["event"], "finished", "{last}");
    last
}

#[test]
fn a_study_by_its_command_ends_and_is_the_same_one_wherever_the_program_lies() {
    let place = Place::new();
    let events = place.run(&profile(&place, WORKER, &[], &[]), &[]);
    // The layers that suffer least are dropped.
    let best = result(&events)["best"].clone();
    let journal = String::from_utf8(place.journal("formula")).unwrap();
    let header: Value = serde_json::from_str(journal.lines().next().unwrap()).unwrap();
    let said = header.to_string();
    assert!(said.contains("scripted") && said.contains("six layers") && said.contains("exact"), "{said}");

    let bin = place.path("bin");
    fs::create_dir(&bin).unwrap();
    fs::copy(WORKER, bin.join("elsewhere")).unwrap();
    // Relative to the profile, with an argument that changes no score.
    let moved = profile(&place, "bin/elsewhere", &["--item-ms", "1"], &[]);
    let again = place.run(&moved, &[]);
    assert_eq!(result(&again)["best"], best);
    assert_eq!(journal.as_bytes(), place.journal("formula"), "nothing was added");

    let scaled = profile(
        &place,
        WORKER,
        &[],
        &[("),\n    technique", ", options: {\"scale\": 2.0}),\n    technique")],
    );
    refused(&place.attune(&["run", &scaled.display().to_string()]), 2, &["profile"]);
    let set = ["run", &scaled.display().to_string(), "--set", "evaluator.options.scael=1"].map(str::to_owned);
    let set: Vec<&str> = set.iter().map(String::as_str).collect();
    refused(&place.attune(&set), 2, &["evaluator.options[\"scael\"]", "did you mean `scale`?"]);
}

#[test]
fn what_a_program_is_not_is_said_with_the_place_in_the_profile() {
    let place = Place::new();
    let run = |program: &str, arguments: &[&str], changes: &[(&str, &str)]| {
        place.attune(&["run", &profile(&place, program, arguments, changes).display().to_string()])
    };
    refused(
        &run("no-such-program", &[], &[]),
        2,
        &["formula.ron:4:", "evaluator.command", "no-such-program"],
    );
    place.write("eval.py", "");
    refused(
        &run("./eval.py", &[], &[]),
        2,
        &["evaluator.command", "make it executable", "`python3 my_eval.py`"],
    );
    refused(
        &run(WORKER, &["--fault", "says-hello", "--with", "Loading weights"], &[]),
        2,
        &["it said `Loading weights`", "standard error"],
    );
    refused(
        &run(WORKER, &["--fault", "die-at-start"], &[]),
        2,
        &["evaluator.command", "there is no device here"],
    );
    let named = ("(command:", "(name: \"other\", command:");
    refused(&run(WORKER, &[], &[named]), 2, &["evaluator.name is \"other\"", "\"scripted\""]);
    let nobody = place.write("nobody.ron", &fs::read_to_string(place.path("formula.ron")).unwrap());
    let text = fs::read_to_string(&nobody).unwrap();
    let line = text.lines().find(|line| line.contains("evaluator:")).unwrap();
    fs::write(&nobody, text.replace(line, "    evaluator: (),")).unwrap();
    refused(&place.attune(&["run", &nobody.display().to_string()]), 2, &["evaluator.name is \"\""]);
    // Those of this build need a folder and data, as ever.
    fs::write(&nobody, text.replace(line, "    evaluator: (name: \"native\"),")).unwrap();
    refused(&place.attune(&["run", &nobody.display().to_string()]), 2, &["model is \"\"", "`native` needs"]);
    fs::write(&nobody, text.replace(line, "")).unwrap();
    refused(&place.attune(&["run", &nobody.display().to_string()]), 2, &["`model` is missing"]);
}

#[test]
fn a_technique_that_asks_for_what_the_program_does_not_measure_is_refused_before_anything_runs() {
    let place = Place::new();
    let deaf = ["--fault", "no-signals"];
    let run = place.attune(&["run", &profile(&place, WORKER, &deaf, &[]).display().to_string()]);
    let said = ["`block-dropping`", "signal `block-influence`", "evaluator `scripted`", "measures none"];
    refused(&run, 2, &said);
    assert!(!place.path("store/journal/formula.jsonl").exists());

    let shows = |arguments: &[&str]| {
        let output = place.command(&[]).args(["evaluator", "show", "--", WORKER]).args(arguments).output();
        stdout(&output.unwrap())
    };
    assert!(shows(&[]).contains("signals     sensitivity, block-influence"), "{}", shows(&[]));
    assert!(shows(&deaf).contains("signals     none"), "{}", shows(&deaf));
    let native = place.attune(&["evaluator", "show", "native", "--json"]);
    let native: Value = serde_json::from_str(&stdout(&native)).unwrap();
    let signals = native["signals"].as_array().unwrap();
    assert!(signals.iter().any(|signal| signal["signal"] == "block-influence"), "{native}");
}

#[test]
fn a_share_of_none_is_shown_with_room_for_some() {
    let place = Place::new();
    let events = place.run(&profile(&place, WORKER, &["--fault", "none-wrong"], &[]), &[]);
    // None of 12 items of the report data: Wilson, 1/(1 + 12/z²).
    let finished = result(&events);
    let shown = place.attune(&["show", "formula", "--json"]);
    let shown: Value = serde_json::from_str(&stdout(&shown)).unwrap();
    for object in [finished, &shown] {
        let wrong = &object["best"]["report"]["wrong"];
        assert_eq!(wrong["mean"], 0.0, "{object}");
        assert!((wrong["high"].as_f64().unwrap() - 0.2425).abs() < 1e-4, "{wrong}");
        let beside = object["baselines"].as_object().unwrap().values().next().unwrap();
        let difference = &beside["delta"]["wrong"];
        assert!(difference["low"].as_f64().unwrap() < 0.0, "{object}");
        assert!(difference["high"].as_f64().unwrap() > 0.0, "{object}");
    }
    let text = stdout(&place.attune(&["show", "formula"]));
    // Agresti and Min of none against none: z/14.
    assert!(text.contains("0.1400]"), "{text}");
}

/// The records of a study without its header: that has the command, which is kept and is no part of what makes a study.
fn records(place: &Place) -> Vec<String> {
    let journal = String::from_utf8(place.journal("formula")).unwrap();
    journal.lines().skip(1).map(str::to_owned).collect()
}

/// That two studies have the same records, byte by byte.
#[track_caller]
fn same(found: &Place, expected: &Place) {
    let (found, expected) = (records(found), records(expected));
    let other = found.iter().zip(&expected).find(|(found, expected)| found != expected);
    // The end of a record says how a trial ended.
    let end = |record: &String| record[record.len().saturating_sub(500)..].to_owned();
    let other = other.map(|(found, expected)| (end(found), end(expected)));
    assert!(other.is_none() && found.len() == expected.len(), "{other:?}");
}

#[cfg(unix)]
#[test]
fn fifty_kills_of_the_worker_leave_the_same_bytes_as_none() {
    let changes = [
        ("trials: 12", "trials: 400"),
        ("\"unit\": \"block\", \"drop\": 2", "\"unit\": \"parts\", \"drop\": 4"),
        ("(name: \"random\")", "(name: \"random\", options: {\"generation\": 2})"),
    ];
    let undisturbed = Place::new();
    undisturbed.run(&profile(&undisturbed, WORKER, &[], &changes), &[]);

    let place = Place::new();
    let notes = place.path("notes");
    fs::create_dir(&notes).unwrap();
    let arguments = ["--item-ms", "5", "--notes", notes.to_str().unwrap()];
    let profile = profile(&place, WORKER, &arguments, &changes);
    let args = ["run", &profile.display().to_string(), "--json"];
    let mut study = place.command(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut random = rng::derive(1, "kill", &[]);
    let (mut killed, mut told) = (0, 0);
    for line in BufReader::new(study.stdout.take().unwrap()).lines().map(Result::unwrap) {
        if killed == KILLS || !line.contains("\"trial_finished\"") {
            continue;
        }
        told += 1;
        // A plan on which it dies twice is deadly: each life ends a generation, of two trials, before the next death. One may
        // have been told of late.
        if told > 2 {
            std::thread::sleep(Duration::from_micros(random.random_range(0..40_000)));
            let pid = fs::read_to_string(notes.join("pid")).unwrap();
            killed += usize::from(Command::new("kill").args(["-KILL", &pid]).status().unwrap().success());
            told = 0;
        }
    }
    let output = study.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(killed, KILLS, "the study was over before");
    same(&place, &undisturbed);
}

#[cfg(unix)]
#[test]
fn ctrl_c_reaches_the_worker_and_the_same_command_continues() {
    let changes = [("trials: 12", "trials: 15")];
    let place = Place::new();
    let notes = place.path("notes");
    fs::create_dir(&notes).unwrap();
    let arguments = ["--item-ms", "20", "--notes", notes.to_str().unwrap()];
    let slow = profile(&place, WORKER, &arguments, &changes);
    let args = ["run", &slow.display().to_string(), "--json"];
    let mut child = place.command(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    lines.by_ref().find(|line| line.contains("trial_finished")).unwrap();
    let pid = fs::read_to_string(notes.join("pid")).unwrap();
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let rest: Vec<String> = lines.collect();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", stderr(&output));
    assert!(rest.last().unwrap().contains("\"interrupted\""), "{rest:?}");
    assert!(!Path::new("/proc").join(&pid).exists(), "the worker {pid} outlives the study");

    // By its journal alone, and by the profile.
    let continued = place.attune(&["continue", "formula", "--json"]);
    assert!(continued.status.success(), "{}", stderr(&continued));
    let undisturbed = Place::new();
    undisturbed.run(&profile(&undisturbed, WORKER, &[], &changes), &[]);
    same(&place, &undisturbed);
}

#[cfg(target_os = "linux")]
#[test]
fn ctrl_c_ends_a_program_that_never_says_what_it_is() {
    let place = Place::new();
    let notes = place.path("notes");
    fs::create_dir(&notes).unwrap();
    let mute = profile(&place, WORKER, &["--fault", "mute", "--notes", notes.to_str().unwrap()], &[]);
    let mut command = place.command(&["run", &mute.display().to_string()]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut said = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    let waiting = said.by_ref().find(|line| line.contains("waiting for")).unwrap();
    assert!(waiting.contains("to say what it evaluates"), "{waiting}");
    let pid = fs::read_to_string(notes.join("pid")).unwrap();
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(said.next(), None, "that it is ended is no failure of the program");
    assert!(!Path::new("/proc").join(&pid).exists(), "the program {pid} outlives attune");
}

#[test]
fn programs_are_shown_and_checked_as_the_evaluators_that_have_a_name() {
    let place = Place::new();
    // What follows `--` is all the program's.
    let attune = |args: &[&str]| place.command(&[]).arg("evaluator").args(args).output().unwrap();
    let shown = stdout(&attune(&["show", "--", WORKER]));
    assert!(shown.contains("scripted") && shown.contains("Task `formula`"), "{shown}");
    let json = stdout(&attune(&["show", "--json", "--", WORKER]));
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&json["evaluator"], &json["options"][0]["option"]), (&"scripted".into(), &"scale".into()));

    let checked = attune(&["check", "--", WORKER]);
    let said = stdout(&checked);
    // On a machine that does other things it may take longer to stop than it may; everything else holds.
    let wrong: Vec<&str> = said.lines().filter(|line| line.starts_with("WRONG")).collect();
    assert!(wrong.iter().all(|line| line.contains("it goes on for")), "{said}{}", stderr(&checked));
    assert!(said.contains("scripted on paper, model six layers") && said.lines().count() > 10, "{said}");
    refused(&attune(&["check", "--", "no-such-program"]), 2, &["no-such-program"]);
    refused(&attune(&["show"]), 2, &["NAME"]);
}

#[test]
fn an_evaluator_that_is_not_installed_is_listed_with_what_brings_it() {
    let place = Place::new();
    let nowhere = place.path("python");
    let attune = |args: &[&str]| place.command(args).env("ATTUNE_PYTHON", &nowhere).output().unwrap();
    let list = stdout(&attune(&["evaluator", "list"]));
    let list = list.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        list.contains("torch") && list.contains("not installed") && list.contains("pip install"),
        "{list}"
    );
    let list = stdout(&attune(&["evaluator", "list", "--json"]));
    let list: Value = serde_json::from_str(&list).unwrap();
    let torch =
        list["evaluators"].as_array().unwrap().iter().find(|one| one["evaluator"] == "torch").unwrap();
    const BRING: &str = "pip install ./python/attune-worker ./python/attune-torch";
    assert_eq!((&torch["installed"], &torch["install"]), (&false.into(), &BRING.into()));
    let doctor = stdout(&attune(&["doctor"]));
    assert!(doctor.contains(BRING) && doctor.contains("native"), "{doctor}");
    let named = ("trials:", "evaluator: (name: \"torch\"), trials:");
    let run = attune(&["run", &place.small_profile(&[named]).display().to_string()]);
    refused(&run, 2, &["evaluator.name is \"torch\"", BRING, "ATTUNE_PYTHON"]);
}

#[test]
fn a_plan_can_always_be_exported_and_other_targets_need_a_folder() {
    let place = Place::new();
    place.run(&profile(&place, WORKER, &[], &[]), &[]);
    let out = place.path("plan").display().to_string();
    let exported = place.attune(&["export", "formula", "--to", "plan", "--out", &out]);
    assert!(exported.status.success(), "{}", stderr(&exported));
    let plan = fs::read_to_string(place.path("plan/plan.json")).unwrap();
    assert!(plan.contains("drop-block") && plan.contains("six layers"), "{plan}");
    let out = place.path("hf").display().to_string();
    refused(
        &place.attune(&["export", "formula", "--to", "hf", "--out", &out]),
        2,
        &["`six layers`, which is no model", "--to plan"],
    );

    // With a folder that this build knows, which the evaluator proves by loading it.
    let model = root().join("models/tiny-moe").display().to_string();
    let with_model = [("name: \"formula\"", &*format!("name: \"folder\", model: {model:?}"))];
    place.run(&profile(&place, WORKER, &[], &with_model), &[]);
    let exported = place.attune(&["export", "folder", "--to", "hf", "--out", &out]);
    assert!(exported.status.success(), "{}", stderr(&exported));
    assert!(place.path("hf/model.safetensors").exists());
    let other =
        place.attune(&["export", "folder", "--to", "mlx", "--out", &place.path("mlx").display().to_string()]);
    refused(&other, 2, &["drop-block"]);
}
