//! Whatever is pressed and whatever happens: no panic, and no dialog that Escape does not close.

use std::time::Duration;

use attune::backend::Answer;
use attune_core::event::{Event, Progress};
use attune_tui::{Key, Message, Setup};
use proptest::prelude::*;

use crate::backend_harness::Harness;
use crate::demo::{self, event};

#[derive(Clone, Debug)]
enum Step {
    Key(Key),
    Paste,
    Second(usize),
    Resize(u16, u16),
    Event(u64),
    Odd(u8),
}

fn steps() -> impl Strategy<Value = Step> {
    let special = proptest::sample::select(vec![
        Key::Enter,
        Key::Esc,
        Key::Tab,
        Key::BackTab,
        Key::Backspace,
        Key::Delete,
        Key::Left,
        Key::Right,
        Key::Up,
        Key::Down,
        Key::PageUp,
        Key::PageDown,
        Key::Home,
        Key::End,
        Key::Ctrl('z'),
        Key::Ctrl('l'),
        Key::Ctrl('u'),
    ]);
    let letters: Vec<char> = "nlestxpcbdoOmfrq12345/?j kä=,".chars().collect();
    prop_oneof![
        8 => proptest::sample::select(letters).prop_map(|letter| Step::Key(Key::Char(letter))),
        8 => special.prop_map(Step::Key),
        1 => Just(Step::Paste),
        3 => (0_usize..30).prop_map(Step::Second),
        1 => (0_u16..220, 0_u16..70).prop_map(|(columns, rows)| Step::Resize(columns, rows)),
        2 => (0_u64..90).prop_map(Step::Event),
        2 => any::<u8>().prop_map(Step::Odd),
    ]
}

/// Answers that nobody asked for, or that come too late.
fn odd(which: u8) -> Message {
    Message::Answer(match which % 8 {
        0 => Answer::Studies(Err("the store is damaged".into())),
        1 => Answer::Opened(Err("there is no such study".into())),
        2 => Answer::Ended { study: "quickstart".into(), failure: Some("it broke".into()) },
        3 => event(Event::Interrupted { progress: Progress::default() }),
        4 => event(Event::Finished(Box::new(demo::finished("quickstart")))),
        5 => Answer::Profiles(Vec::new()),
        6 => event(Event::Warning { message: "wärning ".repeat(40) }),
        _ => Answer::Exported { study: "done".into(), written: Err("no space".into()) },
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn nothing_panics_and_every_dialog_closes(steps in proptest::collection::vec(steps(), 1..120)) {
        let mut harness = Harness::new(80, 24, Setup::default());
        for (position, step) in steps.into_iter().enumerate() {
            match step {
                Step::Key(key) => harness.key(key),
                Step::Paste => harness.send(Message::Paste("a\nb c".into())),
                Step::Second(steps) => harness.second(steps),
                Step::Resize(columns, rows) => harness.send(Message::Resize(columns, rows)),
                Step::Event(id) => harness.send(Message::Answer(event(Event::TrialFinished {
                    trial: Box::new(demo::trial(id)),
                    best: id % 5 == 0,
                    progress: Progress { trials: id, budget: 10, ..Progress::default() },
                }))),
                Step::Odd(which) => harness.send(odd(which)),
            }
            if position % 4 == 0 {
                harness.text();
            }
        }
        harness.send(Message::Tick(Duration::from_secs(3)));
        let mut presses = 0;
        while harness.model.has_modal() {
            harness.key(Key::Esc);
            presses += 1;
            prop_assert!(presses <= 12, "a dialog stays open:\n{}", harness.text());
        }
        // From anywhere, Escape leads home, and home can be left.
        (0..6).for_each(|_| harness.key(Key::Esc));
        if harness.model.has_modal() {
            harness.key(Key::Enter);
        }
        harness.quit = false;
        harness.key(Key::Ctrl('c'));
        harness.key(Key::Ctrl('c'));
        prop_assert!(harness.quit);
    }
}
