//! What keys take.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::DeserializeOwned;

use super::super::error::problem;
use super::super::objectives::Objectives;
use super::super::value::Value;
use super::super::words::command_of;

/// What a key takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// A text.
    Text,
    /// A name, or the path of a `.wasm` file relative to the profile.
    Component,
    /// A folder, relative to the profile.
    Folder,
    /// A data file of the task, relative to the profile.
    Data,
    /// Another file, relative to the profile.
    File,
    /// A whole number in an inclusive range.
    Whole {
        /// Smallest.
        min: u64,
        /// Largest.
        max: u64,
    },
    /// A number from 0 to 1.
    Share {
        /// 0 is one.
        zero: bool,
        /// 1 is one.
        one: bool,
        /// What it is, with its article.
        of: &'static str,
    },
    /// A program and its arguments.
    Command,
    /// Data files of the task by name, relative to the profile.
    Files,
    /// Metrics with their directions, at least one.
    Objectives,
    /// Options by name, in braces; their owner says which.
    Options,
    /// Further keys of the group, by name; the evaluator's task says which.
    Settings,
}

impl Kind {
    /// Whether somebody else says what its names are.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Options | Self::Settings)
    }

    /// What is wrong with a value of this kind: what was found and what was expected.
    pub(crate) fn refusal(self, value: &Value) -> Option<(String, String)> {
        match (self, value) {
            (Self::Text | Self::Component | Self::Folder | Self::Data | Self::File, Value::Text(text))
                if text.is_empty() =>
            {
                Some(("\"\"".to_owned(), "a text that is not empty".to_owned()))
            }
            (Self::Whole { min, .. }, Value::Whole(number)) if *number < min => {
                Some((number.to_string(), format!("at least {min}")))
            }
            (Self::Whole { max, .. }, Value::Whole(number)) if *number > max => {
                Some((number.to_string(), format!("at most {max}")))
            }
            (Self::Share { zero, one, .. }, Value::Real(number)) => {
                let above = if zero { *number >= 0.0 } else { *number > 0.0 };
                let below = if one { *number <= 1.0 } else { *number < 1.0 };
                (!(above && below)).then(|| (number.to_string(), self.to_string()))
            }
            (Self::Command, Value::Command(words)) if words.first().is_none_or(String::is_empty) => {
                Some((value.ron(), "at least the name of a program".to_owned()))
            }
            (Self::Objectives, Value::Objectives(objectives)) if objectives.is_empty() => {
                Some(("[]".to_owned(), "at least one objective".to_owned()))
            }
            _ => None,
        }
    }

    /// The value that `--set` is given; texts are taken as they are, everything else is RON. Options are set one by one.
    ///
    /// # Errors
    /// What was found and expected.
    pub(crate) fn read(self, text: &str) -> Result<Value, String> {
        fn ron<T: DeserializeOwned>(text: &str) -> Result<T, String> {
            ron::from_str(text).map_err(|error| problem(&error.code))
        }
        match self {
            Self::Text | Self::Component | Self::Folder | Self::Data | Self::File => {
                Ok(Value::Text(text.to_owned()))
            }
            Self::Whole { .. } => ron(text).map(Value::Whole),
            Self::Share { .. } => ron(text).map(Value::Real),
            Self::Command => command_of(text).map(Value::Command),
            Self::Files => ron::<BTreeMap<String, String>>(text).map(Value::Files),
            Self::Objectives => ron::<Objectives>(text).map(|found| Value::Objectives(found.into())),
            Self::Options | Self::Settings => Ok(Value::Options(BTreeMap::new())),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Text => write!(f, "a text"),
            Self::Component => write!(f, "a name, or the path of a .wasm file"),
            Self::Folder => write!(f, "the path of a folder"),
            Self::Data | Self::File => write!(f, "the path of a file"),
            Self::Whole { min, max: u64::MAX } => write!(f, "a whole number from {min}"),
            Self::Whole { min, max } => write!(f, "a whole number from {min} to {max}"),
            Self::Share { zero: true, one: true, of } => write!(f, "{of} from 0 to 1"),
            Self::Share { zero: false, one: true, of } => write!(f, "{of} above 0 and at most 1"),
            Self::Share { zero: true, one: false, of } => write!(f, "{of} from 0 and below 1"),
            Self::Share { zero: false, one: false, of } => write!(f, "{of} above 0 and below 1"),
            Self::Command => write!(f, "a program and its arguments, as a list of texts"),
            Self::Files => write!(f, "paths of files by name"),
            Self::Objectives => write!(f, "metrics with their directions"),
            Self::Options => write!(f, "options by name"),
            Self::Settings => write!(f, "further keys"),
        }
    }
}
