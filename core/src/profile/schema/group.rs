//! Keys that stand together in parentheses.

/// Keys that stand together in parentheses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its name in the profile.
    pub name: &'static str,
    /// What it is about, in one sentence.
    pub help: &'static str,
    /// Whether it has to be there.
    pub presence: Presence,
}

/// Whether a group has to be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// Always there: what it does not say has its default, and what has none is asked for.
    Always,
    /// There when a profile names any of its keys.
    WhenNamed,
}

/// All groups, in a profile's order.
pub const GROUPS: &[Group] = &[
    Group { name: "evaluator", help: "Who applies plans and scores them.", presence: Presence::WhenNamed },
    Group {
        name: "technique",
        help: "How the model is compressed: what is searched.",
        presence: Presence::Always,
    },
    Group { name: "task", help: "What is measured, on which data.", presence: Presence::Always },
    Group { name: "strategy", help: "How configs are found.", presence: Presence::Always },
    Group {
        name: "start",
        help: "A trial of another study of the store that the search starts from as well, as merging starts from pruning.",
        presence: Presence::WhenNamed,
    },
    Group {
        name: "racing",
        help: "How trials are left early that cannot win any more. Needs one objective that is minimised; racing.md says how.",
        presence: Presence::WhenNamed,
    },
    Group { name: "report", help: "What the result is compared with.", presence: Presence::Always },
];

/// The group of this name.
pub(in crate::profile) fn group(name: &str) -> Option<&'static Group> {
    GROUPS.iter().find(|group| group.name == name)
}
