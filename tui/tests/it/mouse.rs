//! The mouse does what keys do.

use attune_tui::{Key, Message, Mouse, MouseKind, Setup};

use crate::backend_harness::Harness;

/// Clicks on the first place that shows `words`.
#[track_caller]
fn click(person: &mut Harness, words: &str) {
    let text = person.text();
    let found = (0..).zip(text.lines()).find_map(|(row, line)| {
        let (before, _) = line.split_once(words)?;
        Some((before.chars().count() as u16, row))
    });
    let Some((column, row)) = found else { panic!("`{words}` is not on the screen:\n{text}") };
    person.send(Message::Mouse(Mouse { kind: MouseKind::Click, column, row }));
}

fn wheel(person: &mut Harness, kind: MouseKind) {
    person.send(Message::Mouse(Mouse { kind, column: 5, row: 5 }));
}

#[test]
fn the_first_click_chooses_and_the_second_one_opens() {
    for (columns, rows) in [(60, 18), (80, 24), (200, 60)] {
        let mut person = Harness::new(columns, rows, Setup::default());
        click(&mut person, "profiles/smollm2");
        person.sees("›profiles/smollm2");
        click(&mut person, "profiles/quickstart");
        person.sees("›profiles/quickstart");
        click(&mut person, "profiles/quickstart");
        person.sees("new study");
        click(&mut person, "technique   ");
        person.sees("›technique");
        click(&mut person, "technique   ");
        person.sees("Esc as it was");
        click(&mut person, "kv-bits");
        click(&mut person, "kv-bits");
        person.sees("technique          kv-bits");
        click(&mut person, "Esc");
        person.sees("Leave without saving?");
        click(&mut person, "leave without");
        person.sees("Studies");
        click(&mut person, "done");
        person.sees("›done");
        click(&mut person, "done");
        person.sees("The found config is");
    }
}

#[test]
fn the_wheel_scrolls_and_nothing_under_a_dialog_is_clicked() {
    let mut person = Harness::new(80, 24, Setup::default());
    person.keys("n");
    wheel(&mut person, MouseKind::Down);
    assert!(!person.text().contains("›model "), "{}", person.text());
    wheel(&mut person, MouseKind::Up);
    person.sees("›model ");
    person.keys("?");
    wheel(&mut person, MouseKind::Down);
    person.sees("Keys");
    person.key(Key::Esc);
    person.keys("?");
    let before = person.text();
    person.send(Message::Mouse(Mouse { kind: MouseKind::Click, column: 0, row: 2 }));
    assert_eq!(person.text(), before);
}
