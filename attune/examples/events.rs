//! A profile with a live plot of its events: `cargo run --release --example events [PROFILE [TRIALS]]`.
//!
//! The study runs on a thread of its own; its events come through a channel and become a curve of the best loss so far.
#![allow(clippy::print_stdout, reason = "a program for people")]

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::channel;

use attune::core::event::{Event, Progress};
use attune::core::format;
use attune::{Error, Study};

/// Columns and rows of the plot.
const SIZE: (usize, usize) = (64, 10);

/// The best loss after every trial, and what is said beside it.
#[derive(Default)]
struct Plot {
    metric: String,
    best: Vec<f64>,
    progress: Progress,
    now: String,
}

impl Plot {
    /// Takes an event in; says whether there is something new to see.
    fn hear(&mut self, event: &Event) -> bool {
        match event {
            Event::Started { study, technique, model, budget, .. } => {
                self.progress.budget = *budget;
                self.now = format!("{study}: {technique} on {model}");
            }
            Event::TrialFinished { trial, progress, .. } => {
                self.progress = *progress;
                let value = trial.scores().and_then(|scores| scores.value(&self.metric));
                let before = self.best.last().copied().unwrap_or(f64::INFINITY);
                self.best.push(value.unwrap_or(f64::INFINITY).min(before));
            }
            Event::Reporting { what, done, total } => self.now = format!("report {done}/{total}: {what}"),
            Event::Warning { message } => self.now.clone_from(message),
            _ => return false,
        }
        true
    }

    /// The curve, on a logarithmic scale, with its least and its greatest value.
    fn draw(&self) -> String {
        let seen: Vec<f64> =
            self.best.iter().copied().filter(|loss| loss.is_finite() && *loss > 0.0).collect();
        let (columns, rows) = SIZE;
        let mut text = String::new();
        let (low, high) = (seen.last().copied().unwrap_or(1.0), seen.first().copied().unwrap_or(1.0));
        let height = |loss: f64| {
            let share = (loss / low).ln() / (high / low).ln().max(f64::MIN_POSITIVE);
            (share * (rows - 1) as f64).round() as usize
        };
        let width = (self.progress.budget.max(1) as usize).div_ceil(columns);
        let heights: Vec<usize> = seen.chunks(width).map(|chunk| height(chunk[chunk.len() - 1])).collect();
        for row in (0..rows).rev() {
            let label = match row {
                0 => format::short(low),
                _ if row == rows - 1 => format::short(high),
                _ => String::new(),
            };
            let dots: String = heights.iter().map(|height| if *height == row { '•' } else { ' ' }).collect();
            text.push_str(format!("{label:>9} │{dots}").trim_end());
            text.push('\n');
        }
        text.push_str(&format!("{:>9} └{}\n", "", "─".repeat(columns)));
        let Progress { trials, budget, .. } = self.progress;
        text.push_str(&format!(
            "{:>11}{trials} of {budget} trials, best {} {}\n",
            "",
            self.metric,
            format::short(low)
        ));
        let now: String = self.now.chars().take(columns).collect();
        text.push_str(&format!("{:>11}{now}", ""));
        text
    }
}

/// Runs the profile and draws onto `out`: over the last drawing where `live`, else only the last one.
pub(crate) fn run(profile: &Path, trials: u64, live: bool, out: &mut dyn Write) -> Result<(), Error> {
    let (send, events) = channel();
    let study = Study::builder().profile_file(profile).trials(trials).events(send).build()?;
    let metric = study.objectives().first().map(|objective| objective.metric.clone()).unwrap_or_default();
    let mut plot = Plot { metric, ..Plot::default() };
    let running = std::thread::spawn(move || study.run());
    let mut drawn = 0;
    for event in events {
        if plot.hear(&event) && live {
            let text = plot.draw();
            let back = if drawn > 0 { format!("\x1b[{drawn}A") } else { String::new() };
            let lines: String = text.lines().map(|line| format!("\x1b[2K{line}\n")).collect();
            drawn = text.lines().count();
            // A terminal that is gone is no reason to stop.
            drop(out.write_all((back + &lines).as_bytes()).and_then(|()| out.flush()));
        }
    }
    if !live {
        drop(writeln!(out, "{}", plot.draw()));
    }
    // The session catches panics, so that there is always an outcome.
    let result = match running.join() {
        Ok(outcome) => outcome?.into_result()?,
        Err(panic) => std::panic::resume_unwind(panic),
    };
    let best = result.best();
    drop(writeln!(out, "\ntrial {} is best; on data that no trial saw:", best.trial));
    for (metric, estimate) in &best.estimates {
        let [mean, low, high] = [estimate.mean, estimate.low, estimate.high].map(format::short);
        drop(writeln!(out, "  {metric} {mean} [{low}, {high}]"));
    }
    Ok(())
}

fn main() -> Result<(), Error> {
    let mut arguments = std::env::args_os().skip(1);
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("../profiles/quickstart.ron");
    let profile = arguments.next().map_or(here, PathBuf::from);
    let trials = arguments.next().and_then(|trials| trials.to_str()?.parse().ok()).unwrap_or(60);
    let live = io::IsTerminal::is_terminal(&io::stdout());
    run(&profile, trials, live, &mut io::stdout())
}
