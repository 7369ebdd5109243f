//! The whole way of a person who has never read the docs, and the ways off it.

use attune::backend::{Answer, Request};
use attune_core::event::Command;
use attune_tui::{Effect, Key, Message, Model, Setup, update};

use crate::backend_harness::Harness;
use crate::demo::{Demo, PROFILE, catalogue};

fn fresh() -> Harness {
    Harness::new(80, 24, Setup::default())
}

#[test]
fn from_an_empty_store_to_an_export() {
    let mut person = Harness::over(Demo { empty: true, ..Demo::default() }, 80, 24, Setup::default());
    person.sees("No study yet: press n for a new one");
    person.keys("n");
    person.sees("model              models/tiny-moe");
    person.sees("technique          expert-pruning");
    person.sees("6 layers, 4 heads, 2 KV heads, 8 experts");
    person.sees("ready to launch");
    person.keys("t");
    person.sees("time: 0.8 s a trial on cpu");
    person.sees("$ attune run tiny-moe-expert-pruning.ron");
    person.keys("l");
    let text = &person.demo.saved["tiny-moe-expert-pruning.ron"];
    assert!(attune_core::profile::Profile::parse("p.ron", text, &[]).is_ok(), "{text}");
    person.sees("searching");
    person.second(30);
    person.second(30);
    person.sees("60/60 trials");
    person.second(1);
    person.sees("finished");
    person.key(Key::Enter);
    person.sees("The found config is better than `soft-activation`");
    person.sees("$ attune show quickstart");
    person.keys("e");
    person.sees("Exactly this plan.");
    person.key(Key::Down);
    person.sees("$ attune export quickstart --to hf --out quickstart-hf");
    person.key(Key::Enter);
    person.sees("Exported 2 files:");
    person.key(Key::Esc);
    person.keys("q");
    assert!(person.quit);
}

#[test]
fn a_fault_stands_beside_the_field_that_causes_it() {
    let mut person = fresh();
    person.keys("n");
    person.fill("keep", "many");
    person.sees("keep               many ! expected a whole number from 1 to 256");
    person.sees("1 field to put right");
    person.keys("l");
    person.sees("\n ! expected a whole number from 1 to 256");
    person.keys("r");
    person.sees("ready to launch");
    assert!(person.demo.saved.is_empty());
}

#[test]
fn the_technique_decides_which_fields_there_are() {
    let mut person = fresh();
    person.keys("n");
    person.sees("keep");
    person.go_to("technique");
    person.key(Key::Right);
    person.sees("technique          kv-bits");
    person.sees("levels             2, 4, 8");
    person.keys("s");
    let text = person.demo.saved.values().next().unwrap();
    assert!(text.contains("technique: (name: \"kv-bits\"),"), "defaults are not written out:\n{text}");
}

#[test]
fn a_profile_opens_as_fields_and_is_written_only_when_it_changes() {
    let mut person = fresh();
    person.key(Key::Tab);
    person.key(Key::Enter);
    person.sees("new study · profiles/quickstart.ron");
    person.sees("ready to launch");
    person.keys("l");
    assert!(person.demo.saved.is_empty(), "an unchanged profile is launched as it is");

    let mut person = fresh();
    person.key(Key::Tab);
    person.key(Key::Enter);
    person.go_to("keep");
    person.key(Key::Right);
    person.keys("l");
    person.sees("There is a file profiles/quickstart.ron already.");
    person.key(Key::Esc);
    assert!(person.demo.saved.is_empty());
    person.key(Key::Esc);
    person.sees("Leave without saving?");
    person.key(Key::Esc);
    person.keys("l");
    person.key(Key::Enter);
    assert!(person.demo.saved["profiles/quickstart.ron"].contains("\"keep\": 5"));
    person.sees("searching");
}

#[test]
fn a_running_study_obeys_and_is_never_lost_by_quitting() {
    let mut person = fresh();
    person.key(Key::Tab);
    person.key(Key::Enter);
    person.keys("l");
    person.second(3);
    person.keys("p");
    person.sees("paused");
    person.keys("p");
    person.key(Key::Esc);
    person.sees("Studies");
    person.keys("q");
    person.sees("quickstart is running in this window");
    assert!(!person.quit);
    person.key(Key::Esc);
    assert!(!person.quit);
    person.key(Key::Ctrl('c'));
    person.keys("x");
    assert!(person.quit, "it quits when the study has stopped");
    let commands: Vec<Command> = person.demo.commands.iter().map(|(_, command)| *command).collect();
    assert_eq!(commands, [Command::Pause, Command::Resume, Command::StopNow]);
}

#[test]
fn a_running_study_shows_the_device_that_it_was_started_on() {
    let setup = Setup { device: "vulkan".to_owned(), ..Setup::default() };
    let mut person = Harness::new(120, 40, setup);
    person.key(Key::Tab);
    person.key(Key::Enter);
    person.keys("l");
    person.second(3);
    person.sees("--study quickstart --device vulkan");
}

#[test]
fn a_study_of_another_process_is_watched_and_not_commanded() {
    let mut person = fresh();
    person.key(Key::Enter);
    person.sees("searching (in another process)");
    person.sees("24/60 trials");
    person.keys("p");
    person.sees("another process runs this study");
    assert!(person.demo.commands.is_empty());
    person.keys("q");
    assert!(person.quit, "watching holds nobody back");
}

#[test]
fn signals_and_control_keys() {
    let mut person = fresh();
    person.key(Key::Ctrl('z'));
    assert_eq!(person.suspended, 1);
    person.key(Key::Tab);
    person.key(Key::Enter);
    person.keys("l");
    person.send(Message::Hangup);
    assert!(person.quit);
    assert_eq!(person.demo.commands, [("quickstart".to_owned(), Command::StopNow)]);
}

#[test]
fn a_filter_narrows_the_list_and_escape_clears_it() {
    let mut person = fresh();
    person.keys("/stop");
    person.sees("filter: stop");
    assert!(!person.text().contains("elsewhere"));
    person.key(Key::Esc);
    person.sees("elsewhere");
}

#[test]
fn a_profile_that_arrives_before_the_catalogue_is_not_changed_by_it() {
    let (mut model, _) = Model::new(Setup::default(), (80, 24));
    let path = "quickstart.ron".to_owned();
    let found = attune_core::profile::Profile::parse(&path, PROFILE, &[]).map_err(|error| error.to_string());
    let found = found.map(|profile| (path.clone(), Box::new(profile)));
    update(&mut model, Message::Answer(Answer::Profile { path: path.clone(), found }));
    let text = attune_tui::recording::text(&attune_tui::recording::screen(&model, 80, 24));
    assert!(!text.contains("to put right"), "what is not known yet is not wrong:\n{text}");
    update(&mut model, Message::Answer(Answer::Catalogue(Ok(Box::new(catalogue())))));
    let effects = update(&mut model, Message::Key(Key::Char('l')));
    let launch = Request::Launch { profile: path, study: None, device: "auto".into() };
    assert_eq!(effects, [Effect::Ask(launch)], "nothing is written over a file that says the same");
}

#[test]
fn nothing_is_checked_before_it_is_known_what_a_task_takes() {
    let (mut model, _) = Model::new(Setup::default(), (80, 24));
    let path = "quickstart.ron".to_owned();
    let found = attune_core::profile::Profile::parse(&path, PROFILE, &[]).map_err(|error| error.to_string());
    let found = found.map(|profile| (path.clone(), Box::new(profile)));
    let mut asked = update(&mut model, Message::Answer(Answer::Profile { path, found }));
    let (mut demo, mut checks) = (Demo::default(), 0);
    while let Some(effect) = asked.pop() {
        let answers = match effect {
            Effect::Ask(Request::Technique { name, .. }) => {
                let found = catalogue().techniques.into_iter().find(|info| info.name == name).unwrap();
                vec![Answer::Technique { name, found: Ok(Box::new(found)) }]
            }
            Effect::Ask(request @ Request::Model { .. }) => demo.answers(request),
            Effect::Ask(Request::Check { .. }) => {
                checks += 1;
                Vec::new()
            }
            _ => Vec::new(),
        };
        asked.extend(answers.into_iter().flat_map(|answer| update(&mut model, Message::Answer(answer))));
    }
    let text = attune_tui::recording::text(&attune_tui::recording::screen(&model, 80, 24));
    assert!(checks == 0 && text.contains("checking"), "{checks} checks:\n{text}");
    let asked = update(&mut model, Message::Answer(Answer::Catalogue(Ok(Box::new(catalogue())))));
    let check = asked.iter().find_map(|effect| match effect {
        Effect::Ask(Request::Check { draft, .. }) => Some(&draft.text),
        _ => None,
    });
    assert!(check.is_some_and(|text| text.contains("length: ")), "{asked:?}");
}

#[test]
fn what_a_model_may_still_suggest_is_not_asked_of_a_person() {
    let (mut model, _) = Model::new(Setup::default(), (80, 24));
    update(&mut model, Message::Answer(Answer::Catalogue(Ok(Box::new(catalogue())))));
    let effects = update(&mut model, Message::Key(Key::Char('n')));
    assert!(matches!(&effects[..], [Effect::Ask(Request::Model { .. })]), "{effects:?}");
    let text = |model: &Model| attune_tui::recording::text(&attune_tui::recording::screen(model, 80, 24));
    assert!(text(&model).contains("checking"), "{}", text(&model));
    assert!(!text(&model).contains("to put right"), "{}", text(&model));
    update(&mut model, Message::Key(Key::Char('l')));
    assert!(text(&model).contains("needs a value"), "it is not launched before:\n{}", text(&model));
}
