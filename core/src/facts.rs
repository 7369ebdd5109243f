//! Facts: what an evaluator says of its subject, and a technique may know of it. Shapes and sizes, never weights.

use crate::hash::ContentHash;
use crate::options::{OptionValue, Settings};

/// Facts of one subject, a loaded model for example. What their names mean is agreed between an evaluator and the
/// techniques and exporters that read them; a fact that does not apply is left out.
#[derive(Clone, Debug, PartialEq)]
pub struct Facts {
    /// What people call it: the last component of its path.
    pub name: String,
    /// Hash of everything that the subject is made of: results are never mixed between two of these.
    pub fingerprint: ContentHash,
    /// Values and lists, by name.
    pub values: Settings,
}

impl Facts {
    /// The whole number of this name; 0 where there is none.
    pub fn count(&self, name: &str) -> u64 {
        match self.values.get(name) {
            Some(OptionValue::Int(value)) => u64::try_from(*value).unwrap_or(0),
            _ => 0,
        }
    }

    /// The number of this name; 0 where there is none.
    pub fn real(&self, name: &str) -> f64 {
        match self.values.get(name) {
            Some(OptionValue::Real(value)) => *value,
            Some(OptionValue::Int(value)) => *value as f64,
            _ => 0.0,
        }
    }

    /// The text of this name; empty where there is none.
    pub fn text(&self, name: &str) -> &str {
        match self.values.get(name) {
            Some(OptionValue::Text(value)) => value,
            _ => "",
        }
    }
}
