//! Events become state. Every event costs the same, however many came before it.

use std::time::Duration;

use attune::backend::RunLocation;
use attune_core::event::Event;
use attune_core::trial::{Trial, TrialState};

use super::{Improvement, Phase, Study};

impl Study {
    /// Learns from one event.
    pub(crate) fn hear(&mut self, event: Event, now: Duration) {
        self.clock = now;
        match event {
            Event::Started { device, space, resumed, budget, .. } => {
                self.device = device;
                self.space = space.or(self.space);
                self.progress.budget = self.progress.budget.max(budget);
                self.phase = Phase::Searching;
                self.log.say(now, format!("started with {resumed} of {budget} trials in the store"));
                self.pace.begin(now, &self.progress);
                self.remaining.begin(now);
            }
            Event::Advanced(advance) => self.remaining.hear(now, advance),
            Event::BestSoFar { trial } => {
                // The trial is in the store already; an opening that came with it knows it.
                self.best = self.position(trial.id).or(self.best);
            }
            Event::Measuring { what } => {
                self.log.say(now, format!("measuring {what}"));
                self.phase = Phase::Measuring(what);
            }
            Event::Planning => self.phase = Phase::Planning,
            Event::Planned(planned) => {
                self.phase = Phase::Searching;
                self.log.say(now, attune_core::describe::planned(&planned));
            }
            Event::TrialStarted { trial, plan } => {
                self.phase = Phase::Searching;
                self.running.insert(trial, plan);
            }
            Event::TrialFinished { trial, best, progress } => {
                self.phase = Phase::Searching;
                self.running.remove(&trial.id);
                self.progress = progress;
                if self.position(trial.id).is_none() {
                    self.note(&trial, best, now);
                    self.add(*trial, best);
                }
            }
            Event::Reporting { what, done, total } => {
                self.running.clear();
                self.phase = Phase::Reporting { what, done, total };
            }
            Event::Interrupted { progress } => {
                self.progress = progress;
                self.log.say(now, "interrupted; nothing that was finished is lost".to_owned());
                self.stop(Phase::Interrupted, RunLocation::Nobody);
            }
            Event::Warning { message } => self.log.warn(now, message),
            Event::Finished(finished) => {
                self.progress = finished.progress;
                self.log.say(now, "finished: the result is on its own screen".to_owned());
                self.finished = Some(finished);
                self.stop(Phase::Finished, RunLocation::Done);
            }
            // What the screens have no place for changes nothing on them.
            _ => {}
        }
    }

    /// Learns that this process works on it no more.
    pub(crate) fn end(&mut self, failure: Option<String>, now: Duration) {
        match failure {
            Some(reason) => {
                self.log.warn(now, reason.clone());
                self.stop(Phase::Failed(reason), RunLocation::Failed);
            }
            None if self.runs() => self.stop(Phase::Resting, RunLocation::Nobody),
            None => {}
        }
    }

    /// Once a second.
    pub(crate) fn tick(&mut self, now: Duration) {
        self.clock = now;
        if self.paused || !self.runs() {
            self.pace.begin(now, &self.progress);
            self.remaining.rest(now);
        } else {
            self.pace.sample(now, &self.progress);
            self.remaining.work(now);
        }
    }

    pub(super) fn add(&mut self, trial: Trial, best: bool) {
        let row = self.row(trial);
        let position = self.rows.len();
        self.front.offer(row.cost, row.loss, position);
        if best {
            self.best = Some(position);
            let work = self.progress.work.computed as f64;
            let step = Improvement { trials: position as u64 + 1, work, quality: row.quality };
            self.curve.push(step);
        }
        self.rows.push(row);
        self.order.insert_last(&self.rows);
    }

    /// Position of a trial. Trials finish in the order of their numbers, so it is near the number.
    pub(crate) fn position(&self, trial: u64) -> Option<usize> {
        self.rows.binary_search_by_key(&trial, |row| row.trial.id).ok()
    }

    fn note(&mut self, trial: &Trial, best: bool, now: Duration) {
        if let TrialState::Failed(reason) = trial.state() {
            self.log.warn(now, format!("trial {} failed: {reason}", trial.id));
        } else if best {
            self.log.say(now, format!("trial {} is the best so far", trial.id));
        }
    }

    fn stop(&mut self, phase: Phase, place: RunLocation) {
        self.running.clear();
        self.paused = false;
        self.asked = None;
        (self.phase, self.place) = (phase, place);
    }
}
