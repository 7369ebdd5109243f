//! A panic gives the terminal back before it says anything. What happens to a whole process is seen from outside: this
//! test binary runs itself in a pseudo-terminal.

use std::io::Read as _;
use std::thread;
use std::time::Duration;

use attune::backend::{Backend, Mailbox, Request, THREAD};
use attune_tui::{Ended, Setup, run};
use pty_process::blocking::{Command, open};

use crate::demo::Demo;

const MESSAGE: &str = "the thread of an answer breaks";
/// Whoever began a study catches its panics and says what failed.
const OF_A_STUDY: &str = "the thread of a study breaks";

/// A backend under which the thread of a study panics a moment after the screens have opened, and then its own.
struct Breaking(Demo);

impl Backend for Breaking {
    fn ask(&mut self, request: Request, mailbox: &Mailbox) {
        if request == Request::Catalogue {
            let answers = thread::Builder::new().name(THREAD.to_owned()).spawn(|| {
                thread::sleep(Duration::from_millis(300));
                let study = thread::spawn(|| panic!("{OF_A_STUDY}"));
                assert!(study.join().is_err());
                thread::sleep(Duration::from_millis(300));
                panic!("{MESSAGE}");
            });
            assert!(answers.is_ok());
        }
        self.0.ask(request, mailbox);
    }

    fn close(&mut self) {}
}

#[test]
#[ignore = "needs a terminal; the test below gives it one"]
fn screens_over_a_thread_that_panics() {
    let ended = run(Setup::default(), &mut Breaking(Demo::default())).unwrap();
    assert_eq!(ended, Ended::Panicked);
}

#[test]
fn a_panic_of_the_screens_gives_the_terminal_back_and_says_why_and_one_of_a_study_does_not_end_them() {
    let (mut pty, pts) = open().unwrap();
    pty.resize(pty_process::Size::new(24, 80)).unwrap();
    let script = "\"$CHILD\" --exact panic::screens_over_a_thread_that_panics --ignored --nocapture; \
                  echo \"code $?\"; stty -a";
    let mut child = Command::new("sh")
        .args(["-c", script])
        .env("CHILD", std::env::current_exe().unwrap())
        .env("TERM", "xterm-256color")
        .spawn(pts)
        .unwrap();
    let mut output = Vec::new();
    let mut bytes = [0; 4096];
    // Reading fails when the shell has ended.
    while let Ok(count @ 1..) = pty.read(&mut bytes) {
        output.extend_from_slice(&bytes[..count]);
    }
    child.wait().unwrap();
    let text = String::from_utf8_lossy(&output);
    let at = |what: &str| text.find(what).unwrap_or_else(|| panic!("no {what:?} in\n{text}"));
    assert!(at("\u{1b}[?1049h") < at("Studies"), "the screens were there\n{text}");
    assert!(at("Studies") < at("\u{1b}[?1049l"), "{text}");
    assert!(at("\u{1b}[?1049l") < at(MESSAGE), "the message would be lost with the screens:\n{text}");
    assert!(!text.contains(OF_A_STUDY), "nothing writes into the screens:\n{text}");
    assert!(at("\u{1b}[?25h") < at("code 0"), "the cursor is back\n{text}");
    for mode in ["1000", "1006", "2004"] {
        let (taken, given) = (at(&format!("\u{1b}[?{mode}h")), at(&format!("\u{1b}[?{mode}l")));
        assert!(taken < given && given < at(MESSAGE), "mode {mode}: {text}");
    }
    // Cooked again: lines are edited and echoed.
    let modes = &text[at("code 0")..];
    let on = |mode: &str| modes.split_whitespace().any(|word| word.trim_end_matches(';') == mode);
    assert!(on("icanon") && on("echo") && on("isig"), "{modes}");
}
