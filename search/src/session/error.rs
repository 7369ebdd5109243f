//! Errors that end a session without a result.

use attune_core::evaluator::{EvalFailure, Split};
use attune_core::race::RaceError;
use attune_core::sensitivity::NoTable;
use attune_core::stats::NotPaired;
use attune_core::store::StoreError;
use attune_core::technique::TechniqueFailure;
use attune_core::trial::BadTransition;

use crate::operators::VariationError;
use crate::strategy::StrategyError;

/// A failure that may be kept as the result of what was asked; one that another run need not repeat is the end of this one.
pub(super) fn lasting(failure: TechniqueFailure) -> Result<TechniqueFailure, SessionError> {
    if failure.kind.is_repeatable() { Ok(failure) } else { Err(SessionError::Unrepeatable(failure)) }
}

/// Why a session ended without a result. Finished trials are kept in every case.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SessionError {
    /// The store failed, or holds another study of this name.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The strategy cannot be built.
    #[error(transparent)]
    Strategy(#[from] StrategyError),
    /// The technique failed where the study cannot do without it.
    #[error(transparent)]
    Technique(#[from] TechniqueFailure),
    /// The technique failed in a way that need not repeat; kept as a result, it would make the study another one
    /// elsewhere.
    #[error("{0}; finished trials are kept, run the study again to continue, or use another technique")]
    Unrepeatable(TechniqueFailure),
    /// The technique's operator failed in a way that need not repeat; going on would make the study impossible
    /// to resume.
    #[error("{0}; run the study again to continue, or set the strategy's `operators` to \"domain\"")]
    Variation(VariationError),
    /// The evaluator failed as a whole.
    #[error("{failure} (while {during}); finished trials are kept, run the study again to continue")]
    Evaluator {
        /// What was being done.
        during: String,
        /// What happened.
        failure: EvalFailure,
    },
    /// The trial to start from means nothing to this technique.
    #[error(
        "cannot start from trial {trial} of study `{study}`: technique `{technique}` searches another space than \
         that study (of `{other}`) and makes no config of its plan; start from a study of the same technique and \
         options, or drop `start`"
    )]
    NoStart {
        /// The study.
        study: String,
        /// The trial.
        trial: u64,
        /// The technique of this study.
        technique: String,
        /// The technique of that study.
        other: String,
    },
    /// An objective that neither the task nor the technique measures.
    #[error(
        "there is no objective `{found}`; the task measures {metrics}, the technique counts {costs}{hint}"
    )]
    UnknownObjective {
        /// What was found.
        found: String,
        /// Metrics of the task.
        metrics: String,
        /// Cost resources of the technique.
        costs: String,
        /// Nearest known name, ready to print.
        hint: String,
    },
    /// A study without objectives has no best.
    #[error("the study has no objective; name at least one metric or cost")]
    NoObjective,
    /// Trials scored on nothing.
    #[error("trials are to be scored on 0 items, expected at least 1; set `items`")]
    NoItems,
    /// A split that the task does not have.
    #[error("the task has no split `{split}`, only {known}")]
    NoSplit {
        /// What was asked for.
        split: Split,
        /// What exists.
        known: String,
    },
    /// A split with fewer items than asked for.
    #[error(
        "split `{split}` has {items} items, expected at least {wanted}; give it more data or ask for fewer items"
    )]
    FewItems {
        /// The split.
        split: Split,
        /// What was asked for.
        wanted: u32,
        /// What it has.
        items: u32,
    },
    /// No config of the space can be evaluated: nothing was run or stored.
    #[error(
        "no config of technique `{technique}` can be evaluated; {config} was refused: {failure}; \
         choose another technique, or an evaluator that knows the edit"
    )]
    NothingRuns {
        /// The technique.
        technique: String,
        /// Which config the failure is of.
        config: String,
        /// Why it cannot.
        failure: EvalFailure,
    },
    /// A panic: a fault of attune or of a library that it uses.
    #[error(
        "{during} panicked: {message}; this is a fault of attune or of a library that it uses, please report it; finished \
         trials are kept, run the study again to continue"
    )]
    Panicked {
        /// What was being done, for example `asking strategy `evolution``.
        during: String,
        /// What the panic said.
        message: String,
    },
    /// The journal does not read like a study.
    #[error(
        "the journal of study `{study}` is not in order: record {record} is {found}, expected {expected}; \
         restore it from a copy, or start again under another name with --study NAME"
    )]
    Journal {
        /// The study.
        study: String,
        /// Position of the record, from 0.
        record: usize,
        /// What was found.
        found: String,
        /// What was expected.
        expected: String,
    },
    /// Replay proposes something else than the journal holds.
    #[error(
        "study `{study}` cannot be continued: its trial {trial} is config {found}, but strategy `{strategy}` now \
         proposes {proposed}; strategy, technique or attune's version have changed since; start again under \
         another name with --study NAME (evaluations are reused)"
    )]
    Diverged {
        /// The study.
        study: String,
        /// The trial.
        trial: u64,
        /// Short hash of the journalled config.
        found: String,
        /// The strategy.
        strategy: String,
        /// Short hash of the proposed config.
        proposed: String,
    },
    /// The strategy breaks its contract.
    #[error(
        "strategy `{strategy}` does not keep the contract of strategies: found {found} at proposal {proposal}, expected {expected}"
    )]
    BadProposal {
        /// The strategy.
        strategy: String,
        /// Number that the proposal should have.
        proposal: u64,
        /// What was found.
        found: String,
        /// What was expected.
        expected: String,
    },
    /// Nothing has a score.
    #[error(
        "none of the {trials} trials so far was scored; trial {trial} failed with: {failure}; \
         once that is put right, start again under another name with --study NAME"
    )]
    NothingScored {
        /// Number of trials.
        trials: usize,
        /// The first failed trial.
        trial: u64,
        /// Its failure.
        failure: String,
    },
    /// The winner cannot be scored on the report split.
    #[error("trial {trial} is the best on the selection split and fails on `{split}`: {failure}")]
    BestFails {
        /// The winner.
        trial: u64,
        /// Where it fails.
        split: Split,
        /// How.
        failure: EvalFailure,
    },
    /// A space of which no sensitivity table can be made.
    #[error("{0}; choose another strategy, `evolution` works on every space")]
    NoTable(#[from] NoTable),
    /// The strategy is told to plan with the technique's own estimate, and it makes none.
    #[error(
        "technique `{technique}` makes no estimate of damages for this model and these options; set `signal` of strategy \
         `{strategy}` to \"measured\""
    )]
    NoDamages {
        /// The technique.
        technique: String,
        /// The strategy.
        strategy: String,
    },
    /// A row of the result has the name already.
    #[error(
        "report.baselines: a recipe is named `{name}`, which is another row of the result; give it another name"
    )]
    BaselineName {
        /// The name.
        name: String,
    },
    /// The evaluator does not honour a plan that the result is to be compared with.
    #[error(
        "report.baselines: the plan of `{name}` cannot be scored: {failure}; leave it out, or choose another evaluator"
    )]
    BaselineRefused {
        /// Its name.
        name: String,
        /// Why.
        failure: EvalFailure,
    },
    /// The technique's baselines are made of a signal that the evaluator does not measure.
    #[error(
        "technique `{technique}` makes its baselines of signal `{signal}`, which evaluator `{evaluator}` does not measure; it \
         measures {measures}; choose another technique, or an evaluator that measures it (`attune evaluator show NAME` says so)"
    )]
    NoSignal {
        /// The technique.
        technique: String,
        /// The signal.
        signal: String,
        /// The evaluator.
        evaluator: String,
        /// What it measures, in words.
        measures: String,
    },
    /// The strategy is told to plan with an estimate that is made of a signal which the evaluator does not measure.
    #[error(
        "strategy `{strategy}` is to plan with what technique `{technique}` makes of signal `{signal}`, which evaluator \
         `{evaluator}` does not measure; it measures {measures}; set `signal` of strategy `{strategy}` to \"measured\", choose \
         another strategy (`evolution` needs no signals), or an evaluator that measures it (`attune evaluator show NAME` says so)"
    )]
    NoEstimate {
        /// The technique.
        technique: String,
        /// The strategy.
        strategy: String,
        /// The signal.
        signal: String,
        /// The evaluator.
        evaluator: String,
        /// What it measures, in words.
        measures: String,
    },
    /// A table is given to a strategy that plans with none.
    #[error(
        "`strategy.sensitivities` names a table, and strategy `{strategy}` plans with none; choose `profiling` or `hybrid`, or leave \
         the table out"
    )]
    TableUnused {
        /// The strategy.
        strategy: String,
    },
    /// A table is given to a strategy that has it estimated.
    #[error(
        "`strategy.sensitivities` names a table, and `signal` of strategy `{strategy}` is \"gradient\", which is another one; leave \
         one of them out"
    )]
    TwoTables {
        /// The strategy.
        strategy: String,
    },
    /// Sensitivities are differences from the reference.
    #[error(
        "the least damaged config, from which sensitivities are measured, could not be scored; choose another \
         strategy, `evolution` needs no sensitivities"
    )]
    NoReference,
    /// A race compares by losses that are never negative.
    #[error(
        "`racing` compares trials by one metric that is minimised and never negative, or maximised with the unit `share`; this study has objective \
         `{objective}`; remove `racing` from the profile, or give it one such objective"
    )]
    CannotRace {
        /// The first objective.
        objective: String,
    },
    /// The scores of the trial that others race against cannot be raced against.
    #[error("{0}; remove `racing` from the profile to go on without it, under another name")]
    Race(RaceError),
    /// Two scores of one split have different numbers of items.
    #[error(transparent)]
    NotPaired(#[from] NotPaired),
    /// A trial was moved in a way that its state machine does not have.
    #[error(transparent)]
    Transition(#[from] BadTransition),
}
