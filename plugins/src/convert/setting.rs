//! Values that people set.

use attune_core::options::{OptionValue, Settings};

use super::BadOutput;
use crate::wire;

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

pub(super) fn setting_out(setting: &OptionValue) -> wire::Setting {
    match setting {
        OptionValue::Bool(value) => wire::Setting::Boolean(*value),
        OptionValue::Int(value) => wire::Setting::Int(*value),
        OptionValue::Real(value) => wire::Setting::Real(*value),
        OptionValue::Text(value) => wire::Setting::Text(value.clone()),
        OptionValue::Ints(values) => wire::Setting::Ints(values.clone()),
        OptionValue::Reals(values) => wire::Setting::Reals(values.clone()),
        // No technique takes them: version 0.1 has no such values, and the kinds of its options none that accepts them.
        OptionValue::Counts(_) => wire::Setting::Text(setting.to_string()),
    }
}

/// Named values, in name order.
pub(crate) fn settings_out(settings: &Settings) -> wire::Settings {
    settings.iter().map(|(name, value)| (name.clone(), setting_out(value))).collect()
}

/// Named values, each name once. `owner` is whose they are, in words.
pub(super) fn settings_in(owner: &str, settings: wire::Settings) -> Result<Settings, BadOutput> {
    let mut named = Settings::new();
    for (name, value) in settings {
        if named.contains_key(&name) {
            return Err(BadOutput(format!("{owner} has the argument `{name}` twice")));
        }
        named.insert(name, setting_in(value));
    }
    Ok(named)
}
