//! Nothing that was finished is ever lost, and an interrupted study ends like an undisturbed one.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;
use std::time::Duration;

use attune_core::rng;

use crate::support::{Place, events, refused, stderr, stdout};

/// Kills of the big test.
const KILLS: u64 = 50;

#[test]
fn fifty_kills_leave_the_same_bytes_as_none() {
    let kills_per_study = 10;
    let mut killed = 0;
    for study in 0.. {
        if killed >= KILLS {
            break;
        }
        let seed = ("seed: 7", format!("seed: {study}"));
        let changes = [("trials: 24", "trials: 48"), (seed.0, seed.1.as_str())];
        let undisturbed = Place::new();
        undisturbed.run(&undisturbed.small_profile(&changes), &[]);

        let disturbed = Place::new();
        let profile = disturbed.small_profile(&changes);
        let args = ["run", &profile.display().to_string(), "--json"];
        for kill in 0..kills_per_study {
            // Killed after a random number of events and a random moment on top: inside an evaluation, a
            // write, the report, or between them.
            let mut random = rng::derive(study, "kill", &[kill]);
            let after: usize = rand_index(&mut random, 9);
            let moment = Duration::from_micros(rand_index(&mut random, 20_000) as u64);
            let mut child =
                disturbed.command(&args).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
            let lines = BufReader::new(child.stdout.take().unwrap()).lines();
            let seen = lines.take(after + 1).count();
            std::thread::sleep(moment);
            let running = child.try_wait().unwrap().is_none();
            child.kill().unwrap();
            child.wait().unwrap();
            killed += u64::from(running && seen > after);
        }
        disturbed.run(&profile, &[]);
        assert_eq!(disturbed.journal("small"), undisturbed.journal("small"), "study {study}");
    }
}

fn rand_index(random: &mut rng::Rng, below: usize) -> usize {
    use rand::RngExt as _;
    random.random_range(0..below)
}

#[test]
fn every_trial_that_was_announced_survives_a_kill() {
    let place = Place::new();
    let profile = place.small_profile(&[("trials: 24", "trials: 400")]);
    let args = ["run", &profile.display().to_string(), "--json"];
    let mut child = place.command(&args).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let announced = BufReader::new(child.stdout.take().unwrap())
        .lines()
        .map(Result::unwrap)
        .filter(|line| line.contains("\"trial_finished\""))
        .take(20)
        .count();
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(announced, 20);
    let output = place.attune(&[&args[..], &["--trials", "20"]].concat());
    assert!(!events(&output).iter().any(|event| event["event"] == "trial_finished"), "{}", stderr(&output));
}

#[cfg(unix)]
#[test]
fn ctrl_c_stops_with_130_and_the_same_command_continues() {
    let place = Place::new();
    let profile = place.small_profile(&[("trials: 24", "trials: 60")]);
    let args = ["run", &profile.display().to_string(), "--json"];
    let mut child = place.command(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    lines.by_ref().find(|line| line.contains("trial_finished")).unwrap();
    let interrupted =
        std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(interrupted.success());
    let rest: Vec<String> = lines.collect();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", stderr(&output));
    assert!(rest.last().unwrap().contains("\"interrupted\""), "{rest:?}");

    let finished = place.run(&profile, &[]);
    assert_eq!(finished[0]["resumed"].as_u64().map(|trials| trials > 0), Some(true));
    assert_eq!(finished[1]["event"], "best_so_far", "views know the best of earlier runs");
    let undisturbed = Place::new();
    undisturbed.run(&undisturbed.small_profile(&[("trials: 24", "trials: 60")]), &[]);
    assert_eq!(place.journal("small"), undisturbed.journal("small"));
}

#[test]
fn a_study_that_another_process_runs_is_refused_and_everything_else_in_the_store_goes_on() {
    let place = Place::new();
    let profile = place.small_profile(&[("trials: 24", "trials: 100000")]);
    let args = ["run", &profile.display().to_string(), "--json"];
    let mut child = place.command(&args).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    lines.by_ref().find(|line| line.contains("trial_finished")).unwrap();
    let second = place.attune(&args);
    // Reading is not writing: a study can be looked at while it runs.
    let studies = place.attune(&["studies"]);
    let doctor = place.attune(&["doctor"]);
    // Another study in the same store, at the same time.
    let other = place.write("other.ron", &std::fs::read_to_string(&profile).unwrap().replace("100000", "3"));
    let other = place.attune(&["run", &other.display().to_string(), "--study", "other", "--json"]);
    assert_eq!(child.try_wait().unwrap(), None, "the first study still runs");
    child.kill().unwrap();
    child.wait().unwrap();
    refused(&second, 1, &["study `small` is being run by another process (process ", "--study NAME"]);
    assert!(stdout(&doctor).contains("small is being run by process"), "{}", stdout(&doctor));
    assert!(other.status.success(), "{}", stderr(&other));
    assert!(studies.status.success(), "{}", stderr(&studies));
}

#[test]
fn a_torn_last_line_is_cut_and_said_and_damage_is_refused_with_a_way_out() {
    let place = Place::new();
    let profile = place.small_profile(&[]).display().to_string();
    let args = ["run", profile.as_str(), "--json"];
    assert!(place.attune(&args).status.success());
    let path = place.path("store/journal/small.jsonl");
    let whole = place.journal("small");

    // Half a record: nobody was told that it is kept.
    std::fs::write(&path, [&whole, &whole[whole.len() - 90..whole.len() - 40]].concat()).unwrap();
    let output = place.attune(&args);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(
        stderr(&output).contains("warning: ") && stderr(&output).contains("small.jsonl"),
        "{}",
        stderr(&output)
    );
    assert_eq!(place.journal("small"), whole);

    let middle = whole.len() / 2;
    let flipped: Vec<u8> = whole.iter().enumerate().map(|(at, byte)| byte ^ u8::from(at == middle)).collect();
    for damaged in [flipped, whole[..whole.len() - 20].to_vec()] {
        std::fs::write(&path, &damaged).unwrap();
        refused(&place.attune(&args), 1, &["damaged", "small.jsonl", "doctor --repair"]);
        assert_eq!(std::fs::read(&path).unwrap(), damaged, "nothing is deleted to get past an error");
    }

    let repair = place.attune(&["doctor", "--repair"]);
    assert!(repair.status.success(), "{}", stderr(&repair));
    assert!(place.attune(&args).status.success());
    assert_eq!(place.journal("small"), whole, "what was cut off is made again, the same");
}
