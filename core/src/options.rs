//! Values that people set: technique options, strategy options, edit arguments.

use std::collections::BTreeMap;
use std::fmt;

use crate::printable::quoted;
use crate::suggest::hint;

/// One value. Which kinds an option takes is said by its [`OptionSpec`].
#[derive(Clone, Debug, PartialEq)]
pub enum OptionValue {
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A real number.
    Real(f64),
    /// A word or a text.
    Text(String),
    /// Whole numbers.
    Ints(Vec<i64>),
    /// Real numbers.
    Reals(Vec<f64>),
    /// Whole numbers by whole numbers: how many items of how many tokens, for example.
    Counts(BTreeMap<u32, u32>),
}

/// Named values in name order, so that their text form is canonical.
pub type Settings = BTreeMap<String, OptionValue>;

impl OptionValue {
    /// What kind of value this is, as messages name it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Bool(_) => "true or false",
            Self::Int(_) => "a whole number",
            Self::Real(_) => "a real number",
            Self::Text(_) => "a text",
            Self::Ints(_) => "a list of whole numbers",
            Self::Reals(_) => "a list of real numbers",
            Self::Counts(_) => "counts by whole numbers",
        }
    }

    /// Whether it counts nothing, which is as good as silence.
    pub fn counts_nothing(&self) -> bool {
        matches!(self, Self::Counts(counts) if counts.is_empty())
    }
}

impl fmt::Display for OptionValue {
    /// RON form.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(value) => write!(f, "{value}"),
            Self::Int(value) => write!(f, "{value}"),
            Self::Real(value) => write!(f, "{value:?}"),
            Self::Text(value) => write!(f, "{value:?}"),
            Self::Ints(values) => write!(f, "{values:?}"),
            Self::Reals(values) => write!(f, "{values:?}"),
            Self::Counts(values) => write!(f, "{values:?}"),
        }
    }
}

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
    /// Counts of at least 1 by whole numbers, each in an inclusive range; none at all is fine.
    Counts {
        /// Smallest.
        min: u32,
        /// Largest.
        max: u32,
        /// What the numbers are of, in the plural, for example `tokens`.
        of: String,
    },
    /// The path of a folder, relative to the profile.
    Folder,
    /// Any text, also an empty one.
    Text,
}

/// One option of a technique or strategy, as `attune technique show` prints it.
#[derive(Clone, Debug, PartialEq)]
pub struct OptionSpec {
    /// Name in the profile.
    pub name: String,
    /// What it does, in one sentence.
    pub help: String,
    /// What it accepts.
    pub kind: OptionKind,
    /// Its value when the profile is silent. One that `kind` does not accept, as an empty path, says that a profile must not be
    /// silent.
    pub default: OptionValue,
}

/// The options of a profile, checked against `specs` and completed with defaults. `owner` is who takes
/// them, in words: ``technique `kv-bits` ``.
///
/// # Errors
/// [`OptionError`] naming the option, what was found and what was expected.
pub fn resolve(owner: &str, specs: &[OptionSpec], given: &Settings) -> Result<Settings, OptionError> {
    for name in given.keys() {
        if !specs.iter().any(|spec| spec.name == *name) {
            return Err(OptionError::Unknown {
                owner: owner.to_owned(),
                option: quoted(name).into_owned(),
                hint: hint(name, specs.iter().map(|spec| spec.name.as_str())),
            });
        }
    }
    specs
        .iter()
        .map(|spec| {
            let value = match given.get(&spec.name) {
                None => spec.default.clone(),
                Some(value) => spec.accept(value).ok_or_else(|| OptionError::Bad {
                    owner: owner.to_owned(),
                    option: spec.name.clone(),
                    found: quoted(&value.to_string()).into_owned(),
                    expected: spec.kind.to_string(),
                })?,
            };
            Ok((spec.name.clone(), value))
        })
        .collect()
}

impl OptionSpec {
    /// The value as this option takes it; `None` when it does not.
    pub fn accept(&self, value: &OptionValue) -> Option<OptionValue> {
        let fits = |number: &i64, min: &i64, max: &i64| (min..=max).contains(&number);
        match (&self.kind, value) {
            (OptionKind::Bool, OptionValue::Bool(_)) => Some(value.clone()),
            (OptionKind::Int { min, max }, OptionValue::Int(number)) if fits(number, min, max) => {
                Some(value.clone())
            }
            (OptionKind::Real { min, max }, OptionValue::Real(number)) if (min..=max).contains(&number) => {
                Some(value.clone())
            }
            (OptionKind::Real { min, max }, OptionValue::Int(number)) => {
                let number = *number as f64;
                (*min <= number && number <= *max).then_some(OptionValue::Real(number))
            }
            (OptionKind::OneOf(words), OptionValue::Text(word)) if words.contains(word) => {
                Some(value.clone())
            }
            (OptionKind::Ints { min, max }, OptionValue::Ints(numbers))
                if !numbers.is_empty() && numbers.iter().all(|number| fits(number, min, max)) =>
            {
                Some(value.clone())
            }
            (OptionKind::Counts { min, max, .. }, OptionValue::Counts(counts))
                if counts.iter().all(|(number, count)| (min..=max).contains(&number) && *count > 0) =>
            {
                Some(value.clone())
            }
            (OptionKind::Folder, OptionValue::Text(path)) if !path.is_empty() => Some(value.clone()),
            (OptionKind::Text, OptionValue::Text(_)) => Some(value.clone()),
            _ => None,
        }
    }
}

impl fmt::Display for OptionKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool => write!(f, "true or false"),
            Self::Int { min, max } => write!(f, "a whole number from {min} to {max}"),
            Self::Real { min, max } => write!(f, "a number from {min} to {max}"),
            Self::OneOf(words) => write!(f, "one of {}", words.join(", ")),
            Self::Ints { min, max } => write!(f, "a list of whole numbers from {min} to {max}"),
            Self::Counts { min, max: u32::MAX, of } => {
                write!(f, "counts as `{{{of}: items}}`, at least {min} {of} and 1 item")
            }
            Self::Counts { min, max, of } => {
                write!(f, "counts as `{{{of}: items}}`, from {min} to {max} {of} and at least 1 item")
            }
            Self::Folder => write!(f, "the path of a folder"),
            Self::Text => write!(f, "a text"),
        }
    }
}

/// An option in a profile that its owner does not take.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OptionError {
    /// No such option.
    #[error("{owner} has no option `{option}`{hint}")]
    Unknown {
        /// The technique or strategy, in words.
        owner: String,
        /// What was found.
        option: String,
        /// Nearest known name, ready to print.
        hint: String,
    },
    /// Wrong type or out of range.
    #[error("option `{option}` of {owner} is {found}, expected {expected}")]
    Bad {
        /// The technique or strategy, in words.
        owner: String,
        /// The option.
        option: String,
        /// What was found.
        found: String,
        /// What was expected.
        expected: String,
    },
}

impl OptionError {
    /// The option that it is about.
    pub fn option(&self) -> &str {
        let (Self::Unknown { option, .. } | Self::Bad { option, .. }) = self;
        option
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn specs() -> Vec<OptionSpec> {
        vec![OptionSpec {
            name: "keep".into(),
            help: "experts to keep".into(),
            kind: OptionKind::Int { min: 1, max: 8 },
            default: OptionValue::Int(4),
        }]
    }

    #[test]
    fn defaults_complete_and_slips_are_named() {
        let given = |name: &str, value| Settings::from([(name.to_owned(), value)]);
        let resolved = resolve("technique `t`", &specs(), &Settings::new()).unwrap();
        assert_eq!(resolved["keep"], OptionValue::Int(4));
        let unknown = resolve("technique `t`", &specs(), &given("kep", OptionValue::Int(2))).unwrap_err();
        assert_eq!(unknown.to_string(), "technique `t` has no option `kep`; did you mean `keep`?");
        let bad = resolve("technique `t`", &specs(), &given("keep", OptionValue::Int(9))).unwrap_err();
        assert_eq!(
            bad.to_string(),
            "option `keep` of technique `t` is 9, expected a whole number from 1 to 8"
        );
    }
}
