//! Progress on stderr: a bar on a terminal, plain lines otherwise.

use std::time::{Duration, Instant};

use attune_core::event::{Advance, Event, Phase, Progress};
use attune_core::objective::Objective;
use attune_core::remaining::Remaining;
use attune_core::technique::Cost;
use attune_core::trial::Trial;

use attune_core::repeats::Repeats;
use attune_core::{numbers, words};

use crate::output::{self, Bar};

/// Without a terminal, a line at most this often (and at every improvement).
const QUIET: Duration = Duration::from_secs(10);

/// A view of the event stream for people.
pub(crate) struct ProgressView {
    bar: Option<Bar>,
    objective: Option<Objective>,
    best: String,
    clock: Instant,
    /// The time left, the report included.
    remaining: Remaining,
    /// What the report is at.
    reporting: String,
    last_line: Instant,
    warnings: Repeats,
}

impl ProgressView {
    /// A bar when stderr is a terminal.
    pub(crate) fn new(objective: Option<Objective>) -> Self {
        let bar = Bar::on_terminal("{bar:16} {pos}/{len} trials  {wide_msg}");
        Self {
            bar,
            objective,
            best: "–".to_owned(),
            clock: Instant::now(),
            remaining: Remaining::default(),
            reporting: String::new(),
            last_line: Instant::now(),
            warnings: Repeats::default(),
        }
    }

    /// Shows one event.
    pub(crate) fn show(&mut self, event: &Event) {
        match event {
            Event::Started { study, technique, model, device, space, resumed, budget } => {
                let space = space.map_or_else(|| "space not counted".to_owned(), numbers::configs);
                self.line(&format!("{study}: {technique} on {model}, {space}, {device}"));
                if *resumed > 0 {
                    self.line(&format!("continuing: {resumed} of {budget} trials are already in the store"));
                }
                if let Some(bar) = &self.bar {
                    bar.set(*resumed, *budget);
                }
                self.remaining.begin(self.clock.elapsed());
            }
            Event::BestSoFar { trial } => self.best = self.describe(trial),
            Event::Measuring { what } => self.message(&format!("measuring {what}")),
            Event::Planning => self.message("planning"),
            Event::Planned(planned) => self.line(&words::planned(planned)),
            Event::TrialStarted { .. } => {}
            Event::Advanced(advance) => self.advance(*advance),
            Event::TrialFinished { trial, best, progress } => self.trial(trial, *best, progress),
            Event::Reporting { what, .. } => self.reporting.clone_from(what),
            Event::Warning { message } => {
                if let Some(shown) = self.warnings.show(message) {
                    self.line(&format!("warning: {shown}"));
                }
            }
            Event::Interrupted { progress } => {
                self.clear();
                self.line(&format!(
                    "interrupted after {} of {} trials; the same command continues",
                    progress.trials, progress.budget
                ));
            }
            Event::Finished(_) => self.clear(),
        }
    }

    fn trial(&mut self, trial: &Trial, best: bool, progress: &Progress) {
        if best {
            self.best = self.describe(trial);
        }
        let message = format!(
            "{}  best {}  reused {}{}{}",
            self.left(),
            self.best,
            progress.reused,
            if progress.dropped > 0 { format!("  dropped {}", progress.dropped) } else { String::new() },
            if progress.failed > 0 { format!("  failed {}", progress.failed) } else { String::new() }
        );
        match &self.bar {
            Some(bar) => {
                bar.set(progress.trials, progress.budget);
                bar.say(&message);
            }
            None if best || self.last_line.elapsed() >= QUIET || progress.trials == progress.budget => {
                self.line(&format!("trial {}/{}: {message}", progress.trials, progress.budget));
            }
            None => {}
        }
    }

    /// How far a phase is. The bar is that of the phase that runs.
    fn advance(&mut self, advance: Advance) {
        self.remaining.hear(self.clock.elapsed(), advance);
        if advance.phase != Phase::Report || self.reporting.is_empty() {
            return;
        }
        let Advance { done, total, .. } = advance;
        let percent = (100 * done).checked_div(total).unwrap_or(100);
        let text = format!("report {percent} %  {}: {}", self.left(), self.reporting);
        match &self.bar {
            Some(bar) => {
                bar.look_like("{bar:16} {wide_msg}");
                bar.set(done, total);
                bar.say(&text);
            }
            None => self.message(&text),
        }
    }

    /// The time left, all in all.
    fn left(&self) -> String {
        let left = self.remaining.seconds();
        format!("left {}", left.map_or_else(|| "?".to_owned(), numbers::duration))
    }

    fn describe(&self, trial: &Trial) -> String {
        let cost =
            trial.costs.first().map(|cost: &Cost| format!(" at {}", numbers::cost(cost))).unwrap_or_default();
        let value = self.objective.as_ref().and_then(|objective| {
            let value = trial.scores().and_then(|scores| scores.value(&objective.metric))?;
            Some(format!("{} {}", objective.metric, numbers::short(value)))
        });
        format!("{}{cost}", value.unwrap_or_else(|| "–".to_owned()))
    }

    fn message(&mut self, text: &str) {
        match &self.bar {
            Some(bar) => bar.say(text),
            None if self.last_line.elapsed() >= QUIET => self.line(text),
            None => {}
        }
    }

    fn line(&mut self, text: &str) {
        self.last_line = Instant::now();
        output::note(text);
    }

    fn clear(&mut self) {
        self.bar = None;
        for told in self.warnings.rest() {
            self.line(&format!("warning: {told}"));
        }
    }
}
