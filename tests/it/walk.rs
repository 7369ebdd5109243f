//! The walk of a new user through the screens alone, from the first one to an exported result, recorded as it happens.
//! `cargo xtask walk` records it anew.

use std::fmt::Write as _;
use std::thread::sleep;
use std::time::Duration;

use crate::screens::checkout;
use crate::support::root;
use crate::terminal::Terminal;

const SIZE: (u16, u16) = (80, 24);
/// Longest that a walk may take: five minutes.
const LIMIT: Duration = Duration::from_secs(300);
/// How long a person looks before doing something.
const LOOK: Duration = Duration::from_millis(1200);
/// What is written within this time is one event of the recording.
const TOGETHER: Duration = Duration::from_millis(100);

#[test]
#[ignore = "takes minutes and writes docs/screens/walk.cast; `cargo xtask walk` runs it"]
fn a_new_user_walks_from_the_first_screen_to_an_exported_result() {
    let place = checkout();
    let mut person = Terminal::open_plainly_sized(&place, SIZE.0, SIZE.1);
    let does = |person: &mut Terminal, keys: &str| {
        sleep(LOOK);
        person.press(keys);
    };
    person.sees("›profiles/quickstart.ron");
    does(&mut person, "\r");
    person.sees("ready to launch");
    sleep(LOOK);
    person.fill("trials", "48");
    sleep(LOOK);
    person.fill("items per trial", "8");
    does(&mut person, "a");
    person.fill("report items", "16");
    sleep(LOOK);
    person.fill("random configs", "4");
    person.sees("ready to launch");
    does(&mut person, "t");
    person.sees("s a trial on");
    does(&mut person, "l");
    person.sees("Replace the file?");
    does(&mut person, "\r");
    person.sees("searching");
    for panel in ["2", "3", "4", "1"] {
        does(&mut person, panel);
    }
    person.sees("Enter result");
    does(&mut person, "\r");
    person.sees("found");
    does(&mut person, "e");
    person.sees("Exactly this plan.");
    does(&mut person, "\x1b[B");
    person.sees("--to hf");
    does(&mut person, "\r");
    person.sees("Exported ");
    does(&mut person, "\x1b");
    does(&mut person, "q");
    assert_eq!(person.code(), Some(0));
    assert!(place.path("quickstart-hf/model.safetensors").exists());

    let written = person.written();
    let last = written.last().unwrap().0;
    assert!(last < LIMIT, "it took {last:?}");
    std::fs::write(root().join("docs/screens/walk.cast"), cast(&written)).unwrap();
}

/// The recording in the format asciicast 2, which `asciinema play` plays.
fn cast(written: &[(Duration, String)]) -> String {
    let (columns, rows) = SIZE;
    let mut text = format!(
        "{{\"version\": 2, \"width\": {columns}, \"height\": {rows}, \"title\": \"attune: from a fresh clone to an export\"}}\n"
    );
    let mut events: Vec<(Duration, String)> = Vec::new();
    for (at, data) in written {
        match events.last_mut() {
            Some((begun, together)) if *at < *begun + TOGETHER => together.push_str(data),
            _ => events.push((*at, data.clone())),
        }
    }
    for (at, data) in events {
        let data = serde_json::Value::String(data);
        writeln!(text, "[{:.2}, \"o\", {data}]", at.as_secs_f64()).unwrap();
    }
    text
}
