//! `--set KEY=VALUE`: overrides of single keys.

use super::ProfileError;
use super::raw_v1::{RawProfile, RawRacing, RawStart, parse_value};
use super::value::RawSetting;
use crate::suggest::hint;

const KEYS: [&str; 25] = [
    "name",
    "model",
    "technique.name",
    "task.selection",
    "task.report",
    "task.length",
    "task.lengths",
    "task.passkeys",
    "task.classifier",
    "task.samples",
    "strategy.name",
    "trials",
    "items",
    "start.study",
    "start.trial",
    "racing.first",
    "racing.error",
    "racing.floor",
    "racing.keep",
    "deadline_seconds",
    "seed",
    "report.items",
    "report.random",
    "technique.options.NAME",
    "strategy.options.NAME",
];

/// Naming any part of it turns racing on.
fn racing(profile: &mut RawProfile) -> &mut RawRacing {
    profile.racing.get_or_insert_default()
}

fn start(profile: &mut RawProfile) -> &mut RawStart {
    profile.start.get_or_insert_default()
}

/// Sets one key. Texts are taken as they are, everything else is RON.
pub(super) fn apply(profile: &mut RawProfile, key: &str, value: &str) -> Result<(), ProfileError> {
    match key {
        "name" => profile.name = value.to_owned(),
        "model" => profile.model = value.to_owned(),
        "technique.name" => profile.technique.name = value.to_owned(),
        "task.selection" => profile.task.selection = value.to_owned(),
        "task.report" => profile.task.report = value.to_owned(),
        "task.length" => profile.task.length = Some(parse_value(key, value)?),
        "task.lengths" => profile.task.lengths = parse_value(key, value)?,
        "task.passkeys" => profile.task.passkeys = parse_value(key, value)?,
        "task.classifier" => profile.task.classifier = Some(value.to_owned()),
        "task.samples" => profile.task.samples = Some(parse_value(key, value)?),
        "strategy.name" => profile.strategy.name = value.to_owned(),
        "trials" => profile.trials = parse_value(key, value)?,
        "items" => profile.items = parse_value(key, value)?,
        "start.study" => start(profile).study = value.to_owned(),
        "start.trial" => start(profile).trial = Some(parse_value(key, value)?),
        "racing.first" => racing(profile).first = parse_value(key, value)?,
        "racing.error" => racing(profile).error = parse_value(key, value)?,
        "racing.floor" => racing(profile).floor = parse_value(key, value)?,
        "racing.keep" => racing(profile).keep = parse_value(key, value)?,
        "deadline_seconds" => profile.deadline_seconds = parse_value(key, value)?,
        "seed" => profile.seed = parse_value(key, value)?,
        "report.items" => profile.report.items = parse_value(key, value)?,
        "report.random" => profile.report.random = parse_value(key, value)?,
        _ => {
            let (choice, name) =
                match (key.strip_prefix("technique.options."), key.strip_prefix("strategy.options.")) {
                    (Some(name), _) => (&mut profile.technique, name),
                    (None, Some(name)) => (&mut profile.strategy, name),
                    (None, None) => {
                        return Err(ProfileError::UnknownKey { key: key.to_owned(), hint: hint(key, KEYS) });
                    }
                };
            // A bare word is a text: nobody quotes twice on a command line.
            let setting = parse_value(key, value)
                .ok()
                .filter(|setting: &RawSetting| !setting.is_bare_word())
                .unwrap_or_else(|| RawSetting::text(value));
            choice.options.insert(name.to_owned(), setting);
        }
    }
    Ok(())
}
