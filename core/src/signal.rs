//! Statistics of the subject without edits: what techniques ask for and what evaluators measure.

use std::fmt;

use crate::options::{OptionValue, Settings};
use crate::scores::Work;
use crate::space::Axis;

/// A measured statistic of the model without edits.
#[derive(Clone, Debug, PartialEq)]
pub struct Signal {
    /// For example `expert-frequency`.
    pub name: String,
    /// Axes of `values`, outermost first.
    pub axes: Vec<Axis>,
    /// Row-major values.
    pub values: Vec<f64>,
}

/// A statistic that an evaluator measures, as it says so before anything is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignalSpec {
    /// For example `expert-frequency`.
    pub name: String,
    /// What it is, in one sentence.
    pub summary: String,
}

/// A statistic that somebody asks for.
#[derive(Clone, Debug, PartialEq)]
pub struct SignalRequest {
    /// For example `expert-frequency`.
    pub name: String,
    /// Its arguments; those that are absent have their defaults.
    pub args: Settings,
}

/// A measured signal and what measuring it took.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// The signal, under the name that was asked for.
    pub signal: Signal,
    /// A backward pass through a part counts as two forward passes; nothing is shared, so `naive`
    /// is what was computed.
    pub work: Work,
}

impl SignalSpec {
    /// A signal of this name.
    pub fn new(name: &str, summary: &str) -> Self {
        Self { name: name.to_owned(), summary: summary.to_owned() }
    }
}

impl SignalRequest {
    /// A signal with the default of every argument.
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), args: Settings::new() }
    }

    /// Sets an argument.
    #[must_use]
    pub fn with(mut self, name: &str, value: OptionValue) -> Self {
        self.args.insert(name.to_owned(), value);
        self
    }
}

impl fmt::Display for SignalRequest {
    /// `name`, or `name(argument:value,…)` in name order.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.name)?;
        for (index, (name, value)) in self.args.iter().enumerate() {
            let before = if index == 0 { "(" } else { "," };
            write!(f, "{before}{name}:{value}")?;
        }
        if self.args.is_empty() { Ok(()) } else { write!(f, ")") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_written_like_an_edit() {
        assert_eq!(SignalRequest::new("expert-frequency").to_string(), "expert-frequency");
        let asked = SignalRequest::new("a")
            .with("sink", OptionValue::Int(4))
            .with("bits", OptionValue::Ints(vec![2, 4]));
        assert_eq!(asked.to_string(), "a(bits:[2, 4],sink:4)");
    }
}
