//! What a study found: nothing is cut in any width, a front can be exported whole, and a trial is seen down to its items.

use attune::backend::Request;
use attune_core::event::{Advance, Event, Phase};
use attune_tui::{Effect, Key, Message, Setup, update};

use crate::backend_harness::Harness;
use crate::demo::event;

/// The study at this place of the list, on a terminal so high that nothing scrolls.
fn opened(down: usize, columns: u16, colour: bool) -> Harness {
    let mut person = Harness::new(columns, 200, Setup { colour, ..Setup::default() });
    (0..down).for_each(|_| person.key(Key::Down));
    person.key(Key::Enter);
    person
}

const DONE: usize = 2;
const FRONT: usize = 3;

#[test]
fn the_result_cuts_no_number() {
    for columns in [60, 61, 80, 100, 120, 200] {
        let person = opened(DONE, columns, true);
        for whole in
            ["+0.7308 [+0.7108, +0.7508]", "-61.45 [-62.41, -60.49]", "43 % smaller", "soft-activation"]
        {
            person.sees(whole);
        }
        for line in person.text().lines().filter(|line| line.contains('[')) {
            assert!(!line.contains('…') || line.contains("$ "), "{columns} columns cut `{line}`");
        }
    }
}

#[test]
fn small_numbers_keep_their_digits_and_their_sign() {
    let person = opened(FRONT, 200, true);
    person.sees("-4.100e-5 [-8.190e-5, -1.000e-7]");
    assert!(!person.text().contains("0.0000"), "{}", person.text());
}

#[test]
fn any_config_of_a_front_can_be_exported() {
    let mut person = opened(FRONT, 80, true);
    person.sees("Front of kl and memory, 3 of 7 shown");
    person.key(Key::Tab);
    person.key(Key::Tab);
    person.sees("› trial 3");
    let asked = update(&mut person.model, Message::Key(Key::Char('e')));
    assert_eq!(asked, [Effect::Ask(Request::Targets { study: "front".into(), trial: Some(3) })]);
}

#[test]
fn a_finished_study_shows_its_curve_against_work_and_one_without_notes_against_trials() {
    for colour in [true, false] {
        let mut person = opened(DONE, 100, colour);
        person.keys("t");
        person.sees("Best kl against work");
        person.sees("work, k tokens");
        assert!(!person.text().contains("no trial has finished yet"), "{}", person.text());
        let watched = opened(0, 100, colour);
        watched.sees("Best kl against work");
        assert!(!watched.text().contains("no trial has finished yet"), "{}", watched.text());
        let stopped = opened(1, 100, colour);
        stopped.sees("Best kl against trials");
        assert!(!stopped.text().contains("no trial has finished yet"), "{}", stopped.text());
    }
}

#[test]
fn a_trial_is_seen_whole_and_compared_with_any_other() {
    let mut person = opened(DONE, 100, true);
    person.keys("ti");
    person.sees("done · trial 17");
    person.sees("Compared with trial 0 (`uniform`)");
    person.sees("≠ layer 5  1 2 3 7");
    person.sees("0 1 2 3 in trial 0");
    person.sees("32 of 32 items");
    person.sees("Scores of single items");
    person.sees(" 31 ");
    person.keys("c");
    assert!(!person.text().contains("Compared with trial 0"), "{}", person.text());
    person.keys("g42");
    person.sees("compare with trial 42");
    person.key(Key::Enter);
    person.sees("Compared with trial 42;");
    person.keys("gq");
    person.key(Key::Enter);
    person.sees("there is no finished trial `q`");
    assert!(!person.quit);
    person.key(Key::Right);
    person.sees("done · trial 18");
    person.key(Key::Esc);
    person.keys("2");
    person.sees("›    18 complete");
}

#[test]
fn a_plan_that_no_engine_loads_is_said_to_be_a_record() {
    let mut person = opened(DONE, 80, true);
    person.keys("e");
    assert!(!person.text().contains("No engine reads this JSON"), "hf can express it");
    person.demo.only_plan = true;
    person.key(Key::Esc);
    person.keys("e");
    person.sees("No engine reads this JSON yet");
    person.key(Key::Down);
    assert!(!person.text().contains("No engine reads this JSON"), "only of `plan`");
}

#[test]
fn the_time_left_counts_the_report_from_the_start() {
    let mut person = Harness::new(80, 24, Setup::default());
    person.key(Key::Tab);
    person.key(Key::Enter);
    person.keys("l");
    let advance =
        |phase, done, total, evaluated| event(Event::Advanced(Advance { phase, done, total, evaluated }));
    person.send(Message::Answer(advance(Phase::Search, 0, 1920, 0)));
    person.send(Message::Answer(advance(Phase::Report, 0, 5760, 0)));
    person.second(0);
    // A generation of 16 trials comes at once, after 8 seconds.
    (0..7).for_each(|_| person.second(0));
    person.second(16);
    person.send(Message::Answer(advance(Phase::Search, 512, 1920, 512)));
    person.second(0);
    person.sees("2 min 5 s left");

    person.send(Message::Answer(event(Event::Reporting { what: "frequency".into(), done: 1, total: 40 })));
    person.send(Message::Answer(advance(Phase::Search, 1920, 1920, 512)));
    person.send(Message::Answer(advance(Phase::Report, 1440, 5760, 0)));
    person.sees("making the report");
    person.sees(" report ");
    person.sees(" 25 %");
}

#[test]
fn a_batch_that_runs_moves_the_bar_and_the_time_left() {
    let mut person = Harness::new(80, 24, Setup::default());
    person.key(Key::Tab);
    person.key(Key::Enter);
    person.keys("l");
    let advance =
        |phase, done, total, evaluated| event(Event::Advanced(Advance { phase, done, total, evaluated }));
    let measured = |done| Message::Answer(advance(Phase::Measuring, done, 64, 0));
    person.send(Message::Answer(event(Event::Measuring { what: "expert-frequency".into() })));
    person.send(measured(16));
    person.sees("measuring expert-frequency");
    person.sees(" measuring ");
    person.sees(" 25 %");

    person.send(Message::Answer(event(Event::Planning)));
    person.send(Message::Answer(advance(Phase::Search, 0, 1600, 0)));
    person.second(0);
    person.send(Message::Answer(advance(Phase::Search, 160, 1600, 160)));
    person.sees("0/60 trials");
    person.sees(" 10 % · ");
    person.sees(" left");
}
