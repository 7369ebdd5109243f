//! Values of options and arguments, and edits.

use std::collections::BTreeMap;

use attune_core::options::OptionValue;
use attune_core::plan;
use serde::{Deserialize, Serialize};

/// A value of an option, of an argument of an edit, or of a fact. Files do not tell 1 from 1.0: what the value is for
/// decides.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum Value {
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A real number.
    Real(f64),
    /// A word or a text.
    Text(String),
    /// Whole numbers; an empty list is one of these.
    Ints(Vec<i64>),
    /// Real numbers.
    Reals(Vec<f64>),
    /// Counts by whole numbers, which JSON has to write as texts.
    Counts(BTreeMap<String, u32>),
}

/// One edit of a plan: `{"edit": kind, argument: value, …}`. No argument is called `edit`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Edit {
    /// Its kind.
    pub edit: String,
    /// Its arguments.
    #[serde(flatten)]
    pub args: BTreeMap<String, Value>,
}

impl From<&OptionValue> for Value {
    fn from(value: &OptionValue) -> Self {
        match value {
            OptionValue::Bool(value) => Self::Bool(*value),
            OptionValue::Int(value) => Self::Int(*value),
            OptionValue::Real(value) => Self::Real(*value),
            OptionValue::Text(value) => Self::Text(value.clone()),
            OptionValue::Ints(values) => Self::Ints(values.clone()),
            OptionValue::Reals(values) => Self::Reals(values.clone()),
            OptionValue::Counts(counts) => {
                Self::Counts(counts.iter().map(|(number, count)| (number.to_string(), *count)).collect())
            }
        }
    }
}

impl TryFrom<Value> for OptionValue {
    type Error = String;

    fn try_from(value: Value) -> Result<Self, String> {
        Ok(match value {
            Value::Bool(value) => Self::Bool(value),
            Value::Int(value) => Self::Int(value),
            Value::Real(value) => Self::Real(value),
            Value::Text(value) => Self::Text(value),
            Value::Ints(values) => Self::Ints(values),
            Value::Reals(values) => Self::Reals(values),
            Value::Counts(counts) => {
                let number = |text: &str| {
                    text.parse()
                        .map_err(|_| format!("`{text}` is not a whole number that something is counted by"))
                };
                let counts = counts.iter().map(|(text, count)| Ok((number(text)?, *count)));
                Self::Counts(counts.collect::<Result<_, String>>()?)
            }
        })
    }
}

impl From<&plan::Edit> for Edit {
    fn from(edit: &plan::Edit) -> Self {
        let args = edit.args.iter().map(|(name, value)| (name.clone(), value.into()));
        Self { edit: edit.kind.clone(), args: args.collect() }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn value() -> impl Strategy<Value = OptionValue> {
        let real = any::<f64>().prop_filter("finite", |number| number.is_finite());
        prop_oneof![
            any::<bool>().prop_map(OptionValue::Bool),
            any::<i64>().prop_map(OptionValue::Int),
            real.clone().prop_map(OptionValue::Real),
            any::<String>().prop_map(OptionValue::Text),
            prop::collection::vec(any::<i64>(), 0..4).prop_map(OptionValue::Ints),
            prop::collection::vec(real, 1..4).prop_map(OptionValue::Reals),
            prop::collection::btree_map(any::<u32>(), any::<u32>(), 0..4).prop_map(OptionValue::Counts),
        ]
    }

    proptest! {
        #[test]
        fn values_survive_the_pipe_to_the_last_bit(value in value()) {
            let line = serde_json::to_string(&Value::from(&value)).unwrap();
            let read: Value = serde_json::from_str(&line).unwrap();
            prop_assert_eq!(OptionValue::try_from(read).unwrap(), value, "{}", line);
        }
    }

    #[test]
    fn an_edit_is_flat() {
        let edit = plan::Edit::new("kv-bits").int("layer", 3).ints("heads", vec![0, 2]);
        let line = serde_json::to_string(&Edit::from(&edit)).unwrap();
        assert_eq!(line, r#"{"edit":"kv-bits","heads":[0,2],"layer":3}"#);
    }
}
