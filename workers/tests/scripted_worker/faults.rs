//! What the worker is told to do wrong.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What it is told on its command line: pairs of `--name value`.
#[derive(Clone, Default)]
pub(crate) struct Faults {
    /// The fault, by name; see where it is asked for.
    pub(crate) fault: String,
    /// An argument of the fault.
    pub(crate) with: String,
    /// Milliseconds that one item takes.
    pub(crate) item: Duration,
    /// How many requests it works on at once.
    pub(crate) concurrency: u64,
    /// `idle-seconds` of its `hello`.
    pub(crate) idle: Option<f64>,
    /// Which of its lives this is, from 1.
    pub(crate) life: u64,
    /// In how many of its lives it does wrong.
    pub(crate) lives: u64,
    /// A folder where it writes what tests read: a file `pid` with its number, and `lives`.
    pub(crate) notes: Option<PathBuf>,
    /// A transcript that it plays its part of.
    pub(crate) replay: Option<PathBuf>,
}

impl Faults {
    pub(crate) fn of(mut args: impl Iterator<Item = String>) -> Self {
        let mut faults = Self { concurrency: 1, life: 1, lives: u64::MAX, ..Self::default() };
        while let (Some(name), Some(value)) = (args.next(), args.next()) {
            let number = || value.parse::<u64>().unwrap();
            match name.as_str() {
                "--fault" => faults.fault = value,
                "--with" => faults.with = value,
                "--item-ms" => faults.item = Duration::from_millis(number()),
                "--concurrency" => faults.concurrency = number(),
                "--idle" => faults.idle = Some(value.parse().unwrap()),
                "--lives" => faults.lives = number(),
                "--notes" => faults.notes = Some(value.into()),
                "--replay" => faults.replay = Some(value.into()),
                other => panic!("no option {other}"),
            }
        }
        if let Some(notes) = &faults.notes {
            faults.life = note(notes);
        }
        faults
    }

    /// Whether it does this wrong, in this life.
    pub(crate) fn is(&self, fault: &str) -> bool {
        self.fault == fault && self.life <= self.lives
    }
}

/// Writes down that it lives; which life this is.
fn note(folder: &Path) -> u64 {
    let lives = folder.join("lives");
    let mut file = std::fs::OpenOptions::new().append(true).create(true).open(&lives).unwrap();
    writeln!(file, "{}", std::process::id()).unwrap();
    std::fs::write(folder.join("pid"), std::process::id().to_string()).unwrap();
    std::fs::read_to_string(&lives).unwrap().lines().count() as u64
}
