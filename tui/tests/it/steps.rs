//! Single steps of `update` as a table: where one is, which key, what is asked of the backend.

use attune::backend::{Answer, Request};
use attune::replay::Replay;
use attune_core::event::Command;
use attune_core::store::Record;
use attune_tui::{Effect, Key, Message, Setup, update};

use crate::backend_harness::Harness;
use crate::demo;

/// The effects of the last of these keys. `\t`, `\r` and `\x1b` are Tab, Enter and Escape, `v` is Down.
fn effects(keys: &str) -> Vec<Effect> {
    let mut harness = Harness::new(80, 24, Setup::default());
    let key = |letter| match letter {
        '\t' => Key::Tab,
        '\r' => Key::Enter,
        '\x1b' => Key::Esc,
        'v' => Key::Down,
        letter => Key::Char(letter),
    };
    let (last, before) = keys.char_indices().next_back().map_or((' ', ""), |(at, last)| (last, &keys[..at]));
    before.chars().for_each(|letter| harness.key(key(letter)));
    harness.second(3);
    update(&mut harness.model, Message::Key(key(last)))
}

fn command(command: Command) -> Request {
    Request::Command { study: "quickstart".into(), command }
}

#[test]
fn keys_ask_for_what_they_say() {
    let home = || vec![Request::Studies, Request::Profiles];
    let launch =
        Request::Launch { profile: "profiles/quickstart.ron".into(), study: None, device: "auto".into() };
    let table = [
        // The one that runs is the first, then the newest.
        ("\r", vec![Request::Open { study: "elsewhere".into() }]),
        ("vv\r", vec![Request::Open { study: "done".into() }]),
        ("\t\r", vec![Request::Load { path: "profiles/quickstart.ron".into() }]),
        ("\t\rl", vec![launch]),
        ("?\x1b", vec![]),
        ("n\x1b", home()),
        ("vv\r\x1b", home()),
        ("\r\x1b", [vec![Request::Leave { study: "elsewhere".into() }], home()].concat()),
        ("\t\rl\x1b", home()),
        ("\t\rlp", vec![command(Command::Pause)]),
        ("\t\rlpp", vec![command(Command::Resume)]),
        ("\t\rls", vec![command(Command::StopAfterGeneration)]),
        ("\t\rlx", vec![command(Command::StopNow)]),
        ("vv\re", vec![Request::Targets { study: "done".into(), trial: None }]),
        ("vv\rte", vec![Request::Targets { study: "done".into(), trial: Some(17) }]),
        (
            "vv\re\r",
            vec![Request::Export {
                study: "done".into(),
                trial: None,
                to: "plan".into(),
                out: "done-plan".into(),
                approximate: false,
            }],
        ),
        (
            "vv\revv\r",
            vec![Request::Export {
                study: "done".into(),
                trial: None,
                to: "gguf".into(),
                out: "done-gguf".into(),
                approximate: true,
            }],
        ),
        // A target that cannot express the plan is not asked to.
        ("vv\revvv\r", vec![]),
    ];
    for (keys, expected) in table {
        let expected: Vec<Effect> = expected.into_iter().map(Effect::Ask).collect();
        assert_eq!(effects(keys), expected, "{keys:?}");
    }
    assert_eq!(effects("q"), [Effect::Quit]);
    assert_eq!(effects("\t\rlq"), [], "it asks first");
}

#[test]
fn a_journal_that_is_tailed_tells_the_same_study() {
    let mut watcher = Harness::new(80, 24, Setup::default());
    watcher.key(Key::Enter);
    watcher.sees("24/60 trials");
    // The backend reads the journal from its beginning: trials that the opening brought come again.
    let mut replay = Replay::new(Vec::new(), demo::BUDGET);
    for id in 0..40 {
        let Some(event) = replay.next(&Record::Trial(Box::new(demo::trial(id)))) else {
            panic!("a trial is an event")
        };
        watcher.send(Message::Answer(Answer::Event { study: "elsewhere".into(), event }));
    }
    watcher.second(0);
    watcher.sees("40/60 trials");
    watcher.keys("2");
    watcher.key(Key::End);
    watcher.sees("›    39 complete");
    let finished = attune_core::event::Event::Finished(Box::new(demo::finished("elsewhere")));
    watcher.send(Message::Answer(Answer::Event { study: "elsewhere".into(), event: finished }));
    watcher.key(Key::Enter);
    watcher.sees("found (trial 59)");
}
