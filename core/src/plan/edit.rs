//! Open edits: a kind and named arguments.

use std::fmt;

use crate::options::{OptionValue, Settings};

/// One change, as components, files and processes write it. What it means is said by the [`EditSchema`](super::EditSchema)
/// of its kind.
#[derive(Clone, Debug, PartialEq)]
pub struct Edit {
    /// Name in the vocabulary, for example `kv-bits`.
    pub kind: String,
    /// Arguments by name, in name order.
    pub args: Settings,
}

impl Edit {
    /// An edit without arguments.
    pub fn new(kind: &str) -> Self {
        Self { kind: kind.to_owned(), args: Settings::new() }
    }

    /// Adds a whole number.
    #[must_use]
    pub fn int(self, name: &str, value: i64) -> Self {
        self.with(name, OptionValue::Int(value))
    }

    /// Adds a real number.
    #[must_use]
    pub fn real(self, name: &str, value: f64) -> Self {
        self.with(name, OptionValue::Real(value))
    }

    /// Adds a list of whole numbers.
    #[must_use]
    pub fn ints(self, name: &str, values: Vec<i64>) -> Self {
        self.with(name, OptionValue::Ints(values))
    }

    /// Adds a list of real numbers.
    #[must_use]
    pub fn reals(self, name: &str, values: Vec<f64>) -> Self {
        self.with(name, OptionValue::Reals(values))
    }

    /// Adds a word.
    #[must_use]
    pub fn text(self, name: &str, value: &str) -> Self {
        self.with(name, OptionValue::Text(value.to_owned()))
    }

    /// Adds an argument.
    #[must_use]
    pub fn with(mut self, name: &str, value: OptionValue) -> Self {
        self.args.insert(name.to_owned(), value);
        self
    }
}

impl fmt::Display for Edit {
    /// `kind(name:value,…)` with arguments in name order: the canonical line of a plan.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}(", self.kind)?;
        for (index, (name, value)) in self.args.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(f, "{comma}{name}:{value}")?;
        }
        write!(f, ")")
    }
}
