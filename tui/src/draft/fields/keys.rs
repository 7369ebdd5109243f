//! The field of a key of the profile.

use attune_core::options::OptionKind;
use attune_core::profile::schema::{self, Key, Silence};

use super::super::{Field, Kind, said};
use super::{Known, STRATEGY, TARGET, TASK, TECHNIQUE};

impl Known<'_> {
    pub(super) fn key(&self, key: &Key) -> Field {
        let suggested = self.suggested(key.path);
        let off = key.brings().is_some();
        let default = match (&suggested, key.default()) {
            (Some(text), _) => text.clone(),
            (None, _) if off => {
                if matches!(key.kind, schema::Kind::Whole { .. }) { "0" } else { "" }.to_owned()
            }
            (None, Some(value)) => said::typed_key(&value),
            (None, None) => key.field.suggestion.to_owned(),
        };
        let typed = match key.kind {
            schema::Kind::Command => " Written as in a shell.",
            schema::Kind::Files => " Written `name=file, name=file`.",
            schema::Kind::Objectives => " Written `minimise kl, minimise memory`.",
            _ => "",
        };
        let meant = match key.silence {
            _ if off => format!(" {}", key.field.off),
            Silence::Means(what) if suggested.is_none() => format!(" Empty: {what}."),
            _ => String::new(),
        };
        let help = format!("{}{typed}{meant}", key.help);
        let field = Field::new(key.field.section, key.path, key.field.label, self.kind(key), &default, &help);
        // What follows may not be known yet: until the catalogue is there, nobody knows the tasks.
        let unknown = suggested.as_deref().is_none_or(str::is_empty);
        let freed = !key.freed_by.is_empty() && self.worker;
        let optional = off || freed || matches!(key.silence, Silence::Means(_)) && unknown;
        let follows = suggested.is_some() && !matches!(key.path, TASK | "objectives");
        self.filled(Field {
            advanced: key.field.advanced,
            is_path: matches!(key.kind, schema::Kind::Folder | schema::Kind::Data),
            follows,
            optional,
            ..field
        })
    }

    fn kind(&self, key: &Key) -> Kind {
        let words = |words: Vec<String>| match words.is_empty() {
            // None is known until the catalogue is there, and none is wrong.
            true => Kind::Text(Vec::new()),
            false => Kind::Value(OptionKind::OneOf(words)),
        };
        match (key.path, key.kind) {
            (TECHNIQUE, _) => {
                Kind::Named(self.catalogue.techniques.iter().map(|info| info.name.clone()).collect())
            }
            (STRATEGY, _) => words(self.catalogue.strategies.iter().map(|row| row.name.clone()).collect()),
            (TARGET, _) => words(self.catalogue.targets.clone()),
            (TASK, _) => words(self.tasks().iter().map(|task| task.name.clone()).collect()),
            (_, schema::Kind::Whole { max, .. }) if key.brings().is_some() => Kind::Whole(0, max),
            (_, schema::Kind::Whole { min, max }) => Kind::Whole(min, max),
            (_, schema::Kind::Share { .. }) => Kind::Value(OptionKind::Real { min: 0.0, max: 1.0 }),
            (_, schema::Kind::Command) => Kind::Command,
            (_, schema::Kind::Files) => Kind::Files,
            (_, schema::Kind::Objectives) => Kind::Objectives,
            (_, schema::Kind::Folder) => Kind::Text(self.models()),
            (_, schema::Kind::Data) => {
                Kind::Text(self.found.map(|found| found.data.clone()).unwrap_or_default())
            }
            _ => Kind::Text(Vec::new()),
        }
    }
}

impl Field {
    /// Of a field that brings a group: whether it says that there is none.
    pub(crate) fn is_off(&self) -> bool {
        matches!((&self.kind, self.text.trim()), (_, "") | (Kind::Whole(..), "0"))
    }
}
