//! The technique: knows a search space and what a point in it means; never runs a model.

use crate::allowance::Usage;
use crate::facts::Facts;
use crate::format;
use crate::hash::ContentHash;
use crate::options::{OptionSpec, Settings};
use crate::plan::Plan;
use crate::signal::SignalRequest;
use crate::space::{Config, Space};

pub use crate::cost::Cost;
pub use crate::signal::Signal;

/// What a technique says about itself.
#[derive(Clone, Debug, PartialEq)]
pub struct TechniqueInfo {
    /// For example `expert-pruning`.
    pub name: String,
    /// Its own version.
    pub version: String,
    /// What it does, in one sentence, with its source.
    pub summary: String,
    /// Its options.
    pub options: Vec<OptionSpec>,
    /// Statistics of the model without edits that its baselines are made of.
    pub signals: Vec<String>,
    /// Kinds of edit that it emits.
    pub edits: Vec<String>,
    /// Whether it brings variation of its own.
    pub has_operators: bool,
    /// Its operators by name; none where it has at most one, without a name.
    pub operators: Vec<Operator>,
    /// The facts of a target that it heeds, without `target-`; `None` where it does not say.
    pub target_facts: Option<Vec<String>>,
    /// Hash of the component: another build is another technique.
    pub fingerprint: ContentHash,
}

/// A variation operator with a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operator {
    /// For example `swap`.
    pub name: String,
    /// What it does to a config, in one sentence.
    pub help: String,
    /// How many parents it is made for: 1 changes a config, 2 makes one of two.
    pub parents: usize,
}

/// A config that the found one is compared with.
#[derive(Clone, Debug, PartialEq)]
pub struct Baseline {
    /// For example `uniform`, `frequency`. `default` and `uniform` have their usual meaning.
    pub name: String,
    /// Where it comes from, in one sentence.
    pub help: String,
    /// The config. It may break the space's constraints (a uniform allocation of the next larger cost);
    /// then it is reported and never searched from.
    pub config: Config,
}

/// Estimated damages of every choice on its own: dimension by dimension, cell by cell, option by option (or, in a
/// subset, element by element: what picking it adds). Larger is worse.
pub type Sensitivities = Vec<Vec<Vec<f64>>>;

/// How a technique can fail. The study goes on, or ends with this message; it never panics.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("technique `{technique}` failed in `{call}`: {kind}")]
pub struct TechniqueFailure {
    /// The technique (or the file, while it has no name).
    pub technique: String,
    /// The exported function.
    pub call: String,
    /// What happened.
    pub kind: FailureKind,
}

/// What happened inside a technique.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum FailureKind {
    /// It said no, in its own words.
    #[error("{0}")]
    Refused(String),
    /// Its plan holds an edit that the technique declares and that attune does not have, and nobody here brings its schema.
    #[error(
        "its plans have the edit `{kind}`, which attune does not have and {evaluator} does not bring{hint}; an evaluator that \
         does has to score them: name it in the profile, as `evaluator: (command: [\"python3\", \"my_eval.py\"])`"
    )]
    UnknownEdit {
        /// Its kind.
        kind: String,
        /// Who does not bring it, in words.
        evaluator: String,
        /// The kinds that there are instead, or the nearest one; ready to print.
        hint: String,
    },
    /// It used up its fuel: a loop without end, or far too much work. Repeatable.
    #[error("it did not finish within its fuel of {fuel} instructions; it probably loops")]
    OutOfFuel {
        /// The limit.
        fuel: u64,
    },
    /// The wall-clock backstop fired before the fuel did. Not repeatable.
    #[error("it did not finish within {seconds} s of wall-clock time")]
    TooSlow {
        /// The limit.
        seconds: u64,
    },
    /// Each call kept to its limit, and all of them together took more than a study can wait for. The same calls end there
    /// again, but a run that continues begins to count anew: not to be kept as a result.
    #[error(
        "all its calls of this run together used up what they may, most of it {calls} calls of `{most}` with {} \
         instructions each",
        format::count(*each as f64)
    )]
    AllOutOfFuel {
        /// The function that used most.
        most: String,
        /// How often it was called.
        calls: u64,
        /// Instructions of one of these calls, on average.
        each: u64,
    },
    /// It asked for more memory or table space than it may have.
    #[error("it asked for more memory than its limit of {mebibytes} MiB")]
    OutOfMemory {
        /// The limit.
        mebibytes: u64,
    },
    /// It recursed too deeply.
    #[error("it overflowed its stack of {kibibytes} KiB")]
    StackOverflow {
        /// The limit.
        kibibytes: u64,
    },
    /// It returned more data than it may.
    #[error("it returned more than {limit} bytes")]
    OutputTooLarge {
        /// The limit.
        limit: usize,
    },
    /// It trapped: a panic or another bug.
    #[error("it trapped: {0}")]
    Trapped(String),
    /// It returned something without meaning.
    #[error("it returned something invalid: {0}")]
    BadOutput(String),
    /// The file is not a component of a world that this build knows.
    #[error("not a technique: {0}")]
    WrongWorld(String),
}

impl FailureKind {
    /// Whether the same call fails in the same way in every run: what does not is never kept as a result.
    pub fn is_repeatable(&self) -> bool {
        !matches!(self, Self::TooSlow { .. } | Self::AllOutOfFuel { .. })
    }
}

/// A compression method.
///
/// Contract: every method is a pure function of its arguments; configs returned are canonical points
/// of the space (baselines excepted, see [`Baseline::config`]).
///
/// ```
/// use attune_core::facts::Facts;
/// use attune_core::hash::ContentHash;
/// use attune_core::options::Settings;
/// use attune_core::plan::{Edit, Plan};
/// use attune_core::space::{Config, Dimension, Space, Value};
/// use attune_core::technique::{Technique, TechniqueFailure, TechniqueInfo};
///
/// /// Leaves out one part.
/// struct DropOne(TechniqueInfo);
///
/// impl Technique for DropOne {
///     fn info(&self) -> &TechniqueInfo {
///         &self.0
///     }
///
///     fn space(&self, model: &Facts, _options: &Settings) -> Result<Space, TechniqueFailure> {
///         let last = model.count("parts") as i64 - 1;
///         Ok(Space::of([Dimension::int("part", 0, last)]).expect("there are parts"))
///     }
///
///     fn lower(&self, _: &Facts, _: &Settings, config: &Config) -> Result<Plan, TechniqueFailure> {
///         let Value::Int(part) = config.dimensions()[0][0] else { unreachable!("the space has whole numbers") };
///         Ok(Plan::from_canonical(vec![Edit::new("leave-out").int("part", part)]))
///     }
/// }
///
/// # let info = TechniqueInfo {
/// #     name: "drop-one".into(), version: "1".into(), summary: "Leaves out one part.".into(), options: vec![],
/// #     signals: vec![], edits: vec!["leave-out".into()], has_operators: false, operators: vec![], target_facts: None, fingerprint: ContentHash::of(b"1"),
/// # };
/// let technique = DropOne(info);
/// let parts = Settings::from([("parts".to_owned(), attune_core::options::OptionValue::Int(4))]);
/// let model = Facts { name: "tiny".into(), fingerprint: ContentHash::of(b"tiny"), values: parts };
/// let plan = technique.lower(&model, &Settings::new(), &Config::new(vec![vec![Value::Int(2)]]))?;
/// assert_eq!(plan.canonical(), "leave-out(part:2)\n");
/// assert!(technique.cost(&model, &Settings::new(), &Config::new(vec![]))?.is_empty(), "it counts nothing");
/// # Ok::<(), TechniqueFailure>(())
/// ```
pub trait Technique: Send + Sync {
    /// What it says about itself.
    fn info(&self) -> &TechniqueInfo;

    /// What its calls have used so far, by exported function; nothing where that is not counted.
    fn usage(&self) -> Usage {
        Usage::new()
    }

    /// Its search space for a model.
    ///
    /// # Errors
    /// When the technique does not apply to the model, the options exclude each other, or it misbehaves.
    fn space(&self, model: &Facts, options: &Settings) -> Result<Space, TechniqueFailure>;

    /// What `config` does to the model.
    ///
    /// # Errors
    /// When the technique misbehaves, or emits an edit that has no meaning.
    fn lower(&self, model: &Facts, options: &Settings, config: &Config) -> Result<Plan, TechniqueFailure>;

    /// What `config` costs; nothing where it counts nothing.
    ///
    /// # Errors
    /// When the technique misbehaves.
    fn cost(
        &self,
        model: &Facts,
        options: &Settings,
        config: &Config,
    ) -> Result<Vec<Cost>, TechniqueFailure> {
        let _ = (model, options, config);
        Ok(Vec::new())
    }

    /// The configs that a result has to beat, from the signals that the technique asked for; none where it knows none.
    ///
    /// # Errors
    /// When the technique misbehaves.
    fn baselines(
        &self,
        model: &Facts,
        options: &Settings,
        signals: &[Signal],
    ) -> Result<Vec<Baseline>, TechniqueFailure> {
        let _ = (model, options, signals);
        Ok(Vec::new())
    }

    /// A child of `parents` by the technique's own operator; only called when `has_operators`.
    /// All randomness comes from `seed`.
    ///
    /// # Errors
    /// When the technique misbehaves.
    fn vary(
        &self,
        model: &Facts,
        options: &Settings,
        parents: &[&Config],
        seed: u64,
    ) -> Result<Config, TechniqueFailure> {
        let _ = (model, options, parents, seed);
        Err(TechniqueFailure {
            technique: self.info().name.clone(),
            call: "vary".to_owned(),
            kind: FailureKind::Refused("it has no operators".to_owned()),
        })
    }

    /// A child by one of the [named operators](TechniqueInfo::operators), of as many parents as it is made for where there are
    /// so many, the better one first. All randomness comes from `seed`.
    ///
    /// # Errors
    /// When the technique has no such operator, the operator has nothing to do here, or the technique misbehaves.
    fn vary_by(
        &self,
        model: &Facts,
        options: &Settings,
        operator: &str,
        parents: &[&Config],
        seed: u64,
    ) -> Result<Config, TechniqueFailure> {
        let _ = (model, options, parents, seed);
        Err(TechniqueFailure {
            technique: self.info().name.clone(),
            call: "vary".to_owned(),
            kind: FailureKind::Refused(format!("it has no operator `{operator}`")),
        })
    }

    /// The signals that [`sensitivities`](Self::sensitivities) is made of, in its order; `None` when the technique makes no
    /// estimate of its own.
    ///
    /// # Errors
    /// When the technique misbehaves.
    fn damage_signals(
        &self,
        _model: &Facts,
        _options: &Settings,
    ) -> Result<Option<Vec<SignalRequest>>, TechniqueFailure> {
        Ok(None)
    }

    /// The technique's own estimate of what every choice does to the loss, from the signals that it asked for: as
    /// many dimensions, cells and options as the space has, all finite. Only called when `damage_signals` names
    /// signals; `None` of a technique that names none.
    ///
    /// # Errors
    /// When the technique misbehaves.
    fn sensitivities(
        &self,
        _model: &Facts,
        _options: &Settings,
        _signals: &[Signal],
    ) -> Result<Option<Sensitivities>, TechniqueFailure> {
        Ok(None)
    }
}
