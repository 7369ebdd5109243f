//! Conditions on the arguments of one edit, as data.

use std::fmt;

use super::Edit;
use crate::options::OptionValue;

/// Something that holds for an edit, or not.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    /// The argument is there and has this value.
    Is(String, OptionValue),
    /// The argument is there and is one of these words.
    OneOf(String, Vec<String>),
    /// Both arguments are there and have the same value.
    Same(String, String),
    /// All of them hold.
    All(Vec<Condition>),
    /// At least one of them holds.
    Any(Vec<Condition>),
}

impl Condition {
    /// The argument `name` has the value `value`.
    pub fn is(name: &str, value: OptionValue) -> Self {
        Self::Is(name.to_owned(), value)
    }

    /// Both arguments have the same value.
    pub fn same(one: &str, other: &str) -> Self {
        Self::Same(one.to_owned(), other.to_owned())
    }

    /// The argument `name` is one of `words`.
    pub fn one_of<'a>(name: &str, words: impl IntoIterator<Item = &'a str>) -> Self {
        Self::OneOf(name.to_owned(), words.into_iter().map(str::to_owned).collect())
    }

    /// Whether it holds for `edit`.
    pub fn holds(&self, edit: &Edit) -> bool {
        match self {
            Self::Is(name, value) => edit.args.get(name) == Some(value),
            Self::OneOf(name, words) => {
                matches!(edit.args.get(name), Some(OptionValue::Text(word)) if words.contains(word))
            }
            Self::Same(one, other) => {
                edit.args.get(one).is_some_and(|value| edit.args.get(other) == Some(value))
            }
            Self::All(all) => all.iter().all(|condition| condition.holds(edit)),
            Self::Any(any) => any.iter().any(|condition| condition.holds(edit)),
        }
    }
}

impl fmt::Display for Condition {
    /// As messages say it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let joined = |f: &mut fmt::Formatter<'_>, all: &[Self], by: &str| {
            let words: Vec<String> = all.iter().map(Self::to_string).collect();
            write!(f, "{}", words.join(by))
        };
        match self {
            Self::Is(name, value) => write!(f, "`{name}` is {value}"),
            Self::OneOf(name, words) => write!(f, "`{name}` is one of {}", words.join(", ")),
            Self::Same(one, other) => write!(f, "`{one}` and `{other}` are the same"),
            Self::All(all) => joined(f, all, " and "),
            Self::Any(any) => joined(f, any, " or "),
        }
    }
}
