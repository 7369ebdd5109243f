//! A study whose batches Ray actors share is the study of one process, whatever becomes of the actors.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support::{Place, root};
use crate::torch::{profile, python, with_packages};

/// Runs the study with so many actors; `hears` is told of every event, with the process that runs it. Its journal without the
/// first line, and that.
fn study(python: &Path, actors: usize, mut hears: impl FnMut(&str, u32)) -> (Vec<String>, Value) {
    let place = Place::new();
    let changes = [
        ("trials: 12", "trials: 24"),
        ("length: 16", "length: 24"),
        ("\"dtype\": \"float32\"", &format!("\"dtype\": \"float32\", \"actors\": {actors}")),
    ];
    let profile = profile(&place, &root().join("models/tiny-moe"), &changes).display().to_string();
    let mut command = with_packages(place.command(&["run", &profile, "--json"]), python);
    let log = fs::File::create(place.path("log")).unwrap();
    let mut run = command.stdout(Stdio::piped()).stderr(log).spawn().unwrap();
    for line in BufReader::new(run.stdout.take().unwrap()).lines().map(Result::unwrap) {
        hears(&line, run.id());
    }
    let status = run.wait().unwrap();
    assert!(status.success(), "{actors} actors: {}", fs::read_to_string(place.path("log")).unwrap());
    let journal = String::from_utf8(place.journal("whole")).unwrap();
    let mut lines = journal.lines().map(str::to_owned);
    let header = serde_json::from_str(&lines.next().unwrap()).unwrap();
    (lines.collect(), header)
}

/// Ends one actor among the descendants of a process, as a machine without memory does.
fn kill_an_actor(ancestor: u32) -> bool {
    let entries = fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    let numbers = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let title = |process: u32| fs::read(format!("/proc/{process}/cmdline")).unwrap_or_default();
    let mut actors = numbers.filter(|&process| title(process).starts_with(b"ray::Actor"));
    let Some(actor) = actors.find(|&actor| descends(actor, ancestor)) else { return false };
    Command::new("kill").args(["-KILL", &actor.to_string()]).status().unwrap().success()
}

fn descends(process: u32, ancestor: u32) -> bool {
    let parent = |process: u32| {
        let status = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
        status.rsplit(')').next()?.split_whitespace().nth(1)?.parse::<u32>().ok()
    };
    std::iter::successors(Some(process), |&process| parent(process)).any(|process| process == ancestor)
}

#[test]
fn one_actor_two_and_one_of_two_killed_leave_the_journal_of_none() {
    let python = match python() {
        Ok(python) => python,
        Err(why) => return println!("skipped: {why}"),
    };
    let (expected, header) = study(&python, 0, |_, _| ());
    assert!(expected.len() > 24, "{} lines", expected.len());
    for actors in [1, 2] {
        let (found, own) = study(&python, actors, |_, _| ());
        assert!(found == expected, "{actors} actors: the journal is another one");
        // The profile is what a study was asked for: it says the number, and the line's checksum follows from it.
        let without = |header: &Value, actors: usize| {
            header["record"].to_string().replace(&format!("\\\"actors\\\": {actors}"), "")
        };
        assert_eq!(without(&own, actors), without(&header, 0));
    }
    let (mut killed, mut before, mut after) = (false, 0, 0);
    let (found, _) = study(&python, 2, |line, run| {
        if !line.contains("\"trial_finished\"") {
            return;
        }
        *(if killed { &mut after } else { &mut before }) += 1;
        killed = killed || before >= 8 && kill_an_actor(run);
    });
    assert!(killed && after > 0, "{before} trials before, {after} after");
    assert!(found == expected, "an actor was killed: the journal is another one");
}
