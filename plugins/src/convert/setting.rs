//! Values that people set.

use attune_core::setting::{Setting, Settings};

use super::BadOutput;
use crate::wire;

pub(super) fn setting_in(setting: wire::Setting) -> Setting {
    match setting {
        wire::Setting::Boolean(value) => Setting::Bool(value),
        wire::Setting::Int(value) => Setting::Int(value),
        wire::Setting::Real(value) => Setting::Real(value),
        wire::Setting::Text(value) => Setting::Text(value),
        wire::Setting::Ints(values) => Setting::Ints(values),
        wire::Setting::Reals(values) => Setting::Reals(values),
    }
}

fn setting_out(setting: &Setting) -> wire::Setting {
    match setting {
        Setting::Bool(value) => wire::Setting::Boolean(*value),
        Setting::Int(value) => wire::Setting::Int(*value),
        Setting::Real(value) => wire::Setting::Real(*value),
        Setting::Text(value) => wire::Setting::Text(value.clone()),
        Setting::Ints(values) => wire::Setting::Ints(values.clone()),
        Setting::Reals(values) => wire::Setting::Reals(values.clone()),
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
