//! Option specifications.

use attune_core::options;
use serde::{Deserialize, Serialize};

use super::Value;

/// One option: what a profile may say, and what its silence means.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct OptionSpec {
    /// Name in the profile.
    pub name: String,
    /// What it does, in one sentence.
    #[serde(default)]
    pub help: String,
    /// What it accepts.
    pub kind: OptionKind,
    /// Its value when the profile is silent. One that `kind` does not accept, as an empty path, says that a profile must
    /// not be silent.
    pub default: Value,
}

/// What an option accepts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "kebab-case")]
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
    OneOf {
        /// The words.
        words: Vec<String>,
    },
    /// A list of whole numbers, each in an inclusive range.
    Ints {
        /// Smallest.
        min: i64,
        /// Largest.
        max: i64,
    },
    /// Counts of at least 1 by whole numbers in an inclusive range.
    Counts {
        /// Smallest.
        min: u32,
        /// Largest.
        max: u32,
        /// What the numbers are of, in the plural, for example `tokens`.
        of: String,
    },
    /// The path of a folder. A profile has it relative to itself, the worker gets it absolute.
    Folder,
    /// Any text, the empty one included.
    Text,
}

impl TryFrom<OptionSpec> for options::OptionSpec {
    type Error = String;

    fn try_from(spec: OptionSpec) -> Result<Self, String> {
        let OptionSpec { name, help, kind, default } = spec;
        let default = default.try_into().map_err(|why| format!("the default of option `{name}`: {why}"))?;
        let empty = match &kind {
            OptionKind::Int { min, max } | OptionKind::Ints { min, max } => min > max,
            OptionKind::Real { min, max } => min > max,
            OptionKind::Counts { min, max, .. } => min > max,
            OptionKind::OneOf { words } => words.is_empty(),
            OptionKind::Bool | OptionKind::Folder | OptionKind::Text => false,
        };
        if empty {
            return Err(format!("option `{name}` can have no value"));
        }
        let kind = match kind {
            OptionKind::Bool => options::OptionKind::Bool,
            OptionKind::Int { min, max } => options::OptionKind::Int { min, max },
            OptionKind::Real { min, max } => options::OptionKind::Real { min, max },
            OptionKind::OneOf { words } => options::OptionKind::OneOf(words),
            OptionKind::Ints { min, max } => options::OptionKind::Ints { min, max },
            OptionKind::Counts { min, max, of } => options::OptionKind::Counts { min, max, of },
            OptionKind::Folder => options::OptionKind::Folder,
            OptionKind::Text => options::OptionKind::Text,
        };
        let spec = options::OptionSpec { name, help, kind, default };
        // Files do not tell 1 from 1.0: the kind decides.
        let default = spec.accept(&spec.default).unwrap_or_else(|| spec.default.clone());
        Ok(options::OptionSpec { default, ..spec })
    }
}
