//! Reading options that were resolved against their specs.

use attune_core::options::{OptionKind, OptionSpec, OptionValue, Settings};

/// Options of a strategy, resolved: a value that is absent or of another kind reads as zero.
pub(super) struct Options<'a>(&'a Settings);

impl<'a> Options<'a> {
    pub(super) fn new(resolved: &'a Settings) -> Self {
        Self(resolved)
    }

    pub(super) fn bool(&self, name: &str) -> bool {
        matches!(self.0.get(name), Some(OptionValue::Bool(true)))
    }

    pub(super) fn count(&self, name: &str) -> usize {
        match self.0.get(name) {
            Some(OptionValue::Int(number)) => usize::try_from(*number).unwrap_or(0),
            _ => 0,
        }
    }

    pub(super) fn real(&self, name: &str) -> f64 {
        match self.0.get(name) {
            Some(OptionValue::Real(number)) => *number,
            _ => 0.0,
        }
    }

    /// The words of a text.
    pub(super) fn words(&self, name: &str) -> impl Iterator<Item = &'a str> + use<'a> {
        let text = match self.0.get(name) {
            Some(OptionValue::Text(text)) => text,
            _ => "",
        };
        text.split_whitespace()
    }

    pub(super) fn word(&self, name: &str) -> &str {
        match self.0.get(name) {
            Some(OptionValue::Text(word)) => word,
            _ => "",
        }
    }
}

pub(super) fn count(name: &str, help: &str, default: i64, max: i64) -> OptionSpec {
    spec(name, help, OptionKind::Int { min: 1, max }, OptionValue::Int(default))
}

/// A number of which 0, the default, means that it follows from how far the study is.
pub(super) fn growing(name: &str, help: &str, max: i64) -> OptionSpec {
    spec(name, help, OptionKind::Int { min: 0, max }, OptionValue::Int(0))
}

/// Whether a search tries the technique's baselines. By default it does.
pub(super) fn baselines(help: &str) -> OptionSpec {
    spec("baselines", help, OptionKind::Bool, OptionValue::Bool(true))
}

pub(super) fn spec(name: &str, help: &str, kind: OptionKind, default: OptionValue) -> OptionSpec {
    OptionSpec { name: name.to_owned(), help: help.to_owned(), kind, default }
}
