//! The one stream of events that every view consumes, and the commands that they may send back.

use crate::plan::Plan;
use crate::report::Report;
use crate::scores::Work;
use crate::space::Count;
use crate::strategy::Planned;
use crate::trial::Trial;

/// Counters of a study so far.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct Progress {
    /// Finished trials, including those of earlier runs.
    pub trials: u64,
    /// Trials that the study is to have.
    pub budget: u64,
    /// Of the finished ones: evaluated for this study.
    pub evaluated: u64,
    /// Of the finished ones: found in the cache.
    pub reused: u64,
    /// Of the evaluated or reused ones: dropped by a race before their last item.
    pub dropped: u64,
    /// Failed trials.
    pub failed: u64,
    /// Configs whose evaluation was asked for, for a sensitivity table, before the first trial. They are no trials, and evaluations like
    /// them: who compares searches compares [`evaluations`](Self::evaluations).
    pub probes: u64,
    /// Work of the evaluated trials, and of what was measured for them.
    pub work: Work,
    /// Of that: signals, and sensitivities.
    pub measuring: Work,
}

impl Progress {
    /// Configs that the search has heard of: trials and probes. A probe that becomes a trial counts as both.
    pub fn evaluations(&self) -> u64 {
        self.trials + self.probes
    }

    /// The counters when evaluations of other studies answered `trials` of those that the journal calls evaluated.
    #[must_use]
    pub fn with_shared(self, trials: u64) -> Self {
        let shared = trials.min(self.evaluated);
        Self { evaluated: self.evaluated - shared, reused: self.reused + shared, ..self }
    }
}

/// A part of a study that takes time, in the order in which they come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Phase {
    /// Signals, and sensitivities.
    Measuring,
    /// Trials.
    Search,
    /// The result table.
    Report,
}

impl Phase {
    /// The word that people and scripts see.
    pub fn name(self) -> &'static str {
        match self {
            Self::Measuring => "measuring",
            Self::Search => "search",
            Self::Report => "report",
        }
    }

    /// The phase of this name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Measuring, Self::Search, Self::Report].into_iter().find(|phase| phase.name() == name)
    }
}

/// How far a phase is, counted in evaluations of one plan on one item.
///
/// What needs no evaluation any more counts as done: items that the cache knows, and those that a dropped trial is never
/// scored on. So `done` may jump. `total` is an estimate until the phase begins, and exact from there on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Advance {
    /// Which phase.
    pub phase: Phase,
    /// Done, including what earlier runs did.
    pub done: u64,
    /// To be done, all in all.
    pub total: u64,
    /// Of the done ones: evaluated in this run. The time that they took says how long the others will take.
    pub evaluated: u64,
}

/// How far a study is, for whoever looks at it from another process while it runs; no part of its result.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Underway {
    /// Every phase that is known, each once.
    pub phases: Vec<Advance>,
    /// The one that runs.
    pub running: Option<Phase>,
    /// What is measured or scored for the report, where that is the phase.
    pub what: String,
}

impl Underway {
    /// How much of everything is done, from 0 to 1; `None` while it is not known how much there is.
    pub fn share(&self) -> Option<f64> {
        let sum = |of: fn(&Advance) -> u64| self.phases.iter().map(of).sum::<u64>();
        let total = sum(|advance| advance.total);
        (total > 0).then(|| sum(|advance| advance.done) as f64 / total as f64)
    }
}

/// What happens in a study, in order.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// The study begins or continues.
    Started {
        /// Its name.
        study: String,
        /// Technique name.
        technique: String,
        /// Model name.
        model: String,
        /// Device name.
        device: String,
        /// How many feasible configs there are; `None` when nobody counted them.
        space: Option<Count>,
        /// Trials that earlier runs had finished.
        resumed: u64,
        /// Trials that the study is to have.
        budget: u64,
    },
    /// A phase has advanced. Comes once for every phase before the first of them begins, so that the whole is known from
    /// the start, then whenever something of it is done.
    Advanced(Advance),
    /// The best of the trials that earlier runs finished, before the first new trial; later only when a config that was
    /// asked again makes another trial the best.
    BestSoFar {
        /// The trial.
        trial: Box<Trial>,
    },
    /// A signal is being measured.
    Measuring {
        /// For example `expert-frequency`.
        what: String,
    },
    /// The strategy plans with sensitivities, which may take minutes.
    Planning,
    /// The strategy planned with sensitivities; comes before its first trial.
    Planned(Planned),
    /// A trial was handed to the evaluator.
    TrialStarted {
        /// Its number.
        trial: u64,
        /// Its plan.
        plan: Plan,
    },
    /// A trial is journalled.
    TrialFinished {
        /// The trial.
        trial: Box<Trial>,
        /// Whether it is the best so far.
        best: bool,
        /// Counters after it.
        progress: Progress,
    },
    /// The result table is being made.
    Reporting {
        /// What is being scored, for example `frequency`.
        what: String,
        /// Scored so far.
        done: usize,
        /// To be scored.
        total: usize,
    },
    /// The study stops early and can be resumed.
    Interrupted {
        /// Counters so far.
        progress: Progress,
    },
    /// Something that a person should know and that does not end the study.
    Warning {
        /// One sentence.
        message: String,
    },
    /// The study is over.
    Finished(Box<Finished>),
}

/// The `finished` event: also what `show` prints.
#[derive(Clone, Debug, PartialEq)]
pub struct Finished {
    /// Study name.
    pub study: String,
    /// Technique name.
    pub technique: String,
    /// Model name.
    pub model: String,
    /// Device that the study was started on.
    pub device: String,
    /// Counters.
    pub progress: Progress,
    /// Wall-clock seconds over all runs.
    pub seconds: f64,
    /// The most memory that a run took, bytes, where that is known.
    pub peak_memory: Option<u64>,
    /// Seed.
    pub seed: u64,
    /// What the strategy planned, if it plans.
    pub planned: Option<Planned>,
    /// The result.
    pub report: Report,
}

/// What a view may ask of a running study.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Evaluate nothing new until `Resume`.
    Pause,
    /// Go on.
    Resume,
    /// Stop when the running generation is finished.
    StopAfterGeneration,
    /// Stop at once: what has no score yet is given up, what has one is kept.
    StopNow,
}
