//! Choosing techniques and strategies: what nobody set follows the choice, what somebody set stays with it.

#![expect(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

use attune::backend::Answer;
use attune_core::profile::Profile;
use attune_tui::{Effect, Key, Message, Model, Setup, update};

use crate::backend_harness::Harness;
use crate::demo::{Demo, PROFILE, catalogue};

/// Wide enough for every field and its value.
const SIZE: (u16, u16) = (160, 90);

fn new_study() -> Harness {
    let mut person = Harness::new(SIZE.0, SIZE.1, Setup::default());
    person.keys("na");
    person
}

fn opened(profile: &str) -> Harness {
    let demo = Demo { profile: Some(profile.to_owned()), ..Demo::default() };
    let mut person = Harness::over(demo, SIZE.0, SIZE.1, Setup::default());
    person.key(Key::Tab);
    person.key(Key::Enter);
    person.keys("a");
    person
}

/// The line of the form with this label.
#[track_caller]
fn value(person: &mut Harness, label: &str) -> String {
    person.go_to(label);
    let text = person.text();
    let line = text.lines().find_map(|line| line.split_once(&format!("›{label} "))).unwrap().1;
    line.split_whitespace().next().unwrap_or_default().to_owned()
}

fn saved(person: &mut Harness) -> Profile {
    person.keys("s");
    let (file, text) = person.demo.saved.pop_first().unwrap();
    Profile::parse(&file, &text, &[]).unwrap()
}

#[test]
fn a_profile_that_is_silent_has_the_options_of_its_own_strategy() {
    for (strategy, population) in [("evolution", "30"), ("cma-es", "0"), ("eep", "40")] {
        let profile =
            PROFILE.replace("    trials:", &format!("    strategy: (name: {strategy:?}),\n    trials:"));
        let mut person = opened(&profile);
        assert_eq!(value(&mut person, "population"), population);
        person.sees("ready to launch");
        person.keys("l");
        assert!(person.demo.running.is_some(), "{}", person.text());
        assert!(person.demo.saved.is_empty(), "nothing was changed, nothing is written");
    }
}

#[test]
fn what_nobody_set_follows_the_choice() {
    let mut person = new_study();
    let mut strategies = Vec::new();
    for _ in 0..4 {
        person.go_to("strategy");
        person.key(Key::Right);
        let name = value(&mut person, "strategy");
        let population = person.text().contains("population").then(|| value(&mut person, "population"));
        strategies.push((name, population));
    }
    let expected = [("cma-es", Some("0")), ("eep", Some("40")), ("random", None), ("evolution", Some("30"))];
    let expected = expected.map(|(name, value)| (name.to_owned(), value.map(str::to_owned)));
    assert_eq!(strategies, expected);

    let mut techniques = Vec::new();
    for _ in 0..3 {
        person.go_to("technique");
        person.key(Key::Right);
        techniques.push((value(&mut person, "technique"), value(&mut person, "groups")));
    }
    let expected = [("kv-bits", "2"), ("checkpoint-mix", "1"), ("expert-pruning", "0")];
    assert_eq!(techniques, expected.map(|(name, groups)| (name.to_owned(), groups.to_owned())));
}

#[test]
fn what_somebody_set_stays_with_what_it_was_set_for() {
    let mut person = new_study();
    person.fill("keep", "5");
    person.fill("population", "77");
    person.go_to("technique");
    person.key(Key::Right);
    person.go_to("strategy");
    person.key(Key::Right);
    assert_eq!(value(&mut person, "population"), "0", "77 was said of another strategy");
    let away = saved(&mut person);
    assert!(away.technique.options.is_empty() && away.strategy.options.is_empty(), "{away:?}");
    person.key(Key::Left);
    person.go_to("strategy");
    person.key(Key::Left);
    person.go_to("technique");
    person.key(Key::Left);
    assert_eq!(value(&mut person, "keep"), "5");
    assert_eq!(value(&mut person, "population"), "77");
}

#[test]
fn walking_over_every_choice_and_back_changes_nothing() {
    let profile = PROFILE.replace("\"keep\": 4", "\"keep\": 6, \"unknown\": [1, 2]");
    for mut person in [new_study(), opened(PROFILE), opened(&profile)] {
        let before = person.form();
        for label in ["technique", "strategy", "task", "tied", "operators", "trials"] {
            for (there, back) in [(Key::Right, Key::Left), (Key::Left, Key::Right)] {
                for steps in [1, 4] {
                    person.go_to(label);
                    for key in [there, back] {
                        for _ in 0..steps {
                            person.key(key);
                            person.go_to(label);
                        }
                    }
                    assert_eq!(person.form(), before, "{steps} steps over {label} and back");
                }
            }
        }
        let shown = person.text();
        assert!(!shown.contains("to put right"), "{shown}");
        if shown.contains("quickstart.ron") {
            person.keys("l");
            assert!(person.demo.saved.is_empty(), "the file says the same as before");
        }
    }
}

#[test]
fn a_field_that_is_reset_follows_again() {
    let mut person = new_study();
    person.fill("population", "77");
    person.go_to("strategy");
    person.key(Key::Right);
    person.fill("population", "5");
    person.keys("r");
    assert_eq!(value(&mut person, "population"), "0");
    person.go_to("strategy");
    person.keys("r");
    assert_eq!(value(&mut person, "strategy"), "evolution");
    assert_eq!(value(&mut person, "population"), "77");
}

#[test]
fn a_new_study_is_the_same_before_and_after_the_catalogue() {
    let strategy = |model: &Model| {
        let text = attune_tui::recording::text(&attune_tui::recording::screen(model, SIZE.0, SIZE.1));
        let line = text.lines().find_map(|line| line.split_once("strategy ")).unwrap().1;
        line.split_whitespace().next().unwrap().to_owned()
    };
    let (mut model, _) = Model::new(Setup::default(), SIZE);
    update(&mut model, Message::Key(Key::Char('n')));
    assert_eq!(strategy(&model), "evolution");
    update(&mut model, Message::Key(Key::Esc));
    // Also from a backend that lists another one first.
    let mut late = catalogue();
    late.strategies.rotate_left(1);
    update(&mut model, Message::Answer(Answer::Catalogue(Ok(Box::new(late)))));
    update(&mut model, Message::Key(Key::Char('n')));
    assert_eq!(strategy(&model), "evolution");
}

#[test]
fn a_model_that_is_not_there_is_the_only_thing_to_put_right() {
    let mut person = opened(&PROFILE.replace("tiny-moe", "absent"));
    person.sees("there is no model in ../models/absent");
    person.sees("1 field to put right");
    assert_eq!(person.text().matches(" ! ").count(), 1, "{}", person.text());
    person.keys("l");
    person.sees("there is no model in ../models/absent");
}

#[test]
fn the_first_technique_that_the_model_takes_is_suggested() {
    let (mut model, _) = Model::new(Setup::default(), SIZE);
    let mut late = catalogue();
    late.techniques.rotate_right(1);
    update(&mut model, Message::Answer(Answer::Catalogue(Ok(Box::new(late)))));
    let effects = update(&mut model, Message::Key(Key::Char('n')));
    let mut demo = Demo::default();
    let asked = effects.into_iter().filter_map(|effect| match effect {
        Effect::Ask(request) => Some(request),
        _ => None,
    });
    let answers: Vec<Answer> = asked.flat_map(|request| demo.answers(request)).collect();
    answers.into_iter().for_each(|answer| drop(update(&mut model, Message::Answer(answer))));
    let text = attune_tui::recording::text(&attune_tui::recording::screen(&model, SIZE.0, SIZE.1));
    assert!(text.contains("technique          expert-pruning"), "tiny-moe has one checkpoint:\n{text}");
}
