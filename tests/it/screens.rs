//! `attune` without a command, as a person at a terminal meets it.

use std::os::unix::fs::symlink;

use crate::support::{Place, root, stderr, stdout};
use crate::terminal::Terminal;

/// A place with the committed model and the shipped profile, where a checkout has them.
pub(crate) fn checkout() -> Place {
    let place = Place::new();
    symlink(root().join("models"), place.path("models")).unwrap();
    std::fs::create_dir(place.path("profiles")).unwrap();
    std::fs::copy(root().join("profiles/quickstart.ron"), place.path("profiles/quickstart.ron")).unwrap();
    place
}

/// Opens the screens and launches the only profile there is, the small one.
fn launched(place: &Place) -> Terminal {
    let mut person = Terminal::open(place);
    person.sees("small.ron");
    person.press("\r");
    person.sees("ready to launch");
    person.press("l");
    person.sees("searching");
    person
}

/// Finished trials, from the line `34/60 trials`.
pub(crate) fn trials(text: &str) -> u64 {
    let before = text.split_once(" trials ").and_then(|(before, _)| before.rsplit_once('/'));
    let digits = before.and_then(|(done, _)| done.rsplit(|c: char| !c.is_ascii_digit()).next());
    digits.and_then(|digits| digits.parse().ok()).unwrap_or(0)
}

#[test]
fn from_the_shipped_profile_to_an_export() {
    let place = checkout();
    let mut person = Terminal::open(&place);
    person.sees("Keep half of the experts of a small mixture-of-experts model");
    person.sees("$ attune run profiles/quickstart.ron --store store");
    person.press("\r");
    person.sees("ready to launch");
    person.sees("8 experts of which 2 are used");
    person.fill("keep", "9");
    person.sees("9 ! `keep` is 9, but model `tiny-moe` has");
    person.fill("keep", "4");
    person.fill("tokens per item", "48");
    person.fill("items per trial", "2");
    person.fill("trials", "12");
    person.fill("report items", "4");
    person.press("a");
    person.fill("random configs", "2");
    person.sees("ready to launch");
    person.press("t");
    person.sees("s a trial on cpu");
    person.press("l");
    person.sees("profiles/quickstart.ron");
    person.sees("replace");
    person.press("\r");
    person.sees("12/12 trials");
    person.sees("Enter result");
    person.press("\r");
    person.sees("The found config is ");
    person.sees("soft-activation");
    person.press("e");
    person.sees("Exactly this plan.");
    person.press("\x1b[B");
    person.sees("$ attune export quickstart --to hf --out quickstart-hf --store store");
    person.press("\r");
    person.sees("Exported ");
    person.press("\x1b");
    person.waits_for("the dialog to close", |text| !text.contains("Exported "));
    person.press("q");
    assert_eq!(person.code(), Some(0));
    assert!(person.is_given_back());

    assert!(place.path("quickstart-hf/model.safetensors").exists());
    let shown = place.attune(&["show", "quickstart"]);
    assert!(stdout(&shown).contains("12 trials (12 evaluated"), "{}{}", stdout(&shown), stderr(&shown));
    let again = place.attune(&["run", "profiles/quickstart.ron"]);
    // Only what to do next is another thing.
    let result = |text: String| text.split_once("\nNext:").map(|(result, _)| result.to_owned());
    assert!(result(stdout(&shown)).is_some());
    assert_eq!(result(stdout(&again)), result(stdout(&shown)), "the profile on disk is the one that ran");
}

#[test]
fn profiles_that_come_with_attune_are_copied_to_where_one_works() {
    let place = Place::new();
    let mut person = Terminal::installed(&place, &root());
    person.sees("Keep half of the experts of a small mixture-of-experts model");
    person.waits_for("the shipped profile to be chosen", |text| text.contains("profiles/quickstart.ron"));
    // Another one says that it starts from the quickstart's study.
    person.press("/profiles/quickstart\r");
    person.waits_for("the other profiles to go", |text| !text.contains("digits-checkpoint-mix"));
    person.press("\r");
    person.sees("8 experts of which 2 are used");
    person.sees("ready to launch");
    person.press("s");
    person.sees("wrote quickstart.ron");
    person.press("\x1b");
    person.sees("studies and profiles");
    // The filter is about the path of the other one.
    person.press("\x1b");
    person.waits_for("the copy in place of the shipped one", |text| {
        text.contains("quickstart.ron") && !text.contains("profiles/quickstart.ron")
    });
    let checked = place.attune(&[
        "run",
        "quickstart.ron",
        "--trials",
        "1",
        "--set",
        "report.items=2",
        "--set",
        "items=2",
    ]);
    assert!(checked.status.success(), "{}", stderr(&checked));
    assert!(stdout(&checked).contains("1 trials (1 evaluated"), "{}", stdout(&checked));
}

#[test]
fn a_study_is_watched_from_another_terminal_and_goes_on_where_it_was_stopped() {
    let place = checkout();
    std::fs::remove_dir_all(place.path("profiles")).unwrap();
    place.small_profile(&[("trials: 24", "trials: 300")]);
    let mut first = launched(&place);
    first.waits_for("two trials", |text| trials(text) >= 2);
    first.press("p");
    first.sees("paused");

    let mut second = Terminal::open(&place);
    second.sees("▶ running");
    second.press("\r");
    second.waits_for("the trials of the other process", |text| trials(text) >= 2);
    second.press("p");
    second.sees("another process runs this study");
    let seen = trials(&second.text());
    first.press("p");
    second.waits_for("more trials", |text| trials(text) > seen);
    first.press("x");
    first.sees("interrupted");
    second.sees("interrupted");

    // The first process has let go of the store; the second one can have it.
    second.press("c");
    second.sees("p pause");
    second.sees("300/300 trials");
    second.sees("Enter result");
    first.press("\x1b");
    first.sees("finished");
    for person in [&mut first, &mut second] {
        person.press("q");
        assert_eq!(person.code(), Some(0));
        assert!(person.is_given_back());
    }
    let disturbed = place.journal("small");
    let undisturbed = Place::new();
    symlink(root().join("models"), undisturbed.path("models")).unwrap();
    undisturbed.run(&undisturbed.small_profile(&[("trials: 24", "trials: 300")]), &[]);
    assert_eq!(disturbed, undisturbed.journal("small"));
}

#[test]
fn a_watched_study_ends_in_its_result() {
    let place = Place::new();
    place.small_profile(&[("trials: 24", "trials: 60")]);
    let mut first = launched(&place);
    first.waits_for("two trials", |text| trials(text) >= 2);
    first.press("p");
    first.sees("paused");
    let mut second = Terminal::open(&place);
    second.sees("▶ running");
    second.press("\r");
    second.waits_for("the trials of the other process", |text| trials(text) >= 2);
    first.press("p");
    first.sees("Enter result");
    second.sees("Enter result");
    second.press("\r");
    second.sees("The found config is ");
}

#[test]
fn a_closed_window_leaves_a_study_that_the_command_line_continues() {
    let place = Place::new();
    let profile = place.small_profile(&[("trials: 24", "trials: 100000")]);
    let mut person = launched(&place);
    person.waits_for("a few trials", |text| trials(text) >= 3);
    assert_eq!(person.hang_up(), Some(130));

    let journal = place.journal("small");
    assert_eq!(journal.last(), Some(&b'\n'), "no line is torn");
    let budget = (journal.iter().filter(|byte| **byte == b'\n').count() + 4).to_string();
    let events = place.run(&profile, &["--trials", &budget]);
    assert!(events[0]["resumed"].as_u64().unwrap() >= 3, "{}", events[0]);
    let undisturbed = Place::new();
    undisturbed.run(&undisturbed.small_profile(&[]), &["--trials", &budget]);
    assert_eq!(place.journal("small"), undisturbed.journal("small"));
}

#[test]
fn the_system_may_ask_to_end_and_the_terminal_is_given_back() {
    let place = Place::new();
    let profile = place.small_profile(&[("trials: 24", "trials: 100000")]);
    let mut person = launched(&place);
    person.waits_for("a few trials", |text| trials(text) >= 3);
    person.signal("TERM");
    assert_eq!(person.code(), Some(130));
    assert!(person.is_given_back());
    let journal = place.journal("small");
    assert_eq!(journal.last(), Some(&b'\n'), "no line is torn");
    let budget = (journal.iter().filter(|byte| **byte == b'\n').count() + 4).to_string();
    assert!(place.run(&profile, &["--trials", &budget])[0]["resumed"].as_u64().unwrap() >= 3);
}

#[test]
fn suspended_screens_leave_the_terminal_to_the_shell_and_come_back() {
    let place = Place::new();
    place.small_profile(&[("trials: 24", "trials: 100000")]);
    let script =
        "\"$ATTUNE\" --store store; echo the shell has it; read line; fg; echo ended with $?; read line";
    let mut person = Terminal::shell(&place, script);
    person.sees("small.ron");
    person.press("\r");
    person.sees("ready to launch");
    person.press("l");
    person.waits_for("a few trials", |text| trials(text) >= 3);
    person.press("\x1a");
    person.sees("the shell has it");
    assert!(!person.is_taken());
    let stands = place.journal("small");
    person.press("\r");
    person.waits_for("the screens to come back", |text| trials(text) >= 3);
    assert!(person.is_taken());
    let seen = trials(&person.text());
    person.waits_for("the study to go on", |text| trials(text) > seen);
    assert!(place.journal("small").starts_with(&stands));
    person.press("x");
    person.sees("interrupted");
    person.press("q");
    person.sees("ended with 0");
    assert!(!person.is_taken());
}

#[test]
fn the_screens_fit_the_window_whatever_its_size_becomes() {
    let place = Place::new();
    place.small_profile(&[]);
    let mut person = Terminal::open(&place);
    person.sees("small.ron");
    person.resize(40, 10);
    person.sees("attune needs more room");
    person.resize(80, 24);
    person.sees("small.ron");
    person.resize(200, 60);
    person.waits_for("the whole width", |text| {
        text.lines().any(|line| line.starts_with(" Studies") && line.chars().count() == 200)
    });
    person.press("q");
    assert_eq!(person.code(), Some(0));
}

#[test]
fn without_a_terminal_there_is_help() {
    let place = Place::new();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_attune-under-test"))
        .current_dir(place.dir.path())
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("Usage: attune"), "{}", stderr(&output));
}

#[test]
fn a_study_of_another_process_shows_its_report_and_the_time_that_is_left() {
    let place = Place::new();
    // A search that is short beside its report.
    let changes =
        [("trials: 24", "trials: 3"), ("report: (items: 4, random: 3)", "report: (items: 200, random: 40)")];
    let profile = place.small_profile(&changes);
    let mut command = place.command(&["run", &profile.display().to_string(), "--json"]);
    let nowhere = std::process::Stdio::null;
    let mut other = command.stdout(nowhere()).stderr(nowhere()).spawn().unwrap();
    let mut person = Terminal::open(&place);
    person.waits_for("the study to be seen in the list", |text| {
        text.contains("▶ running") && text.contains(" %")
    });
    person.press("\x1b[A\r");
    person.waits_for("its report", |text| text.contains("making the report (in another process)"));
    person.waits_for("how far it is", |text| text.contains(" report ") && text.contains(" left"));
    let _ = other.kill();
    other.wait().unwrap();
    person.waits_for("the end of the other process", |text| text.contains("stopped"));
    person.press("q");
    assert_eq!(person.code(), Some(0));
}
