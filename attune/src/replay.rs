//! The events of a study, from its journal: what a backend sends when another process runs the study.

use attune_core::event::{Event, Progress};
use attune_core::objective::{Objective, compare};
use attune_core::store::{Record, RunNote, StudyHeader};
use attune_core::trial::{Dropped, Outcome, Repeat, Trial, TrialState};

/// Turns journal records into events, one by one, as they are read.
///
/// A repeated trial counts as one that was evaluated or reused and is never the best: `best` compares configs by their
/// first items alone, while the report of a session pools all items of a config and may choose another one.
#[derive(Clone, Debug)]
pub struct Replay {
    objectives: Vec<Objective>,
    progress: Progress,
    /// Trials that evaluations of other studies answered.
    shared: u64,
    best: Option<f64>,
}

impl Replay {
    /// Nothing read yet. `budget` is the number of trials that the study is to have, 0 when unknown.
    pub fn new(objectives: Vec<Objective>, budget: u64) -> Self {
        Self { objectives, progress: Progress { budget, ..Progress::default() }, shared: 0, best: None }
    }

    /// The event of the next record. A report has none: a whole result needs more than its record, so the
    /// backend sends [`Event::Finished`] itself.
    pub fn next(&mut self, record: &Record) -> Option<Event> {
        match record {
            Record::Header(header) => Some(self.started(header)),
            Record::Trial(trial) => {
                let best = self.count(trial);
                Some(Event::TrialFinished { trial: trial.clone(), best, progress: self.progress() })
            }
            _ => None,
        }
    }

    /// Counts a finished trial; says whether it is the best so far.
    pub fn count(&mut self, trial: &Trial) -> bool {
        self.progress.trials += 1;
        self.progress.budget = self.progress.budget.max(self.progress.trials);
        match trial.state() {
            TrialState::Complete(Outcome { reused, .. }) | TrialState::Repeated(Repeat { reused, .. }) => {
                self.answered(*reused);
            }
            TrialState::Dropped(Dropped { reused, .. }) => {
                self.progress.dropped += 1;
                self.answered(*reused);
            }
            TrialState::Failed(_) => self.progress.failed += 1,
            TrialState::Waiting | TrialState::Running => {}
        }
        let complete = matches!(trial.state(), TrialState::Complete(_));
        let loss = if complete { loss(&self.objectives, trial) } else { f64::NAN };
        let better = !loss.is_nan() && self.best.is_none_or(|best| compare(loss, best).is_lt());
        if better {
            self.best = Some(loss);
        }
        better
    }

    fn answered(&mut self, reused: bool) {
        if reused {
            self.progress.reused += 1;
        } else {
            self.progress.evaluated += 1;
        }
    }

    /// Takes over the layer work of all notes on the study's runs.
    pub fn work_of(&mut self, notes: &[RunNote]) {
        (self.progress.work, self.progress.measuring, self.shared) = Default::default();
        for note in notes {
            match note {
                RunNote::Trials(trials) => {
                    trials.iter().for_each(|effort| self.progress.work += effort.work);
                }
                RunNote::Measured(effort) => {
                    self.progress.work += effort.work;
                    self.progress.measuring += effort.work;
                }
                RunNote::Probed(configs) => self.progress.probes = *configs,
                RunNote::Shared(trials) => self.shared += trials.len() as u64,
                RunNote::Budget(_)
                | RunNote::Run(_)
                | RunNote::Planned(_)
                | RunNote::Found(_)
                | RunNote::Failed(_) => {}
            }
        }
    }

    /// Counters so far.
    pub fn progress(&self) -> Progress {
        self.progress.with_shared(self.shared)
    }

    fn started(&self, header: &StudyHeader) -> Event {
        Event::Started {
            study: header.study.clone(),
            technique: header.technique.clone(),
            model: header.model.clone(),
            device: header.device.clone(),
            space: None,
            resumed: 0,
            budget: self.progress.budget,
        }
    }
}

/// The value of a metric or cost of a trial; NaN when it has none.
pub fn value(trial: &Trial, metric: &str) -> f64 {
    let cost = || trial.costs.iter().find(|cost| cost.resource == metric).map(|cost| cost.value);
    trial.scores().and_then(|scores| scores.value(metric)).or_else(cost).unwrap_or(f64::NAN)
}

/// The first loss of a trial: smaller is better, NaN when it has none.
pub fn loss(objectives: &[Objective], trial: &Trial) -> f64 {
    objectives.first().map_or(f64::NAN, |objective| objective.loss(value(trial, &objective.metric)))
}
