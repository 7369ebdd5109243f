//! What a person or a profile has said. Everything else in the form follows from that and from what was found, so it
//! can be made anew after every change.

use std::collections::BTreeMap;

use attune_core::objective::Direction;
use attune_core::options::OptionValue;
use attune_core::profile::{Value, command_text, schema};

use super::named::DEVICE;
use super::parse;

/// A value as somebody gave it.
#[derive(Clone, Debug)]
pub(crate) enum Words {
    /// As it stands in the field.
    Typed(String),
    /// An option of a profile, whose kind may not be known yet.
    Option(OptionValue),
}

impl Words {
    /// For a field of a known kind.
    pub(crate) fn typed(&self) -> String {
        match self {
            Self::Typed(text) => text.clone(),
            Self::Option(value) => typed(value),
        }
    }

    /// For a field that takes the words of a profile.
    pub(crate) fn raw(&self) -> String {
        match self {
            Self::Typed(text) => text.clone(),
            Self::Option(value) => value.to_string(),
        }
    }
}

impl PartialEq for Words {
    fn eq(&self, other: &Self) -> bool {
        self.typed() == other.typed()
    }
}

/// What was said, by the path of the field. Options belong to the technique or strategy that takes them: those of one
/// are none of another one's, and are there again when it is chosen again.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Said(BTreeMap<(String, String), Words>);

impl Said {
    /// What was said of a field; `owner` is the name of the technique or strategy of an option, else empty.
    pub(crate) fn get(&self, owner: &str, path: &str) -> Option<&Words> {
        self.0.get(&(owner.to_owned(), path.to_owned()))
    }

    pub(crate) fn put(&mut self, owner: &str, path: &str, words: Words) {
        self.0.insert((owner.to_owned(), path.to_owned()), words);
    }

    pub(crate) fn forget(&mut self, owner: &str, path: &str) {
        self.0.remove(&(owner.to_owned(), path.to_owned()));
    }

    /// Options of a task that a profile does not name are those of `task`.
    pub(crate) fn adopt(&mut self, task: &str) {
        let open = |path: &str| path.starts_with("task.") && schema::key(path).is_none();
        let nobodys = self.0.keys().filter(|(owner, path)| owner.is_empty() && open(path));
        for (owner, path) in nobodys.cloned().collect::<Vec<_>>() {
            let words = self.0.remove(&(owner, path.clone()));
            self.0.extend(words.map(|words| ((task.to_owned(), path), words)));
        }
    }

    /// The options of one technique or strategy whose paths begin with `prefix`.
    pub(crate) fn options<'a>(
        &'a self,
        owner: &'a str,
        prefix: &'a str,
    ) -> impl Iterator<Item = (&'a str, &'a Words)> {
        let of_owner = self.0.iter().filter(move |((of, _), _)| of == owner);
        of_owner.filter_map(move |((_, path), words)| Some((path.strip_prefix(prefix)?, words)))
    }

    /// Whether a file would say the same; where a study runs is in no file.
    pub(crate) fn writes_like(&self, other: &Self) -> bool {
        let written = |said: &Self| {
            let mut said = said.clone();
            said.forget("", DEVICE);
            said
        };
        written(self) == written(other)
    }
}

/// A value as a person types it: texts without quotes, lists without brackets.
pub(crate) fn typed(value: &OptionValue) -> String {
    match value {
        OptionValue::Text(text) => text.clone(),
        OptionValue::Ints(numbers) => list(numbers.iter().map(i64::to_string)),
        OptionValue::Reals(numbers) => list(numbers.iter().map(|number| format!("{number:?}"))),
        OptionValue::Counts(counts) => list(counts.iter().map(|(number, count)| format!("{number}={count}"))),
        other => other.to_string(),
    }
}

/// The value of a key of the profile as a person types it.
pub(super) fn typed_key(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        Value::Command(words) => command_text(words),
        Value::Files(files) => {
            list(files.iter().map(|(name, file)| format!("{}={}", parse::quoted(name), parse::quoted(file))))
        }
        Value::Objectives(objectives) => list(objectives.iter().map(|objective| {
            let word = match objective.direction {
                Direction::Minimise => "minimise",
                Direction::Maximise => "maximise",
            };
            format!("{word} {}", objective.metric)
        })),
        other => other.ron(),
    }
}

fn list(numbers: impl Iterator<Item = String>) -> String {
    numbers.collect::<Vec<_>>().join(", ")
}
