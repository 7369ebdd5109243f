//! Values of a profile's keys, and of options as RON writes them.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::objective::{Direction, Objective};
use crate::options::{OptionValue, Settings};
use crate::printable::quoted;

/// The value of a key, see [`Kind`](super::schema::Kind).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// A text: a name, a path.
    Text(String),
    /// A whole number.
    Whole(u64),
    /// A real number.
    Real(f64),
    /// A program and its arguments.
    Command(Vec<String>),
    /// Files by name.
    Files(BTreeMap<String, String>),
    /// What counts, most important first.
    Objectives(Vec<Objective>),
    /// Options that their owner checks.
    Options(Settings),
}

impl Value {
    /// RON form.
    pub fn ron(&self) -> String {
        match self {
            Self::Text(text) => format!("{text:?}"),
            Self::Whole(number) => number.to_string(),
            Self::Real(number) => format!("{number:?}"),
            Self::Command(words) => format!("{words:?}"),
            Self::Files(files) => format!("{files:?}"),
            Self::Objectives(objectives) => {
                let one = |Objective { metric, direction }: &Objective| {
                    format!("(metric: {metric:?}, direction: {})", word(*direction))
                };
                format!("[{}]", objectives.iter().map(one).collect::<Vec<_>>().join(", "))
            }
            Self::Options(options) => {
                let one = |(name, value): (&String, &OptionValue)| format!("{name:?}: {value}");
                format!("{{{}}}", options.iter().map(one).collect::<Vec<_>>().join(", "))
            }
        }
    }
}

/// How a profile writes a direction.
pub(super) fn word(direction: Direction) -> &'static str {
    match direction {
        Direction::Minimise => "minimise",
        Direction::Maximise => "maximise",
    }
}

/// A field of a profile that a key fills.
pub(super) trait Held {
    /// What it holds; `None` when it is silent.
    fn value(&self) -> Option<Value>;
    /// Holds `value`, which is of the key's kind and within its range.
    fn hold(&mut self, value: Value);
}

impl Held for String {
    fn value(&self) -> Option<Value> {
        Some(Value::Text(self.clone()))
    }

    fn hold(&mut self, value: Value) {
        if let Value::Text(text) = value {
            *self = text;
        }
    }
}

impl Held for u64 {
    fn value(&self) -> Option<Value> {
        Some(Value::Whole(*self))
    }

    fn hold(&mut self, value: Value) {
        if let Value::Whole(number) = value {
            *self = number;
        }
    }
}

impl Held for u32 {
    fn value(&self) -> Option<Value> {
        Some(Value::Whole((*self).into()))
    }

    fn hold(&mut self, value: Value) {
        if let Value::Whole(number) = value {
            *self = u32::try_from(number).unwrap_or(u32::MAX);
        }
    }
}

impl Held for f64 {
    fn value(&self) -> Option<Value> {
        Some(Value::Real(*self))
    }

    fn hold(&mut self, value: Value) {
        if let Value::Real(number) = value {
            *self = number;
        }
    }
}

impl Held for BTreeMap<String, String> {
    fn value(&self) -> Option<Value> {
        Some(Value::Files(self.clone()))
    }

    fn hold(&mut self, value: Value) {
        if let Value::Files(files) = value {
            *self = files;
        }
    }
}

/// No word is silence: there is no such command.
impl Held for Vec<String> {
    fn value(&self) -> Option<Value> {
        (!self.is_empty()).then(|| Value::Command(self.clone()))
    }

    fn hold(&mut self, value: Value) {
        if let Value::Command(words) = value {
            *self = words;
        }
    }
}

impl Held for Settings {
    fn value(&self) -> Option<Value> {
        Some(Value::Options(self.clone()))
    }

    fn hold(&mut self, value: Value) {
        if let Value::Options(options) = value {
            *self = options;
        }
    }
}

/// None of them is silence: a search without an objective is none.
impl Held for Vec<Objective> {
    fn value(&self) -> Option<Value> {
        (!self.is_empty()).then(|| Value::Objectives(self.clone()))
    }

    fn hold(&mut self, value: Value) {
        if let Value::Objectives(objectives) = value {
            *self = objectives;
        }
    }
}

impl<T: Held + Default> Held for Option<T> {
    fn value(&self) -> Option<Value> {
        self.as_ref().and_then(T::value)
    }

    fn hold(&mut self, value: Value) {
        self.get_or_insert_default().hold(value);
    }
}

/// Any RON value; which ones make sense is decided by [`RawSetting::into_setting`].
#[derive(Clone, Debug, Deserialize)]
#[serde(transparent)]
pub(super) struct RawSetting(ron::Value);

impl RawSetting {
    pub(super) const EXPECTED: &'static str =
        "true or false, a number, a text, a list of numbers, or counts as `{512: 4}`";

    pub(super) fn text(text: &str) -> Self {
        Self(ron::Value::String(text.to_owned()))
    }

    /// RON reads a bare identifier as a unit struct.
    pub(super) fn is_bare_word(&self) -> bool {
        self.0 == ron::Value::Unit
    }

    pub(super) fn is_none(&self) -> bool {
        self.0 == ron::Value::Option(None)
    }

    /// The setting, or the RON value in words when it is none.
    pub(super) fn into_setting(self) -> Result<OptionValue, String> {
        match self.0 {
            ron::Value::Bool(value) => Ok(OptionValue::Bool(value)),
            ron::Value::String(value) => Ok(OptionValue::Text(value)),
            ron::Value::Number(number) => {
                Ok(whole(number).map_or(OptionValue::Real(number.into_f64()), OptionValue::Int))
            }
            ron::Value::Seq(values) => {
                let mut numbers = Vec::new();
                for value in &values {
                    let &ron::Value::Number(number) = value else {
                        return Err(written(&ron::Value::Seq(values)));
                    };
                    numbers.push(number);
                }
                let whole: Option<Vec<i64>> = numbers.iter().map(|number| whole(*number)).collect();
                Ok(whole.map_or_else(
                    || OptionValue::Reals(numbers.iter().map(|number| number.into_f64()).collect()),
                    OptionValue::Ints,
                ))
            }
            ron::Value::Map(map) => {
                counts(&map).map(OptionValue::Counts).ok_or(written(&ron::Value::Map(map)))
            }
            // Keys that may be left out were once written `Some(8)`.
            ron::Value::Option(Some(inner)) => Self(*inner).into_setting(),
            other => Err(written(&other)),
        }
    }
}

fn counts(map: &ron::Map) -> Option<BTreeMap<u32, u32>> {
    let count = |value: &ron::Value| match value {
        ron::Value::Number(number) => whole(*number).and_then(|number| u32::try_from(number).ok()),
        _ => None,
    };
    map.iter().map(|(key, value)| Some((count(key)?, count(value)?))).collect()
}

/// A RON value as a profile writes it.
pub(super) fn written(value: &ron::Value) -> String {
    let text = ron::to_string(value).unwrap_or_else(|_| "something else".to_owned());
    quoted(&text).into_owned()
}

/// The number when it was written as a whole one (`4`, not `4.0`).
fn whole(number: ron::value::Number) -> Option<i64> {
    use ron::value::Number;
    match number {
        Number::F32(_) | Number::F64(_) => None,
        integer => {
            let value = integer.into_f64();
            // Whole numbers beyond 2^53 are no option of anything.
            (value.abs() < 9e15).then_some(value as i64)
        }
    }
}
