//! The screens and a demo backend, without a terminal and without threads.

use std::time::Duration;

use attune_tui::{Effect, Key, Message, Model, Setup, recording, update};

use crate::demo::Demo;

pub(crate) struct Harness {
    pub(crate) model: Model,
    pub(crate) demo: Demo,
    pub(crate) quit: bool,
    pub(crate) suspended: usize,
    pub(crate) copied: Option<String>,
    pub(crate) edited: Option<String>,
    size: (u16, u16),
    seconds: u64,
}

impl Harness {
    pub(crate) fn new(columns: u16, rows: u16, setup: Setup) -> Self {
        Self::over(Demo::default(), columns, rows, setup)
    }

    pub(crate) fn over(demo: Demo, columns: u16, rows: u16, setup: Setup) -> Self {
        let (model, effects) = Model::new(setup, (columns, rows));
        let mut harness = Self {
            model,
            demo,
            quit: false,
            suspended: 0,
            copied: None,
            edited: None,
            size: (columns, rows),
            seconds: 0,
        };
        harness.obey(effects);
        harness
    }

    pub(crate) fn send(&mut self, message: Message) {
        let effects = update(&mut self.model, message);
        self.obey(effects);
    }

    fn obey(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Ask(request) => {
                    for answer in self.demo.answers(request) {
                        self.send(Message::Answer(answer));
                    }
                }
                Effect::Quit => self.quit = true,
                Effect::Suspend => self.suspended += 1,
                Effect::Redraw => {}
                Effect::Copy(text) => self.copied = Some(text),
                Effect::Edit(path) => self.edited = Some(path),
            }
        }
    }

    pub(crate) fn key(&mut self, key: Key) {
        self.send(Message::Key(key));
    }

    /// Types text, or single-letter commands.
    pub(crate) fn keys(&mut self, text: &str) {
        text.chars().for_each(|letter| self.key(Key::Char(letter)));
    }

    /// One more second, in which the study that runs here makes `steps` steps.
    pub(crate) fn second(&mut self, steps: usize) {
        for _ in 0..steps {
            for answer in self.demo.step() {
                self.send(Message::Answer(answer));
            }
        }
        self.seconds += 1;
        self.send(Message::Tick(Duration::from_secs(self.seconds)));
    }

    pub(crate) fn text(&self) -> String {
        recording::text(&recording::screen(&self.model, self.size.0, self.size.1))
    }

    #[track_caller]
    pub(crate) fn sees(&self, text: &str) {
        let screen = self.text();
        assert!(screen.contains(text), "`{text}` is not on the screen:\n{screen}");
    }

    /// Gives the terminal another size.
    pub(crate) fn resize(&mut self, columns: u16, rows: u16) {
        self.size = (columns, rows);
        self.send(Message::Resize(columns, rows));
    }

    /// Moves down to the field with this label.
    #[track_caller]
    pub(crate) fn go_to(&mut self, label: &str) {
        self.key(Key::Home);
        for _ in 0..80 {
            if self.text().contains(&format!("›{label} ")) {
                return;
            }
            self.key(Key::Down);
        }
        panic!("no field `{label}`:\n{}", self.text());
    }

    /// Types a value into the field with this label.
    #[track_caller]
    pub(crate) fn fill(&mut self, label: &str, value: &str) {
        self.go_to(label);
        self.key(Key::Enter);
        self.key(Key::Ctrl('u'));
        self.keys(value);
        self.key(Key::Enter);
    }

    /// Every field of the form with its value, whatever fits the screen.
    pub(crate) fn form(&mut self) -> Vec<String> {
        self.key(Key::Home);
        let mut fields: Vec<String> = Vec::new();
        loop {
            let text = self.text();
            let line = text.lines().find_map(|line| line.split_once('›')).map(|(_, line)| line.to_owned());
            let line = line.unwrap_or_default();
            let (value, _) = line.split_once("  ←").or(line.split_once("  Enter")).unwrap_or((&line, ""));
            let value = value.trim_end().to_owned();
            if fields.last() == Some(&value) {
                return fields;
            }
            fields.push(value);
            self.key(Key::Down);
        }
    }
}
