//! However the screens end, the terminal is as it was: every mode that was asked for is given back.

use std::collections::BTreeMap;

use crate::support::Place;
use crate::terminal::Terminal;

/// The shell says where the process is, runs it, and shows the modes of the line afterwards.
const SCRIPT: &str = "sh -c 'echo $$ > pid; exec \"$ATTUNE\" --store store'; echo \"ended with $?\"; stty -a; \
                      echo that was all; read line";

/// Private modes that are on after everything that was written, but those that are on in any new terminal.
fn modes(written: &str) -> Vec<String> {
    // The cursor is seen in a new terminal.
    let mut on: BTreeMap<String, bool> = [("25".to_owned(), true)].into();
    for rest in written.split("\x1b[?").skip(1) {
        let end = rest.find(|letter: char| !letter.is_ascii_digit() && letter != ';').unwrap_or(rest.len());
        let (numbers, set) = (&rest[..end], rest[end..].chars().next());
        for number in numbers.split(';') {
            match set {
                Some('h') => drop(on.insert(number.to_owned(), true)),
                Some('l') => drop(on.insert(number.to_owned(), false)),
                _ => {}
            }
        }
    }
    assert!(on.len() > 4, "the screens ask for modes: {on:?}");
    assert_eq!(on.remove("25"), Some(true), "the cursor is seen again");
    on.into_iter().filter(|(_, on)| *on).map(|(number, _)| number).collect()
}

#[test]
fn every_mode_is_given_back_however_the_screens_end() {
    let keys = [("q", "0"), ("\x03", "0")];
    let signals = [("TERM", "130"), ("HUP", "130"), ("INT", "130")];
    for (how, code) in keys.into_iter().chain(signals) {
        for dialog in [false, true] {
            let place = Place::new();
            place.small_profile(&[]);
            let mut person = Terminal::shell(&place, SCRIPT);
            person.sees("small.ron");
            if dialog {
                // In the form, with a line that is being typed.
                person.press("\r");
                person.sees("ready to launch");
                person.press("\r");
                person.waits_for("a line to type into", |text| text.contains('▏'));
                if how == "q" {
                    person.press("\x1b");
                    person.waits_for("the line to close", |text| !text.contains('▏'));
                }
            }
            if how.len() > 1 {
                let process = std::fs::read_to_string(place.path("pid")).unwrap();
                let kill = std::process::Command::new("kill").args(["-s", how, process.trim()]).status();
                assert!(kill.unwrap().success());
            } else {
                person.press(how);
            }
            person.sees("that was all");
            let text = person.text();
            assert!(text.contains(&format!("ended with {code}")), "{how:?}:\n{text}");
            for mode in ["icanon", "echo", "isig", "icrnl", "opost"] {
                let on = text.split_whitespace().any(|word| word.trim_end_matches(';') == mode);
                assert!(on, "{how:?} leaves the line without {mode}:\n{text}");
            }
            let written: String = person.written().into_iter().map(|(_, text)| text).collect();
            assert_eq!(modes(&written), [""; 0], "{how:?}");
        }
    }
}
