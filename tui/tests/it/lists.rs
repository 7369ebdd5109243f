//! Lists to choose from, files to look for, fields that are folded away, and what leaves the screens.

use attune_tui::{Key, Message, Setup};

use crate::backend_harness::Harness;
use crate::demo::Demo;

fn new_study() -> Harness {
    let mut person = Harness::new(120, 40, Setup::default());
    person.keys("n");
    person
}

#[test]
fn a_choice_is_a_list_with_a_sentence_about_each() {
    let mut person = new_study();
    person.go_to("technique");
    person.key(Key::Enter);
    person.sees("Bits of keys and values of every layer");
    person.sees("tiny-moe has one checkpoint");
    person.key(Key::Down);
    person.key(Key::Enter);
    person.sees("technique          kv-bits");

    person.go_to("strategy");
    person.key(Key::Enter);
    person.sees("Covariance matrix adaptation.");
    person.keys("ran");
    assert!(!person.text().contains("Covariance"), "{}", person.text());
    person.key(Key::Enter);
    person.sees("strategy           random");

    person.key(Key::Enter);
    person.key(Key::Esc);
    person.sees("strategy           random");
}

#[test]
fn what_is_in_no_list_is_typed() {
    let mut person = new_study();
    person.fill("objective", "minimise kl, minimise memory");
    person.sees("objective          minimise kl, minimise memory");
    person.fill("technique", "own.wasm");
    person.sees("cannot load own.wasm");
    person.fill("technique", "kv-bits");
    person.sees("technique          kv-bits");
}

#[test]
fn files_and_folders_are_looked_for() {
    let mut person = new_study();
    person.key(Key::Enter);
    person.sees("model · models");
    person.sees("other/");
    assert!(!person.text().contains("notes.txt"), "a model is a folder:\n{}", person.text());
    for _ in 0..10 {
        if person.text().contains("›other/") {
            break;
        }
        person.key(Key::Down);
    }
    person.key(Key::Enter);
    person.sees("models/other");
    person.sees("tiny-moe-2/");
    person.key(Key::Down);
    person.key(Key::Enter);
    person.sees("model              models/other/tiny-moe-2");

    person.go_to("tune on");
    person.key(Key::Enter);
    person.sees("code.selection.txt");
    assert!(!person.text().contains("image.png"), "{}", person.text());
    person.key(Key::Ctrl('u'));
    person.keys("models/tiny-moe/data/co");
    person.key(Key::Tab);
    person.key(Key::Enter);
    person.sees("tune on            models/tiny-moe/data/code.selection.txt");
}

#[test]
fn a_profile_in_a_folder_names_models_from_there() {
    let mut person = Harness::new(120, 40, Setup::default());
    person.key(Key::Tab);
    person.key(Key::Enter);
    person.sees("new study · profiles/quickstart.ron");
    person.key(Key::Enter);
    person.sees("../models/smollm2");
}

#[test]
fn fields_that_few_need_are_folded_away_until_they_matter() {
    let mut person = new_study();
    for group in ["Model", "Technique", "Data", "Search", "Report"] {
        person.sees(group);
    }
    assert!(!person.text().contains(" population  "), "{}", person.text());
    person.sees("more: population");
    while !person.text().contains("›▸ Search") {
        person.key(Key::Down);
    }
    person.key(Key::Enter);
    person.fill("population", "12");
    person.keys("a");
    person.sees("population         12");
    assert!(!person.text().contains("seconds per trial"), "{}", person.text());
    person.keys("a");
    person.sees("seconds per trial");
}

#[test]
fn the_command_line_of_every_screen_can_be_copied() {
    let mut person = new_study();
    person.keys("y");
    assert_eq!(person.copied.as_deref(), Some("attune run tiny-moe-expert-pruning.ron"));
    person.sees("copied");
    person.key(Key::Esc);
    person.keys("y");
    assert_eq!(person.copied.as_deref(), Some("attune studies"));
}

#[test]
fn a_profile_is_edited_by_another_program_and_read_again() {
    let mut person = Harness::new(120, 40, Setup::default());
    person.key(Key::Tab);
    person.key(Key::Enter);
    person.keys("e");
    let path = person.edited.take().unwrap();
    assert_eq!(path, "profiles/quickstart.ron");
    person.demo.profile = Some(crate::demo::PROFILE.replace("\"keep\": 4", "\"keep\": 8"));
    person.send(Message::Edited { path: path.clone(), failure: None });
    person.sees("keep               8 ! is 8: every layer of tiny-moe has 8 experts");
    person.send(Message::Edited { path, failure: Some("no editor could be started".into()) });
    person.sees("no editor could be started");

    let mut person = Harness::over(Demo::default(), 120, 40, Setup::default());
    person.keys("ne");
    assert_eq!(person.edited, None);
    person.sees("there is no file yet");
}

#[test]
fn the_first_screen_says_how_much_there_is_and_what_goes_on_with_a_study() {
    let mut person = Harness::new(80, 18, Setup::default());
    person.sees("35 %");
    person.sees("Studies, newest first");
    person.keys("/done");
    person.key(Key::Enter);
    person.sees("Studies (1 of 5), newest first");
    person.keys("/");
    person.key(Key::Esc);
    person.keys("/nothing is called so");
    person.sees("no study fits the filter");
    person.sees("no profile fits the filter");
    person.key(Key::Esc);
    person.key(Key::Home);
    person.key(Key::Down);
    person.sees("$ attune continue stopped");
}
