//! The schema of a profile: every key once, with what it takes, its default and its meaning.
//!
//! Parsing, defaults, the text form, `--set`, the fields of a form and the reference page follow from it. A new key is one
//! entry in [`keys`], and the field of [`Profile`] that it fills.

mod entries;
mod group;
mod kind;
mod reference;

pub use entries::keys;
pub(super) use group::group;
pub use group::{GROUPS, Group, Presence};
pub use kind::Kind;
pub use reference::reference;

use super::{Profile, Value};

/// One key of a profile.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// Its path, as `--set` and messages name it, for example `racing.error`.
    pub path: &'static str,
    /// What it takes.
    pub kind: Kind,
    /// What its number counts, in the plural; empty for what is no number.
    pub unit: &'static str,
    /// What a profile says that does not name it.
    pub silence: Silence,
    /// What it does, in sentences.
    pub help: &'static str,
    /// A value that somebody might give it, as `--set` takes it.
    pub example: &'static str,
    /// The group beside which it may be empty or left out; empty for none.
    pub freed_by: &'static str,
    /// What it wants to be, where that says more than its kind; else empty.
    pub(super) wants: &'static str,
    /// How a form shows it.
    pub field: FormField,
    /// Whether two profiles that differ in it are different studies.
    pub(super) identity: Identity,
    pub(super) get: fn(&Profile) -> Option<Value>,
    pub(super) put: fn(&mut Profile, Value),
}

/// What a key has when a profile does not name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Silence {
    /// A profile, or a group that is there, has to name it.
    Refused,
    /// This value, as `--set` takes it.
    Default(&'static str),
    /// No value, which means this.
    Means(&'static str),
}

/// Whether a key is part of a study's identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Identity {
    Part,
    /// Kept with the study and never compared: it means nothing to the result.
    Kept,
    /// Only where it is not the default, so that studies from before it was there stay the same studies.
    PartUnlessDefault,
    No,
}

/// How a form shows a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FormField {
    /// The part of the form.
    pub section: Section,
    /// What it is called there; empty for options, which their owner describes and which stand in its place.
    pub label: &'static str,
    /// Few need it.
    pub advanced: bool,
    /// Later ones stand lower in their section; those that are equal stand in the schema's order.
    pub order: u8,
    /// What it begins with where nothing follows from other fields and silence has no value; empty for nothing.
    pub suggestion: &'static str,
    /// What a written profile says above it; empty for nothing.
    pub comment: &'static str,
    /// Of the key that brings a group which need not be there: how a form says that it is not.
    pub off: &'static str,
    /// A written profile leaves it out at its default.
    pub quiet: bool,
}

/// A part of the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Section {
    /// What is compressed.
    Model,
    /// How.
    Technique,
    /// On which data trials are scored.
    Data,
    /// How configs are found.
    Search,
    /// What the result is compared with, on which data, and how it is kept.
    Report,
}

impl Section {
    /// All of them, in a form's order.
    pub const ALL: [Self; 5] = [Self::Model, Self::Technique, Self::Data, Self::Search, Self::Report];

    /// Its title.
    pub fn title(self) -> &'static str {
        match self {
            Self::Model => "Model",
            Self::Technique => "Technique",
            Self::Data => "Data",
            Self::Search => "Search",
            Self::Report => "Report",
        }
    }

    /// The keys that stand in it, in a form's order.
    pub fn keys(self) -> Vec<&'static Key> {
        let mut keys: Vec<&Key> = keys().iter().filter(|key| key.field.section == self).collect();
        keys.sort_by_key(|key| key.field.order);
        keys
    }
}

impl Key {
    /// The group that it stands in, and its name there; the group of a key at the top is empty.
    pub fn parts(&self) -> (&'static str, &'static str) {
        match self.kind {
            // Options that stand beside the other keys of their group.
            Kind::Settings => (self.path, ""),
            _ => self.path.rsplit_once('.').unwrap_or(("", self.path)),
        }
    }

    /// What `--set` calls it; `NAME` stands for the name of an option.
    pub fn set_name(&self) -> String {
        if self.kind.is_open() { format!("{}.NAME", self.path) } else { self.path.to_owned() }
    }

    /// The path of one of its options, as messages name it: `technique.options["keep"]`, `task.length`.
    pub fn option_path(&self, name: &str) -> String {
        match self.kind {
            Kind::Settings => format!("{}.{name}", self.path),
            _ => format!("{}[{name:?}]", self.path),
        }
    }

    /// What is wrong with a value of it: what was found and what was expected.
    pub(crate) fn refusal(&self, value: &Value) -> Option<(String, String)> {
        let (found, expected) = self.kind.refusal(value)?;
        Some((found, if self.wants.is_empty() { expected } else { self.wants.to_owned() }))
    }

    /// Its value in a profile; `None` when the profile is silent and silence has no value.
    pub fn value(&self, profile: &Profile) -> Option<Value> {
        (self.get)(profile)
    }

    /// Whether a study keeps this value.
    pub(super) fn is_part(&self, value: &Value) -> bool {
        match self.identity {
            Identity::Part | Identity::Kept => true,
            Identity::PartUnlessDefault => self.default().as_ref() != Some(value),
            Identity::No => false,
        }
    }

    /// The group that naming it brings, of those that need not be there: a form says of such a key what it means that it is
    /// silent.
    pub fn brings(&self) -> Option<&'static Group> {
        let group = group(self.parts().0).filter(|group| group.presence == Presence::WhenNamed)?;
        (!self.field.off.is_empty()).then_some(group)
    }

    /// Whether a profile need not name it: it says enough of the group that frees it.
    pub fn is_free(&self, profile: &Profile) -> bool {
        let brings = |key: &&Key| key.parts().0 == self.freed_by;
        !self.freed_by.is_empty() && keys().iter().filter(brings).any(|key| key.value(profile).is_some())
    }

    /// Its default; `None` when silence has no value.
    pub fn default(&self) -> Option<Value> {
        match self.silence {
            Silence::Default(text) => self.kind.read(text).ok(),
            Silence::Refused | Silence::Means(_) => None,
        }
    }
}

/// The key of this path.
pub fn key(path: &str) -> Option<&'static Key> {
    keys().iter().find(|key| key.path == path)
}
