//! From RON text to values, as the schema says. Errors carry the place.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use ron::error::SpannedError;
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, Visitor};

use super::objectives::Objectives;
use super::schema::{self, Key, Kind, Presence, Silence};
use super::value::{RawSetting, Value};
use crate::printable::quoted;
use crate::suggest::hint;

/// What a text says, by the path of the key.
#[derive(Default)]
pub(super) struct Said {
    pub(super) values: BTreeMap<&'static str, Value>,
    /// Open options, whose values are looked at last.
    pub(super) options: BTreeMap<&'static str, BTreeMap<String, RawSetting>>,
    /// Groups that are there, be they empty.
    pub(super) groups: BTreeSet<&'static str>,
}

/// The version alone; everything else is ignored.
#[derive(Deserialize)]
struct VersionOnly {
    version: Option<ron::Value>,
}

fn options() -> ron::Options {
    ron::Options::default().with_default_extension(ron::extensions::Extensions::IMPLICIT_SOME)
}

/// The version that a text names.
pub(super) fn version(text: &str) -> Result<Option<ron::Value>, SpannedError> {
    options().from_str::<VersionOnly>(text).map(|found| found.version)
}

/// Everything that a text says.
pub(super) fn said(text: &str) -> Result<Said, SpannedError> {
    let mut said = Said::default();
    options().from_str_seed(text, Keys { group: "", said: &mut said, wanted: None })?;
    Ok(said)
}

/// The file with the place of a key in it, where the text has it.
pub(super) fn placed(file: &str, text: &str, path: &str) -> String {
    // The options of an owner stand together; those of a task are keys.
    match place(text, path.split('[').next().unwrap_or(path)) {
        Some((line, column)) => format!("{file}:{line}:{column}"),
        None => file.to_owned(),
    }
}

/// Line and column of a key in a text that [`said`] reads, from 1.
pub(super) fn place(text: &str, path: &str) -> Option<(usize, usize)> {
    let keys = Keys { group: "", said: &mut Said::default(), wanted: Some(path) };
    let found = options().from_str_seed(text, keys).err()?.span.start;
    Some((found.line, found.col))
}

/// Keys in parentheses: those of a group, or of the profile itself.
struct Keys<'a> {
    group: &'static str,
    said: &'a mut Said,
    /// Stops at the key of this path.
    wanted: Option<&'a str>,
}

/// What a name in parentheses stands for.
#[derive(Clone)]
enum Name {
    Version,
    Key(&'static Key),
    Group(&'static str),
    /// An option that stands beside the keys of its group.
    OptionValue(&'static Key, String),
}

impl Keys<'_> {
    /// Names that may stand here, in a profile's order.
    fn known(&self) -> impl Iterator<Item = &'static str> {
        let group = self.group;
        let mut names = if group.is_empty() { vec!["version"] } else { vec![] };
        for key in schema::keys() {
            let (of, name) = key.parts();
            let name = if of == group {
                name
            } else if group.is_empty() {
                of
            } else {
                ""
            };
            if !name.is_empty() && !names.contains(&name) {
                names.push(name);
            }
        }
        names.into_iter()
    }

    fn find(&self, name: &str) -> Option<Name> {
        let inside = |key: &&Key| key.parts() == (self.group, key.parts().1) && key.parts().1 == name;
        if let Some(key) = schema::keys().iter().filter(|_| !name.is_empty()).find(inside) {
            return Some(Name::Key(key));
        }
        if self.group.is_empty() {
            let group = schema::GROUPS.iter().find(|group| group.name == name);
            return group
                .map(|group| Name::Group(group.name))
                .or((name == "version").then_some(Name::Version));
        }
        let open = schema::keys().iter().find(|key| key.kind == Kind::Settings && key.path == self.group);
        open.map(|key| Name::OptionValue(key, name.to_owned()))
    }

    /// A key that has to be here and is not.
    fn missing(&self) -> Option<&'static str> {
        let here = |key: &&Key| key.parts().0 == self.group && !self.said.values.contains_key(key.path);
        // What a group lets be silent need not be here beside it.
        let freed = |key: &&Key| !key.freed_by.is_empty() && self.said.groups.contains(key.freed_by);
        let needs = |key: &&Key| key.silence == Silence::Refused && !freed(key);
        let keys = schema::keys().iter();
        let missing = keys.clone().filter(|key| needs(key));
        let group = |name: &'static str| {
            let group = schema::GROUPS.iter().find(|group| group.name == name);
            let always = group.is_some_and(|group| group.presence == Presence::Always);
            always && !self.said.groups.contains(name)
        };
        let lacks =
            |key: &Key| self.said.groups.contains(key.parts().0) && !self.said.values.contains_key(key.path);
        if self.group.is_empty() {
            // In a profile's order, whichever it is.
            return missing.clone().find_map(|key| match key.parts() {
                ("", name) => here(&key).then_some(name),
                (of, _) if group(of) => Some(of),
                (_, name) => (!key.freed_by.is_empty() && lacks(key)).then_some(name),
            });
        }
        // What may be freed by a group further down is seen at the end.
        missing.filter(|key| key.freed_by.is_empty()).filter(here).map(|key| key.parts().1).next()
    }
}

impl<'de> DeserializeSeed<'de> for Keys<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_struct("Profile", &[], self)
    }
}

impl<'de> Visitor<'de> for Keys<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`(key: value, …)`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut seen: Vec<String> = Vec::new();
        while let Some(name) = map.next_key_seed(NameSeed { keys: &self, seen: &seen })? {
            match &name {
                Name::Version => {
                    seen.push("version".to_owned());
                    map.next_value::<u32>()?;
                }
                Name::Group(group) => {
                    seen.push((*group).to_owned());
                    self.said.groups.insert(group);
                    let always = schema::group(group).is_some_and(|group| group.presence == Presence::Always);
                    let keys = Keys { group, said: self.said, wanted: self.wanted };
                    if always {
                        map.next_value_seed(keys)?;
                    } else if map.next_value_seed(Maybe(keys))?.is_none() {
                        self.said.groups.remove(group);
                    }
                }
                Name::Key(key) => {
                    seen.push(key.parts().1.to_owned());
                    if key.kind.is_open() {
                        self.said.options.insert(key.path, map.next_value()?);
                    } else if matches!(key.silence, Silence::Means(_)) {
                        let value = map.next_value_seed(Maybe(OfKind(key.kind)))?;
                        self.said.values.extend(value.map(|value| (key.path, value)));
                    } else {
                        self.said.values.insert(key.path, map.next_value_seed(OfKind(key.kind))?);
                    }
                }
                Name::OptionValue(key, name) => {
                    seen.push(name.clone());
                    let value: RawSetting = map.next_value()?;
                    if !value.is_none() {
                        self.said.options.entry(key.path).or_default().insert(name.clone(), value);
                    }
                }
            }
        }
        match self.missing() {
            Some(name) => Err(A::Error::custom(format_args!("the key `{name}` is missing"))),
            None => Ok(()),
        }
    }
}

/// A name that the schema knows, once.
struct NameSeed<'a, 'b> {
    keys: &'a Keys<'b>,
    seen: &'a [String],
}

impl<'de> DeserializeSeed<'de> for NameSeed<'_, '_> {
    type Value = Name;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Name, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl Visitor<'_> for NameSeed<'_, '_> {
    type Value = Name;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a key")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Name, E> {
        let path =
            if self.keys.group.is_empty() { name.to_owned() } else { format!("{}.{name}", self.keys.group) };
        if self.keys.wanted == Some(path.as_str()) {
            return Err(E::custom("here"));
        }
        if self.seen.iter().any(|seen| seen == name) {
            return Err(E::custom(format_args!("the key `{}` is given twice", quoted(name))));
        }
        self.keys.find(name).ok_or_else(|| {
            let known: Vec<&str> = self.keys.known().collect();
            let hint = hint(name, known.iter().copied());
            E::custom(format_args!("unknown key `{}`{hint}; known here: {}", quoted(name), known.join(", ")))
        })
    }
}

/// A value that may be `None`, as optional keys were once written.
struct Maybe<S>(S);

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Maybe<S> {
    type Value = Option<S::Value>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_option(self)
    }
}

impl<'de, S: DeserializeSeed<'de>> Visitor<'de> for Maybe<S> {
    type Value = Option<S::Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a value")
    }

    fn visit_none<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        self.0.deserialize(deserializer).map(Some)
    }
}

/// A value of a kind.
struct OfKind(Kind);

impl<'de> DeserializeSeed<'de> for OfKind {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        match self.0 {
            Kind::Text | Kind::Component | Kind::Folder | Kind::Data | Kind::File => {
                String::deserialize(deserializer).map(Value::Text)
            }
            Kind::Whole { .. } => u64::deserialize(deserializer).map(Value::Whole),
            Kind::Share { .. } => f64::deserialize(deserializer).map(Value::Real),
            Kind::Command => Vec::deserialize(deserializer).map(Value::Command),
            Kind::Files => BTreeMap::deserialize(deserializer).map(Value::Files),
            Kind::Objectives => {
                Objectives::deserialize(deserializer).map(|found| Value::Objectives(found.into()))
            }
            Kind::Options | Kind::Settings => Ok(Value::Options(BTreeMap::new())),
        }
    }
}
