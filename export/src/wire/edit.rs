//! An edit as JSON: `{"edit": kind, argument: value, …}`.
//!
//! Arguments are those of the open form, so a new edit of the vocabulary needs nothing here.

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Map, Value};

use attune_core::options::OptionValue;
use attune_core::plan::Edit;

/// One edit.
pub(crate) struct EditJson(Edit);

impl From<&Edit> for EditJson {
    fn from(edit: &Edit) -> Self {
        Self(edit.clone())
    }
}

impl Serialize for EditJson {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1 + self.0.args.len()))?;
        map.serialize_entry("edit", &self.0.kind)?;
        for (name, value) in &self.0.args {
            map.serialize_entry(name, &to_json(value))?;
        }
        map.end()
    }
}

/// The open form of one edit, or what is wrong with its JSON (found, expected).
pub(crate) fn parse_edit(value: &Value) -> Result<Edit, (String, &'static str)> {
    const EXPECTED: &str = "an object with the kind of the edit under `edit`";
    let Value::Object(object) = value else {
        return Err((format!("found {value}"), EXPECTED));
    };
    let Some(Value::String(kind)) = object.get("edit") else {
        return Err((format!("found {value}"), EXPECTED));
    };
    Ok(Edit { kind: kind.clone(), args: parse_arguments(object)? })
}

fn parse_arguments(
    object: &Map<String, Value>,
) -> Result<attune_core::options::Settings, (String, &'static str)> {
    const EXPECTED: &str = "true, false, a number, a text, or a list of numbers";
    object
        .iter()
        .filter(|(name, _)| *name != "edit")
        .map(|(name, value)| {
            let setting = from_json(value).ok_or_else(|| (format!("`{name}` is {value}"), EXPECTED))?;
            Ok((name.clone(), setting))
        })
        .collect()
}

fn to_json(setting: &OptionValue) -> Value {
    match setting {
        OptionValue::Bool(value) => Value::from(*value),
        OptionValue::Int(value) => Value::from(*value),
        OptionValue::Real(value) => Value::from(*value),
        OptionValue::Text(value) => Value::from(value.as_str()),
        OptionValue::Ints(values) => Value::from(values.as_slice()),
        OptionValue::Reals(values) => Value::from(values.as_slice()),
        OptionValue::Counts(values) => {
            values.iter().map(|(number, count)| (number.to_string(), Value::from(*count))).collect()
        }
    }
}

fn from_json(value: &Value) -> Option<OptionValue> {
    match value {
        Value::Bool(value) => Some(OptionValue::Bool(*value)),
        Value::Number(number) => {
            number.as_i64().map(OptionValue::Int).or_else(|| number.as_f64().map(OptionValue::Real))
        }
        Value::String(value) => Some(OptionValue::Text(value.clone())),
        Value::Array(values) => {
            let whole: Option<Vec<i64>> = values.iter().map(Value::as_i64).collect();
            let real = || values.iter().map(Value::as_f64).collect::<Option<Vec<f64>>>();
            whole.map(OptionValue::Ints).or_else(|| real().map(OptionValue::Reals))
        }
        Value::Null | Value::Object(_) => None,
    }
}
