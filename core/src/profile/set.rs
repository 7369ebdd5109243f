//! `--set KEY=VALUE`: overrides of single keys.

use super::ProfileError;
use super::read::Said;
use super::schema::{self, Key};
use super::value::RawSetting;
use crate::printable::{QUOTED, line};
use crate::suggest::hint;

/// Keys that `--set` takes; `NAME` stands for the name of an option.
pub fn set_names() -> impl Iterator<Item = String> {
    schema::keys().iter().map(Key::set_name)
}

/// Sets one key. Texts are taken as they are, everything else is RON. Naming any part of a group brings the group.
pub(super) fn apply(said: &mut Said, name: &str, value: &str) -> Result<(), ProfileError> {
    let plain = schema::keys().iter().find(|key| key.path == name && !key.kind.is_open());
    let found = plain.map(|key| (key, None)).or_else(|| {
        // The longest path first: `technique.options.x` is no further key of a group.
        let open = schema::keys().iter().filter(|key| key.kind.is_open());
        let options = open.filter_map(|key| Some((key, name.strip_prefix(key.path)?.strip_prefix('.')?)));
        options.max_by_key(|(key, _)| key.path.len()).map(|(key, option)| (key, Some(option)))
    });
    let Some((key, option)) = found.filter(|(_, option)| *option != Some("")) else {
        let known: Vec<String> = set_names().collect();
        let hint = hint(name, known.iter().map(String::as_str));
        return Err(ProfileError::UnknownKey { key: line(name, QUOTED).into_owned(), hint });
    };
    let group = key.parts().0;
    if !group.is_empty() {
        said.groups.insert(group);
    }
    match option {
        None => {
            let read = key.kind.read(value).map_err(|problem| ProfileError::BadValue {
                key: line(name, QUOTED).into_owned(),
                value: line(value, QUOTED).into_owned(),
                problem: format!("{problem}; {name} takes {}, for example `{}`", key.kind, key.example),
            })?;
            said.values.insert(key.path, read);
        }
        Some(option) => {
            // A bare word is a text: nobody quotes twice on a command line.
            let value = ron::from_str(value)
                .ok()
                .filter(|setting: &RawSetting| !setting.is_bare_word())
                .unwrap_or_else(|| RawSetting::text(value));
            said.options.entry(key.path).or_default().insert(option.to_owned(), value);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::objective::Direction;
    use crate::options::OptionValue;
    use crate::profile::{Profile, ProfileError};

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
        let images =
            with(&[("task.kind", "images"), ("task.classifier", "c/d"), ("task.samples", "4")]).unwrap();
        assert_eq!(images.task.kind.as_deref(), Some("images"));
        assert_eq!(images.task.options["classifier"], OptionValue::Text("c/d".to_owned()));
        assert_eq!(images.task.options["samples"], OptionValue::Int(4));
    }

    #[test]
    fn part_of_a_group_brings_its_defaults() {
        let raced = with(&[("racing.first", "2")]).unwrap().racing.unwrap();
        assert_eq!((raced.first, raced.error, raced.keep), (2, 0.05, 1.0));
        let evaluated = with(&[("evaluator.name", "own.wasm"), ("evaluator.options.depth", "3")]).unwrap();
        assert_eq!(evaluated.evaluator.unwrap().options["depth"], OptionValue::Int(3));
        let nobody = with(&[("evaluator.options.depth", "3")]).unwrap_err().to_string();
        assert_eq!(
            nobody,
            "a.ron: evaluator.name is \"\", expected the name of an evaluator, which `attune evaluator list` has, or the path of a \
             .wasm file"
        );
        let from_nothing = with(&[("start.trial", "3")]).unwrap_err().to_string();
        assert_eq!(from_nothing, "a.ron: start.study is \"\", expected the name of a study in the store");
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
