//! Option values as RON writes them.

use serde::Deserialize;

use crate::options::OptionValue;
use crate::printable::quoted;

/// Any RON value; which ones make sense is decided by [`RawSetting::into_setting`].
#[derive(Deserialize)]
#[serde(transparent)]
pub(super) struct RawSetting(ron::Value);

impl RawSetting {
    pub(super) const EXPECTED: &'static str = "true or false, a number, a text, or a list of numbers";

    pub(super) fn text(text: &str) -> Self {
        Self(ron::Value::String(text.to_owned()))
    }

    /// RON reads a bare identifier as a unit struct.
    pub(super) fn is_bare_word(&self) -> bool {
        self.0 == ron::Value::Unit
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
            other => Err(written(&other)),
        }
    }
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
