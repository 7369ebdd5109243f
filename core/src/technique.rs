//! The technique: knows a search space and what a point in it means; never runs a model.

use crate::facts::ModelFacts;
use crate::hash::ContentHash;
use crate::plan::Plan;
use crate::setting::{Setting, Settings};
use crate::space::{Axis, Config, Space};
use crate::suggest::hint;

/// What an option accepts.
#[derive(Clone, Debug, PartialEq)]
pub enum OptionKind {
    /// `true` or `false`.
    Bool,
    /// A whole number in an inclusive range.
    Int {
        /// Smallest.
        min: i64,
        /// Largest.
        max: i64,
    },
    /// A real number in an inclusive range.
    Real {
        /// Smallest.
        min: f64,
        /// Largest.
        max: f64,
    },
    /// One of these words.
    OneOf(Vec<String>),
    /// A list of whole numbers, each in an inclusive range.
    Ints {
        /// Smallest.
        min: i64,
        /// Largest.
        max: i64,
    },
}

/// One option of a technique, as `attune technique show` prints it.
#[derive(Clone, Debug, PartialEq)]
pub struct OptionSpec {
    /// Name in the profile.
    pub name: String,
    /// What it does, in one sentence.
    pub help: String,
    /// What it accepts.
    pub kind: OptionKind,
    /// Its value when the profile is silent.
    pub default: Setting,
}

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
    /// Statistics of the dense model that its baselines are made of.
    pub signals: Vec<String>,
    /// Kinds of edit that it emits.
    pub edits: Vec<String>,
    /// Whether it brings its own variation operator.
    pub has_operators: bool,
    /// Hash of the component: another build is another technique.
    pub fingerprint: ContentHash,
}

impl TechniqueInfo {
    /// The options of a profile, checked against this technique and completed with defaults.
    ///
    /// # Errors
    /// [`OptionError`] naming the option, what was found and what was expected.
    pub fn resolve(&self, given: &Settings) -> Result<Settings, OptionError> {
        for name in given.keys() {
            if !self.options.iter().any(|spec| spec.name == *name) {
                return Err(OptionError::Unknown {
                    technique: self.name.clone(),
                    option: name.clone(),
                    hint: hint(name, self.options.iter().map(|spec| spec.name.as_str())),
                });
            }
        }
        self.options
            .iter()
            .map(|spec| {
                let value = match given.get(&spec.name) {
                    None => spec.default.clone(),
                    Some(value) => spec.accept(value).ok_or_else(|| OptionError::Bad {
                        technique: self.name.clone(),
                        option: spec.name.clone(),
                        found: value.to_string(),
                        expected: spec.kind.to_string(),
                    })?,
                };
                Ok((spec.name.clone(), value))
            })
            .collect()
    }
}

impl OptionSpec {
    fn accept(&self, value: &Setting) -> Option<Setting> {
        let fits = |number: &i64, min: &i64, max: &i64| (min..=max).contains(&number);
        match (&self.kind, value) {
            (OptionKind::Bool, Setting::Bool(_)) => Some(value.clone()),
            (OptionKind::Int { min, max }, Setting::Int(number)) if fits(number, min, max) => {
                Some(value.clone())
            }
            (OptionKind::Real { min, max }, Setting::Real(number)) if (min..=max).contains(&number) => {
                Some(value.clone())
            }
            (OptionKind::Real { min, max }, Setting::Int(number)) => {
                let number = *number as f64;
                (*min <= number && number <= *max).then_some(Setting::Real(number))
            }
            (OptionKind::OneOf(words), Setting::Text(word)) if words.contains(word) => Some(value.clone()),
            (OptionKind::Ints { min, max }, Setting::Ints(numbers))
                if !numbers.is_empty() && numbers.iter().all(|number| fits(number, min, max)) =>
            {
                Some(value.clone())
            }
            _ => None,
        }
    }
}

impl std::fmt::Display for OptionKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Bool => write!(f, "true or false"),
            Self::Int { min, max } => write!(f, "a whole number from {min} to {max}"),
            Self::Real { min, max } => write!(f, "a number from {min} to {max}"),
            Self::OneOf(words) => write!(f, "one of {}", words.join(", ")),
            Self::Ints { min, max } => write!(f, "a list of whole numbers from {min} to {max}"),
        }
    }
}

/// A technique option in a profile that the technique does not take.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OptionError {
    /// No such option.
    #[error("technique `{technique}` has no option `{option}`{hint}")]
    Unknown {
        /// The technique.
        technique: String,
        /// What was found.
        option: String,
        /// Nearest known name, ready to print.
        hint: String,
    },
    /// Wrong type or out of range.
    #[error("option `{option}` of technique `{technique}` is {found}, expected {expected}")]
    Bad {
        /// The technique.
        technique: String,
        /// The option.
        option: String,
        /// What was found.
        found: String,
        /// What was expected.
        expected: String,
    },
}

/// A measured statistic of the dense model.
#[derive(Clone, Debug, PartialEq)]
pub struct Signal {
    /// For example `expert-frequency`.
    pub name: String,
    /// Axes of `values`, outermost first.
    pub axes: Vec<Axis>,
    /// Row-major values.
    pub values: Vec<f64>,
}

/// What a config costs, in one resource.
#[derive(Clone, Debug, PartialEq)]
pub struct Cost {
    /// For example `memory` or `bits`.
    pub resource: String,
    /// For example `bytes` or `bits/element`.
    pub unit: String,
    /// The amount.
    pub value: f64,
    /// The same of the dense model, so that savings can be shown.
    pub dense: f64,
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
pub enum FailureKind {
    /// It said no, in its own words.
    #[error("{0}")]
    Refused(String),
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

/// A compression method.
///
/// Contract: every method is a pure function of its arguments; configs returned are canonical points
/// of the space (baselines excepted, see [`Baseline::config`]).
pub trait Technique: Send + Sync {
    /// What it says about itself.
    fn info(&self) -> &TechniqueInfo;

    /// Its search space for a model.
    ///
    /// # Errors
    /// When the technique does not apply to the model, the options exclude each other, or it misbehaves.
    fn space(&self, model: &ModelFacts, options: &Settings) -> Result<Space, TechniqueFailure>;

    /// What `config` does to the model.
    ///
    /// # Errors
    /// When the technique misbehaves, or emits an edit that has no meaning.
    fn lower(
        &self,
        model: &ModelFacts,
        options: &Settings,
        config: &Config,
    ) -> Result<Plan, TechniqueFailure>;

    /// What `config` costs.
    ///
    /// # Errors
    /// When the technique misbehaves.
    fn cost(
        &self,
        model: &ModelFacts,
        options: &Settings,
        config: &Config,
    ) -> Result<Vec<Cost>, TechniqueFailure>;

    /// The configs that a result has to beat, from the signals that the technique asked for.
    ///
    /// # Errors
    /// When the technique misbehaves.
    fn baselines(
        &self,
        model: &ModelFacts,
        options: &Settings,
        signals: &[Signal],
    ) -> Result<Vec<Baseline>, TechniqueFailure>;

    /// A child of `parents` by the technique's own operator; only called when `has_operators`.
    /// All randomness comes from `seed`.
    ///
    /// # Errors
    /// When the technique misbehaves.
    fn vary(
        &self,
        model: &ModelFacts,
        options: &Settings,
        parents: &[&Config],
        seed: u64,
    ) -> Result<Config, TechniqueFailure>;
}
