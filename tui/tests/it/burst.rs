//! A burst of events is a few drawings, and drawing holds nobody up.

use std::io;
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

use attune::backend::{Answer, Backend, Mailbox, Request};
use attune_core::event::{Event, Progress};
use attune_tui::{Ended, Hooks, Key, Message, Setup, drive};
use ratatui::Terminal;
use ratatui::backend::TestBackend;

use crate::demo::{self, Demo, event};

const EVENTS: u64 = 10_000;

struct NoTerminal;

impl Hooks for NoTerminal {
    fn suspend(&self) -> io::Result<()> {
        Ok(())
    }

    fn resume(&self) -> io::Result<()> {
        Ok(())
    }

    fn edit(&self, _path: &str) -> io::Result<Option<String>> {
        Ok(None)
    }

    fn copy(&self, _text: &str) -> io::Result<()> {
        Ok(())
    }

    fn panicked(&self) -> bool {
        false
    }
}

/// Opens a study as soon as the list is asked for.
struct Opened(Demo);

impl Backend for Opened {
    fn ask(&mut self, request: Request, mailbox: &Mailbox) {
        self.0.ask(request, mailbox);
    }

    fn close(&mut self) {}
}

#[test]
fn ten_thousand_events_are_a_few_drawings() {
    let (send, receive) = channel();
    let events = send.clone();
    let feeder = thread::spawn(move || {
        let press = |key| events.send(Message::Key(key)).unwrap();
        [Key::Tab, Key::Enter].into_iter().for_each(press);
        // The profile has to be there before it can be launched.
        thread::sleep(Duration::from_millis(200));
        press(Key::Char('l'));
        thread::sleep(Duration::from_millis(200));
        for id in 0..EVENTS {
            let progress = Progress { trials: id + 1, budget: EVENTS, ..Progress::default() };
            let mut trial = demo::trial(id % 60);
            trial.id = id;
            let finished = Event::TrialFinished { trial: Box::new(trial), best: id % 100 == 0, progress };
            events.send(Message::Answer(event(finished))).unwrap();
        }
        thread::sleep(Duration::from_millis(500));
        events.send(Message::Answer(Answer::Ended { study: "quickstart".into(), failure: None })).unwrap();
        events.send(Message::Key(Key::Ctrl('c'))).unwrap();
    });
    let begun = Instant::now();
    let mut terminal = Terminal::new(TestBackend::new(200, 60)).unwrap();
    let ended =
        drive(Setup::default(), &mut terminal, &mut Opened(Demo::default()), (send, receive), &NoTerminal);
    assert_eq!(ended.unwrap(), Ended::Quit);
    let seconds = begun.elapsed().as_secs_f64();
    feeder.join().unwrap();
    // The frame counter of the terminal is the number of drawings: at most 20 a second.
    let drawings = terminal.get_frame().count();
    assert!(drawings >= 3, "{drawings} drawings");
    assert!((drawings as f64) <= 20.0 * seconds + 2.0, "{drawings} drawings in {seconds} s");
}
