//! One generation: outcomes come in any order and are committed in proposal order.

use attune_core::event::Event;
use attune_core::plan::Plan;
use attune_core::store::{RunNote, TrialEffort};
use attune_core::strategy::Proposal;
use attune_core::technique::Cost;
use attune_core::trial::{Outcome, Trial, TrialState};

use super::journal::Journal;
use crate::session::counters::Counters;
use crate::session::error::lasting;
use crate::session::losses::Losses;
use crate::session::measure::{Effort, Meter, Needed};
use crate::session::race::{Ended, Finish};
use crate::session::{SessionError, SessionSetup};

/// Where finished trials go.
pub(in crate::session) struct CommitSink<'a, 'store> {
    pub(in crate::session) journal: &'a mut Journal<'store>,
    pub(in crate::session) counters: &'a mut Counters,
    pub(in crate::session) meter: &'a mut Meter,
    pub(in crate::session) needed: &'a mut Needed,
    pub(in crate::session) losses: &'a Losses,
    pub(in crate::session) events: &'a mut dyn FnMut(Event),
}

/// The trials of a generation that are not journalled yet.
pub(in crate::session) struct Generation<'a, 'store> {
    sink: CommitSink<'a, 'store>,
    trials: std::vec::IntoIter<Trial>,
    /// The first trial that is not committed, by position.
    next: usize,
    states: Vec<Option<TrialState>>,
    running: Vec<bool>,
    plans: Vec<Plan>,
    efforts: Vec<TrialEffort>,
    /// Items that were evaluated for them just now, by position.
    spent: Vec<usize>,
    /// Whose outcomes came from other studies, by position.
    shared: Vec<bool>,
    answered_elsewhere: Vec<u64>,
    /// Items that score a trial.
    items: usize,
}

impl<'a, 'store> Generation<'a, 'store> {
    /// Trials as [`lower`] made them.
    pub(in crate::session) fn new(
        setup: &SessionSetup,
        lowered: Vec<(Trial, Option<TrialState>)>,
        sink: CommitSink<'a, 'store>,
    ) -> Self {
        let (trials, states): (Vec<Trial>, Vec<_>) = lowered.into_iter().unzip();
        Self {
            sink,
            next: 0,
            states,
            running: vec![false; trials.len()],
            spent: vec![0; trials.len()],
            shared: vec![false; trials.len()],
            plans: trials.iter().map(|trial| trial.plan.clone()).collect(),
            trials: trials.into_iter(),
            efforts: Vec::new(),
            answered_elsewhere: Vec::new(),
            items: setup.fidelity.items as usize,
        }
    }

    /// Positions and plans of the trials that have to be scored.
    pub(in crate::session) fn unsettled(&self) -> Vec<(usize, Plan)> {
        let waiting = (0..self.states.len()).filter(|&position| self.states[position].is_none());
        waiting.map(|position| (position, self.plans[position].clone())).collect()
    }

    /// The number of the trial at `position`.
    pub(in crate::session) fn id(&self, position: usize) -> u64 {
        self.trials.as_slice().get(position - self.next).map_or(0, |trial| trial.id)
    }

    /// A trial was handed to the evaluator, perhaps again.
    pub(in crate::session) fn started(&mut self, position: usize) {
        if std::mem::replace(&mut self.running[position], true) {
            return;
        }
        let (trial, plan) = (self.id(position), self.plans[position].clone());
        (self.sink.events)(Event::TrialStarted { trial, plan });
    }

    /// After `before` evaluations of this run, what is not committed yet is handed out.
    pub(in crate::session) fn begins(&mut self, before: u64) {
        self.sink.meter.expect(before, (self.trials.len() * self.items) as u64);
    }

    /// So many evaluations were run so far.
    pub(in crate::session) fn evaluated(&mut self, evaluations: u64) {
        let CommitSink { meter, events, .. } = &mut self.sink;
        if meter.hear(evaluations) {
            events(meter.event());
        }
    }

    /// A trial has its outcome.
    pub(in crate::session) fn settled(&mut self, position: usize, ended: Ended) -> Result<(), SessionError> {
        let Effort { work, seconds, items } = ended.effort;
        if items > 0 {
            self.efforts.push(TrialEffort { trial: self.id(position), work, seconds });
            self.sink.counters.work(work);
            self.spent[position] = items;
        }
        let costs = self.trials.as_slice().get(position - self.next).map(|trial| &trial.costs[..]);
        self.shared[position] = ended.shared;
        let state = state(self.sink.losses, ended, costs.unwrap_or_default());
        self.states[position] = Some(state);
        self.commit()
    }

    /// What is noted beside the journal: what evaluating the settled trials took, and the trials that evaluations of other
    /// studies answered.
    pub(in crate::session) fn notes(self) -> Vec<RunNote> {
        let efforts = (!self.efforts.is_empty()).then_some(RunNote::Trials(self.efforts));
        let shared =
            (!self.answered_elsewhere.is_empty()).then_some(RunNote::Shared(self.answered_elsewhere));
        efforts.into_iter().chain(shared).collect()
    }

    /// Journals every trial whose predecessors are all journalled.
    pub(in crate::session) fn commit(&mut self) -> Result<(), SessionError> {
        let mut repeated = false;
        while let Some(state) = self.states.get_mut(self.next).and_then(Option::take) {
            let Some(mut trial) = self.trials.next() else { break };
            if self.running[self.next] {
                trial.advance(TrialState::Running)?;
            }
            let CommitSink { journal, counters, meter, needed, losses, events } = &mut self.sink;
            trial.advance(needed.judge(&trial.plan, state, self.items as u32))?;
            needed.learn(&trial, self.items as u32);
            let shared = self.shared[self.next] && trial.reused() == Some(false);
            let spent = self.spent[self.next];
            self.next += 1;
            journal.add_trial(trial.clone())?;
            counters.count(&trial);
            if shared {
                counters.shared(1);
                self.answered_elsewhere.push(trial.id);
            }
            repeated |= trial.again_of().is_some();
            let best = counters.rank(&trial, losses.of_trial(&trial).as_deref());
            events(Event::TrialFinished { trial: Box::new(trial), best, progress: counters.progress() });
            meter.add(self.items, spent);
            events(meter.event());
        }
        // Every repeat may move all others: they are compared once for all that came together.
        let CommitSink { journal, counters, losses, events, .. } = &mut self.sink;
        if let Some(best) = repeated.then(|| counters.rank_again(journal.trials(), losses)).flatten() {
            events(Event::BestSoFar { trial: Box::new(journal.trials()[best].clone()) });
        }
        Ok(())
    }
}

/// The trial of a proposal, with its state when it is settled already: a technique that fails, or a plan that the evaluator
/// refuses, fails the trial.
///
/// # Errors
/// A failure of the technique that need not repeat.
pub(in crate::session) fn lower(
    setup: &SessionSetup,
    proposal: Proposal,
) -> Result<(Trial, Option<TrialState>), SessionError> {
    let Proposal { index, config, origin } = proposal;
    let model = setup.evaluator.model();
    let plan = setup.technique.lower(model, &setup.options, &config);
    let costs = setup.technique.cost(model, &setup.options, &config);
    let failure = match (&plan, &costs) {
        (Err(failure), _) | (_, Err(failure)) => Some(lasting(failure.clone())?.to_string()),
        (Ok(plan), Ok(_)) => setup.evaluator.check(plan).err().map(|failure| failure.to_string()),
    };
    let trial = Trial::new(index, config, plan.unwrap_or_default(), costs.unwrap_or_default(), origin);
    Ok((trial, failure.map(TrialState::Failed)))
}

fn not_measured(objective: &str) -> TrialState {
    TrialState::Failed(format!("objective `{objective}` was not measured"))
}

fn state(losses: &Losses, ended: Ended, costs: &[Cost]) -> TrialState {
    match ended.outcome {
        Ok(Finish::Complete(scores)) => match losses.of(&scores, costs) {
            Ok(_) => TrialState::Complete(Outcome { scores, reused: false }),
            Err(objective) => not_measured(objective),
        },
        Ok(Finish::Dropped(dropped)) => TrialState::Dropped(dropped),
        Ok(Finish::Repeated(repeat)) => match losses.of(&repeat.scores, costs) {
            Ok(_) => TrialState::Repeated(repeat),
            Err(objective) => not_measured(objective),
        },
        Err(failure) => TrialState::Failed(failure.to_string()),
    }
}
