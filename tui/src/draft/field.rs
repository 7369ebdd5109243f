//! One line of the form.

use attune_core::options::OptionKind;
use attune_core::profile::schema::Section;

/// What a field takes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Kind {
    /// Any text; these are suggestions.
    Text(Vec<String>),
    /// One of these words, or a path that is typed.
    Named(Vec<String>),
    /// A whole number in an inclusive range.
    Whole(u64, u64),
    /// A program and its arguments.
    Command,
    /// Files by name.
    Files,
    /// Metrics with their directions.
    Objectives,
    /// A value that an option takes.
    Value(OptionKind),
    /// Whatever the profile says there, in its own words: an option that nobody has described, or that does not exist.
    Undescribed,
}

/// One line of the form.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Field {
    /// Path in the profile, as `--set` and errors name it.
    pub(crate) path: String,
    pub(crate) section: Section,
    pub(crate) label: String,
    pub(crate) help: String,
    pub(crate) kind: Kind,
    pub(crate) text: String,
    /// The text when nobody says anything: the profile's default, or what follows from other fields. Empty when
    /// somebody has to, or when there need not be any.
    pub(crate) default: String,
    /// A person or the profile has set it: it follows nothing.
    pub(crate) said: bool,
    /// Few need it.
    pub(crate) advanced: bool,
    /// Its default follows from what was found on this machine.
    pub(crate) follows: bool,
    /// It may be empty.
    pub(crate) optional: bool,
    /// It is the path of a file or folder.
    pub(crate) is_path: bool,
    pub(crate) fault: Option<String>,
}

impl Field {
    pub(super) fn new(
        section: Section,
        path: &str,
        label: &str,
        kind: Kind,
        default: &str,
        help: &str,
    ) -> Self {
        Self {
            path: path.to_owned(),
            section,
            label: label.to_owned(),
            help: help.to_owned(),
            is_path: kind == Kind::Value(OptionKind::Folder),
            kind,
            text: String::new(),
            default: default.to_owned(),
            said: false,
            advanced: false,
            follows: false,
            optional: false,
            fault: None,
        }
    }

    /// What it takes, in words.
    pub(crate) fn takes(&self) -> String {
        match &self.kind {
            Kind::Text(_) => "a text".to_owned(),
            Kind::Named(words) => format!("one of {}, or a path", words.join(", ")),
            Kind::Whole(min, u64::MAX) => format!("a whole number from {min}"),
            Kind::Whole(min, max) => format!("a whole number from {min} to {max}"),
            Kind::Command => "a program and its arguments, as in a shell".to_owned(),
            Kind::Files => "`name=file, …`".to_owned(),
            Kind::Objectives => "`minimise METRIC` or `maximise METRIC`".to_owned(),
            Kind::Value(kind) => kind.to_string(),
            Kind::Undescribed => "a value as in a profile".to_owned(),
        }
    }

    /// The next (or previous) value that the arrows choose. Where anything may stand they choose nothing: there would
    /// be no way back.
    pub(crate) fn stepped(&self, back: bool) -> Option<String> {
        let bools = ["false".to_owned(), "true".to_owned()];
        let words: &[String] = match &self.kind {
            Kind::Named(words) | Kind::Value(OptionKind::OneOf(words)) => words,
            Kind::Value(OptionKind::Bool) => &bools,
            Kind::Value(OptionKind::Int { min, max }) => {
                let number: i64 = self.text.trim().parse().ok()?;
                let next = if back { number.checked_sub(1) } else { number.checked_add(1) };
                return Some(next?.clamp(*min, *max).to_string());
            }
            Kind::Whole(min, max) => {
                let number: u64 = self.text.trim().parse().ok()?;
                let next = if back { number.checked_sub(1) } else { number.checked_add(1) };
                return Some(next?.clamp(*min, *max).to_string());
            }
            Kind::Text(_)
            | Kind::Command
            | Kind::Files
            | Kind::Objectives
            | Kind::Value(_)
            | Kind::Undescribed => {
                return None;
            }
        };
        let last = words.len().checked_sub(1)?;
        let at = words.iter().position(|word| *word == self.text)?;
        let next = if back { at.checked_sub(1).unwrap_or(last) } else { (at + 1) % words.len() };
        words.get(next).cloned()
    }
}
