//! `--set KEY=VALUE`: overrides of single keys.

use super::ProfileError;
use super::raw_v1::{RawProfile, RawRacing, RawStart, parse_value};
use super::value::RawSetting;
use crate::printable::{QUOTED, line};
use crate::suggest::hint;

/// Keys that `--set` takes; `NAME` stands for the name of an option.
pub const KEYS: [&str; 28] = [
    "name",
    "model",
    "technique.name",
    "task.kind",
    "task.selection",
    "task.report",
    "task.elsewhere",
    "task.length",
    "task.lengths",
    "task.passkeys",
    "task.classifier",
    "task.samples",
    "objectives",
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
        "task.kind" => profile.task.kind = value.to_owned(),
        "task.selection" => profile.task.selection = value.to_owned(),
        "task.report" => profile.task.report = value.to_owned(),
        "task.elsewhere" => profile.task.elsewhere = parse_value(key, value)?,
        "task.length" => profile.task.length = Some(parse_value(key, value)?),
        "task.lengths" => profile.task.lengths = parse_value(key, value)?,
        "task.passkeys" => profile.task.passkeys = parse_value(key, value)?,
        "task.classifier" => profile.task.classifier = Some(value.to_owned()),
        "task.samples" => profile.task.samples = Some(parse_value(key, value)?),
        "objectives" => profile.objectives = Some(parse_value(key, value)?),
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
                        let key_shown = line(key, QUOTED).into_owned();
                        return Err(ProfileError::UnknownKey { key: key_shown, hint: hint(key, KEYS) });
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

#[cfg(test)]
mod tests {
    use crate::objective::Direction;
    use crate::profile::{Profile, ProfileError, TaskKind};

    const PROFILE: &str = r#"(version: 1, name: "n", model: "m", technique: (name: "t"),
        task: (selection: "a", report: "b", length: 8), trials: 1, items: 4)"#;

    fn with(sets: &[(&str, &str)]) -> Result<Profile, ProfileError> {
        let sets: Vec<_> = sets.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        Profile::parse("a.ron", PROFILE, &sets)
    }

    #[test]
    fn the_kind_of_a_task_its_other_domains_and_the_objectives_can_be_set() {
        let changed = with(&[
            ("task.elsewhere", r#"{"code": "code.txt"}"#),
            ("objectives", r#"[(metric: "perplexity", direction: maximise)]"#),
        ]);
        let changed = changed.unwrap();
        assert_eq!(changed.task.elsewhere["code"], "code.txt");
        assert_eq!(changed.objectives[0].metric, "perplexity");
        assert_eq!(changed.objectives[0].direction, Direction::Maximise);
        let images = with(&[("task.kind", "images"), ("task.classifier", "c"), ("task.samples", "4")]);
        // The key of the other kind is in the file.
        assert!(images.unwrap_err().to_string().contains("task.length"));
        assert!(matches!(
            with(&[("task.kind", "text")]).unwrap().task.kind,
            TaskKind::Text { length: 8, .. }
        ));
    }

    #[test]
    fn values_and_keys_of_any_size_are_quoted_in_part() {
        let long = "x".repeat(20_000);
        for (key, value) in [(long.as_str(), "1"), ("seed", &long), ("technique.options.keep", &long)] {
            if let Err(error) = with(&[(key, value)]) {
                assert!(error.to_string().len() < 1_000, "{error}");
            }
        }
        assert!(with(&[("trials", &long)]).unwrap_err().to_string().contains("more characters"));
    }
}
