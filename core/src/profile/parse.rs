//! From a text to a profile: version, keys, `--set`, defaults and checks.

use super::read::{self, Said};
use super::schema::{self, Key, Presence};
use super::value::{RawSetting, Value};
use super::{Profile, ProfileError, set};
use crate::options::Settings;
use crate::printable::quoted;

impl Profile {
    /// Reads a profile. `file` is its name in messages; `sets` are `--set` overrides `(key, value)`,
    /// applied in order after the file has proved to be well-formed.
    ///
    /// Options of technique, strategy, evaluator and task are taken as they are: their owners check them, a task's with
    /// [`Task::resolved`](super::Task::resolved).
    ///
    /// # Errors
    /// [`ProfileError`] with file, place, what was found and what was expected.
    pub fn parse(file: &str, text: &str, sets: &[(String, String)]) -> Result<Self, ProfileError> {
        let syntax = |error| ProfileError::syntax(file, error);
        let version = |found: String, advice| ProfileError::Version { file: file.to_owned(), found, advice };
        match read::version(text).map_err(syntax)? {
            Some(ron::Value::Number(number)) if number.into_f64() == 1.0 => {}
            Some(ron::Value::Number(number)) if number.into_f64() > 1.0 => {
                return Err(version(number.into_f64().to_string(), "a newer attune wrote it: upgrade"));
            }
            Some(other) => return Err(version(super::value::written(&other), "write `version: 1`")),
            None => return Err(version("missing".to_owned(), "add `version: 1`")),
        }
        let mut said = read::said(text).map_err(syntax)?;
        for (key, value) in sets {
            set::apply(&mut said, key, value)?;
        }
        let invalid = |path: &str, found: &str, expected: &str| {
            // What `--set` says stands in no file; what is an option stands where its options do.
            let set = |key: &String| path == key || path.replace("[\"", ".").replace("\"]", "") == *key;
            let file = match sets.iter().any(|(key, _)| set(key)) {
                true => "--set".to_owned(),
                false => read::placed(file, text, path),
            };
            ProfileError::invalid(file, path, found, expected)
        };
        resolve(said, &invalid)
    }

    /// Whether every value has a meaning, for profiles that no text says. `what` names it in messages.
    ///
    /// # Errors
    /// [`ProfileError::Invalid`] with the first value that has none.
    pub fn checked(&self, what: &str) -> Result<(), ProfileError> {
        let invalid = |path: &str, found: &str, expected: &str| {
            ProfileError::invalid(what.to_owned(), path, found, expected)
        };
        self.has_meaning(|_| true, &invalid)
    }

    fn has_meaning(
        &self,
        asked: impl Fn(&Key) -> bool,
        invalid: &impl Fn(&str, &str, &str) -> ProfileError,
    ) -> Result<(), ProfileError> {
        let free = |key: &Key| key.is_free(self) && key.value(self) == Some(Value::Text(String::new()));
        for key in schema::keys().iter().filter(|key| asked(key) && !free(key)) {
            if let Some((found, expected)) = key.value(self).and_then(|value| key.refusal(&value)) {
                return Err(invalid(key.path, &found, &expected));
            }
        }
        // An evaluator of another process may have data of its own.
        if self.task.selection == self.task.report && !self.task.selection.is_empty() {
            let expected = "another file than task.selection: never tune on the data you report";
            return Err(invalid("task.report", &quoted(&format!("{:?}", self.task.report)), expected));
        }
        Ok(())
    }

    /// A profile that says nothing: every default, and nothing where there is none.
    fn silent() -> Self {
        let mut profile = Self::default();
        for key in schema::keys() {
            let always = schema::group(key.parts().0).is_none_or(|group| group.presence == Presence::Always);
            if let Some(default) = key.default().filter(|_| always) {
                (key.put)(&mut profile, default);
            }
        }
        profile
    }
}

fn resolve(
    mut said: Said,
    invalid: &impl Fn(&str, &str, &str) -> ProfileError,
) -> Result<Profile, ProfileError> {
    let mut profile = Profile::silent();
    for key in schema::keys() {
        let given = match said.options.remove(key.path) {
            Some(options) => Some(Value::Options(settings(key, options, invalid)?)),
            None => said.values.remove(key.path),
        };
        let named = said.groups.contains(key.parts().0);
        let Some(value) = given.or_else(|| key.default().filter(|_| named)) else { continue };
        let free = said.groups.contains(key.freed_by) && value == Value::Text(String::new());
        if let Some((found, expected)) = key.refusal(&value).filter(|_| !free) {
            return Err(invalid(key.path, &found, &expected));
        }
        (key.put)(&mut profile, value);
    }
    // Part of a group may be set of one that the file does not have.
    profile.has_meaning(|key| said.groups.contains(key.parts().0), invalid)?;
    Ok(profile)
}

fn settings(
    key: &Key,
    options: std::collections::BTreeMap<String, RawSetting>,
    invalid: &impl Fn(&str, &str, &str) -> ProfileError,
) -> Result<Settings, ProfileError> {
    let one = |(name, value): (String, RawSetting)| {
        let value = value
            .into_setting()
            .map_err(|found| invalid(&key.option_path(&name), &found, RawSetting::EXPECTED))?;
        Ok((name, value))
    };
    options.into_iter().map(one).collect()
}
