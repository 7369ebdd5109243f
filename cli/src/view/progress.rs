//! Progress on stderr: a bar on a terminal, plain lines otherwise.

use std::time::{Duration, Instant};

use attune_core::event::{Advance, Event, Phase, Progress};
use attune_core::objective::Objective;
use attune_core::remaining::Remaining;
use attune_core::technique::Cost;
use attune_core::trial::Trial;

use attune_core::repeats::Repeats;
use attune_core::{describe, format};

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
    /// The phase that runs, and what is measured or scored in it.
    phase: Phase,
    what: String,
    progress: Progress,
    last_line: Instant,
    warnings: Repeats,
}

impl ProgressView {
    /// A bar when stderr is a terminal.
    pub(crate) fn new(objective: Option<Objective>) -> Self {
        let bar = Bar::on_terminal("{bar:16} {wide_msg}");
        Self {
            bar,
            objective,
            best: "–".to_owned(),
            clock: Instant::now(),
            remaining: Remaining::default(),
            phase: Phase::Search,
            what: String::new(),
            progress: Progress::default(),
            last_line: Instant::now(),
            warnings: Repeats::default(),
        }
    }

    /// Shows one event.
    pub(crate) fn show(&mut self, event: &Event) {
        match event {
            Event::Started { study, technique, model, device, space, resumed, budget } => {
                let space = space.map_or_else(|| "space not counted".to_owned(), format::configs);
                self.line(&format!("{study}: {technique} on {model}, {space}, {device}"));
                if *resumed > 0 {
                    self.line(&format!("continuing: {resumed} of {budget} trials are already in the store"));
                }
                self.progress = Progress { trials: *resumed, budget: *budget, ..Progress::default() };
                self.remaining.begin(self.clock.elapsed());
            }
            Event::BestSoFar { trial } => self.best = self.describe(trial),
            Event::Measuring { what } => {
                (self.phase, self.what) = (Phase::Measuring, what.clone());
                self.tell();
            }
            Event::Planning => self.message("planning"),
            Event::Planned(planned) => self.line(&describe::planned(planned)),
            Event::TrialStarted { .. } => self.phase = Phase::Search,
            Event::Advanced(advance) => {
                self.remaining.hear(self.clock.elapsed(), *advance);
                if advance.phase == self.phase {
                    self.tell();
                }
            }
            Event::TrialFinished { trial, best, progress } => self.trial(trial, *best, progress),
            Event::Reporting { what, .. } => (self.phase, self.what) = (Phase::Report, what.clone()),
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
            // What this view has no words for is not shown.
            _ => {}
        }
    }

    fn trial(&mut self, trial: &Trial, best: bool, progress: &Progress) {
        if best {
            self.best = self.describe(trial);
        }
        (self.phase, self.progress) = (Phase::Search, *progress);
        // The last one is told whenever it comes.
        if self.bar.is_none() && (best || progress.trials == progress.budget) {
            self.line(&format!("trial {}", self.now()));
        } else {
            self.tell();
        }
    }

    /// Says how far the phase is that runs, on the bar, or in a line once in a while.
    fn tell(&mut self) {
        let Advance { done, total, .. } = self.remaining.of(self.phase).unwrap_or(Advance {
            phase: self.phase,
            done: 0,
            total: 0,
            evaluated: 0,
        });
        let percent = (100 * done).checked_div(total);
        let percent = percent.map_or_else(String::new, |percent| format!(" {percent} %"));
        let text = match self.phase {
            Phase::Search if self.bar.is_some() => self.now(),
            Phase::Search => format!("trial {}", self.now()),
            phase => format!("{}{percent}  {}: {}", phase.name(), self.left(), self.what),
        };
        if let Some(bar) = &self.bar {
            bar.set(done, total);
        }
        self.message(&text);
    }

    /// How the search stands.
    fn now(&self) -> String {
        let Progress { trials, budget, reused, dropped, failed, .. } = self.progress;
        let unit = if self.bar.is_some() { " trials " } else { ":" };
        let mut text = format!("{trials}/{budget}{unit} {}  best {}", self.left(), self.best);
        for (what, count) in [("reused", reused), ("dropped", dropped), ("failed", failed)] {
            if count > 0 || what == "reused" {
                text.push_str(&format!("  {what} {count}"));
            }
        }
        text
    }

    /// The time left, all in all.
    fn left(&self) -> String {
        let left = self.remaining.seconds();
        format!("left {}", left.map_or_else(|| "?".to_owned(), format::duration))
    }

    fn describe(&self, trial: &Trial) -> String {
        let cost =
            trial.costs.first().map(|cost: &Cost| format!(" at {}", format::cost(cost))).unwrap_or_default();
        let value = self.objective.as_ref().and_then(|objective| {
            let value = trial.scores().and_then(|scores| scores.value(&objective.metric))?;
            Some(format!("{} {}", objective.metric, format::short(value)))
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

    /// Takes the bar away, and tells what is left to tell.
    pub(crate) fn clear(&mut self) {
        self.bar = None;
        for told in self.warnings.rest() {
            self.line(&format!("warning: {told}"));
        }
    }
}
