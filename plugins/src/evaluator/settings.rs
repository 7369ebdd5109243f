//! Named values, and names that are there once.

use std::collections::BTreeSet;

use attune_core::options::{OptionValue, Settings};

use super::wire;
use crate::convert::BadOutput;

/// Complains about a name that is there twice.
pub(super) fn once<'a>(what: &str, names: impl Iterator<Item = &'a str>) -> Result<(), BadOutput> {
    let mut seen = BTreeSet::new();
    match names.into_iter().find(|name| !seen.insert(*name)) {
        Some(twice) => Err(BadOutput(format!("it has the {what} `{twice}` twice"))),
        None => Ok(()),
    }
}

pub(super) fn setting_in(setting: wire::Setting) -> OptionValue {
    match setting {
        wire::Setting::Boolean(value) => OptionValue::Bool(value),
        wire::Setting::Int(value) => OptionValue::Int(value),
        wire::Setting::Real(value) => OptionValue::Real(value),
        wire::Setting::Text(value) => OptionValue::Text(value),
        wire::Setting::Ints(values) => OptionValue::Ints(values),
        wire::Setting::Reals(values) => OptionValue::Reals(values),
    }
}

/// Named values, in name order.
pub(super) fn settings_out(settings: &Settings) -> wire::Settings {
    let value = |setting: &OptionValue| match setting {
        OptionValue::Bool(value) => wire::Setting::Boolean(*value),
        OptionValue::Int(value) => wire::Setting::Int(*value),
        OptionValue::Real(value) => wire::Setting::Real(*value),
        OptionValue::Text(value) => wire::Setting::Text(value.clone()),
        OptionValue::Ints(values) => wire::Setting::Ints(values.clone()),
        OptionValue::Reals(values) => wire::Setting::Reals(values.clone()),
        // No option of a component has such a kind.
        OptionValue::Counts(_) => wire::Setting::Text(setting.to_string()),
    };
    settings.iter().map(|(name, setting)| (name.clone(), value(setting))).collect()
}
