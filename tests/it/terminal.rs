//! The screens in a pseudo-terminal, driven by keys and read through a terminal emulator.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::num::NonZeroU16;
use std::os::fd::AsFd as _;
use std::path::Path;
use std::process::Child;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{JoinHandle, sleep};
use std::time::{Duration, Instant};

use pty_process::Size;
use pty_process::blocking::{Command, Pty, open};

use crate::support::Place;

pub(crate) const ROWS: u16 = 40;
pub(crate) const COLUMNS: u16 = 130;
/// Longest wait for anything: machines that test are slow.
const PATIENCE: Duration = Duration::from_secs(60);
/// The same where a whole study is waited for.
const STUDY: Duration = Duration::from_secs(3600);
/// The command line under test.
const ATTUNE: &str = env!("CARGO_BIN_EXE_attune-under-test");

/// `attune` on a terminal of its own.
pub(crate) struct Terminal {
    /// `None` once the window is closed.
    window: Option<Pty>,
    screen: Arc<Mutex<vt100::Parser>>,
    reader: Option<JoinHandle<()>>,
    gone: Arc<AtomicBool>,
    child: Child,
    patience: Duration,
    written: Arc<Mutex<Vec<(Duration, String)>>>,
}

impl Terminal {
    /// Opens the screens in the folder and on the store of a place.
    pub(crate) fn open(place: &Place) -> Self {
        Self::installed(place, Path::new(""))
    }

    /// The same in a window of another size.
    pub(crate) fn sized(place: &Place, columns: u16, rows: u16) -> Self {
        let command = Command::new(ATTUNE).args(["--store", "store"]).env("ATTUNE_SHARE", "");
        Self::run_sized(command, place.dir.path(), columns, rows)
    }

    /// The same, where what comes with attune is in the folder `share`.
    pub(crate) fn installed(place: &Place, share: &Path) -> Self {
        let command = Command::new(ATTUNE).args(["--store", "store"]);
        Self::run(command.env("ATTUNE_SHARE", share), place.dir.path())
    }

    /// Opens the screens in the folder of a place, on the store that they take by themselves, for a long study.
    pub(crate) fn open_plainly(place: &Place) -> Self {
        let mut opened = Self::run(Command::new(ATTUNE).env("ATTUNE_SHARE", ""), place.dir.path());
        opened.patience = STUDY;
        opened
    }

    /// The same in a window of another size.
    pub(crate) fn open_plainly_sized(place: &Place, columns: u16, rows: u16) -> Self {
        let command = Command::new(ATTUNE).env("ATTUNE_SHARE", "");
        let mut opened = Self::run_sized(command, place.dir.path(), columns, rows);
        opened.patience = STUDY;
        opened
    }

    /// Opens a shell with job control that runs `script`, in which `$ATTUNE` is the command line under test.
    pub(crate) fn shell(place: &Place, script: &str) -> Self {
        let script = format!("set -m; {script}");
        Self::run(Command::new("sh").args(["-c", &script]).env("ATTUNE", ATTUNE), place.dir.path())
    }

    fn run(command: Command, folder: &Path) -> Self {
        Self::run_sized(command, folder, COLUMNS, ROWS)
    }

    fn run_sized(command: Command, folder: &Path, columns: u16, rows: u16) -> Self {
        let (pty, pts) = open().unwrap();
        pty.resize(Size::new(rows, columns)).unwrap();
        let command = command.current_dir(folder).env("TERM", "xterm-256color");
        let child = command.env_remove("NO_COLOR").env_remove("ATTUNE_STORE").spawn(pts).unwrap();
        let mut output = File::from(pty.as_fd().try_clone_to_owned().unwrap());
        let screen = Arc::new(Mutex::new(vt100::Parser::new(cells(rows), cells(columns), 0)));
        let gone = Arc::new(AtomicBool::new(false));
        let (shown, left) = (Arc::clone(&screen), Arc::clone(&gone));
        let written = Arc::new(Mutex::new(Vec::new()));
        let (log, begun) = (Arc::clone(&written), Instant::now());
        let reader = std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            let mut pending = Vec::new();
            // Reading fails when the process has ended.
            while let Ok(count @ 1..) = output.read(&mut bytes) {
                shown.lock().unwrap().process(&bytes[..count]);
                pending.extend_from_slice(&bytes[..count]);
                // A character may be cut at the end of what was read.
                let whole = match std::str::from_utf8(&pending) {
                    Ok(_) => pending.len(),
                    Err(error) => error.valid_up_to(),
                };
                let text = String::from_utf8_lossy(&pending[..whole]).into_owned();
                pending.drain(..whole);
                log.lock().unwrap().push((begun.elapsed(), text));
                if left.load(Ordering::Relaxed) {
                    return;
                }
            }
        });
        Self { window: Some(pty), screen, reader: Some(reader), gone, child, patience: PATIENCE, written }
    }

    /// Presses keys. Escape sequences are keys too: `"\r"` is Enter, `"\x1b[B"` is the arrow down.
    pub(crate) fn press(&mut self, keys: &str) {
        self.window.as_mut().unwrap().write_all(keys.as_bytes()).unwrap();
    }

    /// Gives the window another size.
    pub(crate) fn resize(&mut self, columns: u16, rows: u16) {
        self.screen.lock().unwrap().screen_mut().set_size(cells(rows), cells(columns));
        self.window.as_ref().unwrap().resize(Size::new(rows, columns)).unwrap();
    }

    /// Sends a signal to the process, by its name.
    pub(crate) fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(std::process::Command::new("kill").args(["-s", name, &id]).status().unwrap().success());
    }

    /// Whether the screens have the terminal.
    pub(crate) fn is_taken(&self) -> bool {
        self.screen.lock().unwrap().screen().alternate_screen()
    }

    /// The cells of the terminal.
    pub(crate) fn screen(&self) -> vt100::Screen {
        self.screen.lock().unwrap().screen().clone()
    }

    /// Everything that was written to the terminal, and when.
    pub(crate) fn written(&self) -> Vec<(Duration, String)> {
        self.written.lock().unwrap().clone()
    }

    /// What the terminal shows.
    pub(crate) fn text(&self) -> String {
        self.screen.lock().unwrap().screen().contents()
    }

    /// Waits until the terminal shows `words`.
    pub(crate) fn sees(&mut self, words: &str) {
        self.waits_for(words, |text| text.contains(words));
    }

    /// Waits until `fits` the text of the terminal.
    pub(crate) fn waits_for(&mut self, what: &str, fits: impl Fn(&str) -> bool) {
        let begun = Instant::now();
        while !fits(&self.text()) {
            let ended = self.child.try_wait().unwrap();
            assert!(
                begun.elapsed() < self.patience && ended.is_none(),
                "waited for `{what}`; ended: {ended:?}; the terminal shows\n{}",
                self.text()
            );
            sleep(Duration::from_millis(20));
        }
    }

    /// Moves down to the field with this label, from the first one if it is not below.
    pub(crate) fn go_to(&mut self, label: &str) {
        let mut from_top = false;
        for _ in 0..80 {
            let cursor = self.cursor();
            if cursor.starts_with(label) {
                return;
            }
            self.press("\x1b[B");
            if !self.soon(|text| after_cursor(text) != cursor) {
                assert!(!from_top, "no field `{label}`:\n{}", self.text());
                from_top = true;
                self.press("\x1b[H");
                self.waits_for("the first field", |text| after_cursor(text) != cursor);
            }
        }
        panic!("no field `{label}`:\n{}", self.text());
    }

    /// Types a new value into the field with this label.
    pub(crate) fn fill(&mut self, label: &str, value: &str) {
        self.go_to(label);
        self.press("\r\u{15}");
        self.press(value);
        self.press("\r");
        let shown = format!("›{label}");
        self.waits_for(&shown, |text| {
            text.lines().any(|line| {
                let rest = line.split_once(&shown).map(|(_, rest)| rest.trim_start());
                rest.is_some_and(|rest| rest.starts_with(value) && !rest.contains('▏'))
            })
        });
    }

    /// Whether `fits` the text of the terminal after a few drawings.
    fn soon(&self, fits: impl Fn(&str) -> bool) -> bool {
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_millis(700) {
            if fits(&self.text()) {
                return true;
            }
            sleep(Duration::from_millis(10));
        }
        false
    }

    fn cursor(&self) -> String {
        after_cursor(&self.text())
    }

    /// Waits for the end of the process; returns its exit code.
    pub(crate) fn code(&mut self) -> Option<i32> {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            assert!(begun.elapsed() < PATIENCE, "still running; the terminal shows\n{}", self.text());
            sleep(Duration::from_millis(20));
        }
    }

    /// Whether the terminal is as it was before.
    pub(crate) fn is_given_back(&mut self) -> bool {
        // All that the process has written is read when reading fails.
        self.reader.take().unwrap().join().unwrap();
        let screen = self.screen.lock().unwrap();
        !screen.screen().alternate_screen() && !screen.screen().hide_cursor()
    }

    /// Closes the window while something on it moves; returns the exit code of the process.
    pub(crate) fn hang_up(mut self) -> Option<i32> {
        self.gone.store(true, Ordering::Relaxed);
        // The reader has a handle on the terminal, too, and lets go of it at the next drawing.
        self.reader.take().unwrap().join().unwrap();
        self.window = None;
        self.code()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // For tests that failed half way; a process that has ended is no error.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn cells(count: u16) -> NonZeroU16 {
    NonZeroU16::new(count).unwrap()
}

fn after_cursor(text: &str) -> String {
    let line = text.lines().find_map(|line| line.split_once('›'));
    line.map(|(_, rest)| rest.to_owned()).unwrap_or_default()
}
