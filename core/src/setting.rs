//! Values that people set: technique options, strategy options, edit arguments.

use std::collections::BTreeMap;
use std::fmt;

/// One value. Which kinds an option takes is said by its [`OptionSpec`](crate::technique::OptionSpec).
#[derive(Clone, Debug, PartialEq)]
pub enum Setting {
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
}

/// Named values in name order, so that their text form is canonical.
pub type Settings = BTreeMap<String, Setting>;

impl Setting {
    /// What kind of value this is, as messages name it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Bool(_) => "true or false",
            Self::Int(_) => "a whole number",
            Self::Real(_) => "a real number",
            Self::Text(_) => "a text",
            Self::Ints(_) => "a list of whole numbers",
            Self::Reals(_) => "a list of real numbers",
        }
    }
}

impl fmt::Display for Setting {
    /// RON form.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(value) => write!(f, "{value}"),
            Self::Int(value) => write!(f, "{value}"),
            Self::Real(value) => write!(f, "{value:?}"),
            Self::Text(value) => write!(f, "{value:?}"),
            Self::Ints(values) => write!(f, "{values:?}"),
            Self::Reals(values) => write!(f, "{values:?}"),
        }
    }
}
