//! A trial: one evaluated config of a study, as a state machine.

use crate::plan::Plan;
use crate::scores::Scores;
use crate::space::Config;
use crate::strategy::Origin;
use crate::technique::Cost;

/// How a trial ended well.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// Scores on the selection split.
    pub scores: Scores,
    /// Whether they came from the cache: nothing was run for this trial.
    pub reused: bool,
}

/// How a trial was left early: lost in a race, or not among the share of its generation that goes on after a stage (see
/// `docs/racing.md`).
#[derive(Clone, Debug, PartialEq)]
pub struct Dropped {
    /// The stage after which it was dropped, counted from 1.
    pub stage: u32,
    /// The items that it was scored on, in the order of the race.
    pub items: Vec<u32>,
    /// Its scores on them.
    pub scores: Scores,
    /// The trial that it lost against: the one that it raced, or the last one of its generation that went on instead.
    pub rival: u64,
    /// Whether all scores came from the cache.
    pub reused: bool,
}

/// What a trial found that scored the config of an earlier one again, on other items.
#[derive(Clone, Debug, PartialEq)]
pub struct Repeat {
    /// The items: none of them had scored the config before.
    pub items: Vec<u32>,
    /// Its scores on them.
    pub scores: Scores,
    /// Whether all scores came from the cache.
    pub reused: bool,
}

/// Where a trial stands. Finished trials never change.
#[derive(Clone, Debug, PartialEq)]
pub enum TrialState {
    /// Proposed.
    Waiting,
    /// Being evaluated.
    Running,
    /// Scored on all items.
    Complete(Outcome),
    /// Left before the last item, since it lost.
    Dropped(Dropped),
    /// Scored on other items than the config's first trial, which it belongs to ([`Origin::Again`]). Alone it is compared
    /// with nothing: [`pooling`](crate::pooling) joins the two.
    Repeated(Repeat),
    /// Not scored, with the reason.
    Failed(String),
}

impl TrialState {
    /// The word that people see.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Complete(_) => "complete",
            Self::Dropped(_) => "dropped",
            Self::Repeated(_) => "repeated",
            Self::Failed(_) => "failed",
        }
    }
}

/// A step that the state machine does not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("trial {trial} is {from} and cannot become {to}")]
pub struct BadTransition {
    /// The trial.
    pub trial: u64,
    /// Its state.
    pub from: &'static str,
    /// The state that was asked for.
    pub to: &'static str,
}

/// One evaluated config.
#[derive(Clone, Debug, PartialEq)]
pub struct Trial {
    /// Its number in the study: the number of its proposal.
    pub id: u64,
    /// The config.
    pub config: Config,
    /// What it does to the model.
    pub plan: Plan,
    /// What it costs.
    pub costs: Vec<Cost>,
    /// Where it comes from.
    pub origin: Origin,
    state: TrialState,
}

impl Trial {
    /// A proposed trial.
    pub fn new(id: u64, config: Config, plan: Plan, costs: Vec<Cost>, origin: Origin) -> Self {
        Self { id, config, plan, costs, origin, state: TrialState::Waiting }
    }

    /// Where it stands.
    pub fn state(&self) -> &TrialState {
        &self.state
    }

    /// Its scores on all items, when it has them.
    pub fn scores(&self) -> Option<&Scores> {
        match &self.state {
            TrialState::Complete(outcome) => Some(&outcome.scores),
            _ => None,
        }
    }

    /// The trial whose config it scored again, if it is a repeat.
    pub fn again_of(&self) -> Option<u64> {
        match self.origin {
            Origin::Again { of } => Some(of),
            _ => None,
        }
    }

    /// Whether earlier trials of the study were scored on everything that it was scored on; `None` when it has no score.
    pub fn reused(&self) -> Option<bool> {
        match &self.state {
            TrialState::Complete(outcome) => Some(outcome.reused),
            TrialState::Dropped(dropped) => Some(dropped.reused),
            TrialState::Repeated(repeat) => Some(repeat.reused),
            _ => None,
        }
    }

    /// Moves on: waiting → running → complete, dropped, repeated or failed. A waiting trial may also complete, drop or
    /// repeat (its scores are cached) or fail (its plan is refused) without having run.
    ///
    /// # Errors
    /// [`BadTransition`] for every other step; the trial is unchanged then.
    pub fn advance(&mut self, to: TrialState) -> Result<(), BadTransition> {
        let allowed = matches!(
            (&self.state, &to),
            (TrialState::Waiting, TrialState::Running)
                | (
                    TrialState::Waiting | TrialState::Running,
                    TrialState::Complete(_)
                        | TrialState::Dropped(_)
                        | TrialState::Repeated(_)
                        | TrialState::Failed(_)
                )
        );
        if !allowed {
            return Err(BadTransition { trial: self.id, from: self.state.name(), to: to.name() });
        }
        self.state = to;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trial() -> Trial {
        Trial::new(3, Config::new(vec![]), Plan::empty(), vec![], Origin::Random)
    }

    #[test]
    fn finished_trials_do_not_change() {
        let complete = || TrialState::Complete(Outcome { scores: Scores::default(), reused: false });
        let mut trial = trial();
        trial.advance(TrialState::Running).unwrap();
        trial.advance(complete()).unwrap();
        for to in [TrialState::Waiting, TrialState::Running, complete(), TrialState::Failed("x".into())] {
            let error = trial.advance(to).unwrap_err();
            assert_eq!((error.trial, error.from), (3, "complete"));
        }
    }

    #[test]
    fn a_running_trial_does_not_wait_again() {
        let mut trial = trial();
        trial.advance(TrialState::Running).unwrap();
        assert!(trial.advance(TrialState::Waiting).is_err());
        trial.advance(TrialState::Failed("broken".into())).unwrap();
        assert_eq!(trial.scores(), None);
    }
}
