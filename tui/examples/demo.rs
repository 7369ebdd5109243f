//! The screens with a backend that has no model, on a real terminal: `cargo run -p attune-tui --example demo`.
//!
//! A launched study takes a minute and makes as many trials a second as the first argument says (1 without one).
//! With `panic` as a second argument its thread panics after ten: the terminal must be as it was.

#[path = "../tests/it/demo.rs"]
mod demo;

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use attune::backend::{Backend, Mailbox, Request};
use attune_core::event::Command;
use attune_tui::{Setup, run};

struct Running {
    demo: Arc<Mutex<demo::Demo>>,
    a_second: u64,
    panics: bool,
}

impl Backend for Running {
    fn ask(&mut self, request: Request, mailbox: &Mailbox) {
        let launch = matches!(request, Request::Launch { .. });
        self.demo.lock().unwrap_or_else(PoisonError::into_inner).ask(request, mailbox);
        if launch {
            let (demo, mailbox) = (Arc::clone(&self.demo), mailbox.clone());
            let (pause, panics) = (Duration::from_micros(1_000_000 / self.a_second), self.panics);
            thread::spawn(move || {
                let mut steps = 0;
                loop {
                    thread::sleep(pause);
                    let mut demo = demo.lock().unwrap_or_else(PoisonError::into_inner);
                    let last = demo.commands.iter().rev().map(|(_, command)| *command);
                    if last.clone().find(|c| matches!(c, Command::Pause | Command::Resume))
                        == Some(Command::Pause)
                    {
                        continue;
                    }
                    let answers = demo.step();
                    if answers.is_empty() {
                        return;
                    }
                    answers.into_iter().for_each(|answer| mailbox.send(answer));
                    steps += 1;
                    assert!(!panics || steps < 10, "the demo was asked to panic");
                }
            });
        }
    }

    fn close(&mut self) {}
}

fn main() -> io::Result<()> {
    let mut words = std::env::args().skip(1);
    let a_second = words.next().and_then(|word| word.parse().ok()).unwrap_or(1_u64).clamp(1, 100_000);
    let panics = words.next().is_some();
    let colour = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let demo = demo::Demo { budget: Some(60 * a_second), ..demo::Demo::default() };
    let mut backend = Running { demo: Arc::new(Mutex::new(demo)), a_second, panics };
    run(Setup { colour, ..Setup::default() }, &mut backend).map(drop)
}
