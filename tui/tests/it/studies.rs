//! The list of studies: its order, what went wrong, and what can be done to a study from it.

use attune::backend::{Answer, Request};
use attune_tui::{Effect, Key, Message, Setup, update};

use crate::backend_harness::Harness;
use crate::demo::FAILURE;

fn fresh(columns: u16, rows: u16) -> Harness {
    Harness::new(columns, rows, Setup::default())
}

/// Names of the studies from top to bottom.
fn names(person: &Harness) -> Vec<String> {
    let known = ["elsewhere", "stopped", "done", "front", "failed"];
    let text = person.text();
    let lines = text.lines();
    let first =
        lines.filter_map(|line| line.trim_start_matches(['›', ' ']).split(' ').next().map(str::to_owned));
    first.filter(|name| known.contains(&name.as_str())).collect()
}

#[test]
fn what_runs_is_first_and_then_what_is_new() {
    let mut person = fresh(80, 24);
    assert_eq!(names(&person), ["elsewhere", "stopped", "done", "front", "failed"]);
    person.keys("o");
    person.sees("Studies, by name");
    assert_eq!(names(&person), ["done", "elsewhere", "failed", "front", "stopped"]);
    person.keys("O");
    assert_eq!(names(&person), ["stopped", "front", "failed", "elsewhere", "done"]);
    person.keys("Oo");
    assert_eq!(names(&person), ["elsewhere", "failed", "stopped", "done", "front"], "by state");
    person.keys("o");
    assert_eq!(names(&person), ["front", "done", "elsewhere", "failed", "stopped"], "by best");
}

#[test]
fn the_cursor_stays_on_its_study_when_the_order_changes() {
    let mut person = fresh(80, 24);
    person.key(Key::Down);
    person.keys("oo");
    person.sees("›stopped");
}

#[test]
fn every_study_has_its_name_on_the_smallest_terminal() {
    let person = fresh(60, 18);
    for name in ["elsewhere", "stopped", "done", "front", "failed"] {
        person.sees(name);
    }
    person.sees("kl 0.0004127");
}

#[test]
fn a_study_that_failed_says_so_and_why() {
    let mut person = fresh(80, 24);
    person.key(Key::End);
    person.sees("failed");
    for word in FAILURE.split(' ') {
        person.sees(word);
    }
}

#[test]
fn deleting_asks_first() {
    let mut person = fresh(80, 24);
    person.key(Key::Down);
    person.keys("D");
    person.sees("Delete the study?");
    assert_eq!(update(&mut person.model, Message::Key(Key::Esc)), []);
    person.keys("D");
    let asked = update(&mut person.model, Message::Key(Key::Enter));
    assert_eq!(asked, [Effect::Ask(Request::Remove { study: "stopped".into() })]);
    person.send(Message::Answer(Answer::Changed { study: "stopped".into(), result: Ok(()) }));
    person.sees("stopped is deleted");
}

#[test]
fn renaming_and_cloning_take_a_name() {
    let mut person = fresh(80, 24);
    person.key(Key::Down);
    person.keys("R");
    person.key(Key::Ctrl('u'));
    person.keys("quick q?");
    let asked = update(&mut person.model, Message::Key(Key::Enter));
    assert_eq!(asked, [Effect::Ask(Request::Rename { study: "stopped".into(), to: "quick q?".into() })]);
    let refused = Err("`quick q?` is no name for a study".to_owned());
    person.send(Message::Answer(Answer::Changed { study: "stopped".into(), result: refused }));
    person.sees("is no name for a study");

    person.keys("C");
    let asked = update(&mut person.model, Message::Key(Key::Enter));
    assert_eq!(asked, [Effect::Ask(Request::Clone { study: "stopped".into(), to: "stopped-2".into() })]);
}

#[test]
fn a_study_that_runs_is_not_deleted() {
    let mut person = fresh(80, 24);
    person.keys("D");
    person.sees("elsewhere is running: stop it first");
}

#[test]
fn two_studies_stand_side_by_side() {
    for (columns, rows) in [(60, 200), (80, 200), (200, 60)] {
        let mut person = fresh(columns, rows);
        person.key(Key::Down);
        person.key(Key::Down);
        person.keys("v");
        person.sees("≠ done");
        person.key(Key::Down);
        person.keys("v");
        person.sees("done and front");
        person.sees("technique.options.keep");
        person.sees("0.7308 [0.7008, 0.7608]");
        person.sees("frequency");
        person.sees("differ from front");
        person.key(Key::Esc);
        person.sees("Studies, newest first");
    }
}
