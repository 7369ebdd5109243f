//! Schemas: what an edit of one kind takes, touches and excludes, and how people read it. All of it is data, so that an
//! evaluator of another process can bring its own.

use super::{Argument, ArgumentKind, Condition, Edit, Part, PlaceRule, Requirement};

/// Everything that is known of one kind of edit.
#[derive(Clone, Debug, PartialEq)]
pub struct EditSchema {
    /// Name in plans.
    pub kind: String,
    /// What it does, in one sentence.
    pub summary: String,
    /// Where it comes from: paper and section.
    pub source: String,
    /// Its arguments, in the order in which people read them.
    pub arguments: Vec<Argument>,
    /// What it touches.
    pub place: PlaceRule,
    /// What it cannot stand beside.
    pub contradicts: Vec<Contradiction>,
    /// Optional arguments that say nothing when their condition holds, and are left out then.
    pub idle: Vec<(String, Condition)>,
    /// What the values of arguments ask of each other.
    pub requires: Vec<Requirement>,
    /// The edit in words. `{name}` is an argument; `[…]` is left out where an argument in it is absent, and
    /// `[…|…]` has words for that case.
    pub sentence: String,
}

/// Edits that cannot be honoured together.
#[derive(Clone, Debug, PartialEq)]
pub struct Contradiction {
    /// The kind of the other edit.
    pub kind: String,
    /// Both contradict each other when each of these arguments is the same in both, or absent in one (which means all).
    pub meet: Vec<String>,
    /// Only when this holds for the edit whose schema says so.
    pub when: Option<Condition>,
}

impl EditSchema {
    /// An edit without arguments that contradicts nothing.
    pub fn new(kind: &str, summary: &str, source: &str) -> Self {
        Self {
            kind: kind.to_owned(),
            summary: summary.to_owned(),
            source: source.to_owned(),
            arguments: Vec::new(),
            place: PlaceRule::default(),
            contradicts: Vec::new(),
            idle: Vec::new(),
            requires: Vec::new(),
            sentence: kind.to_owned(),
        }
    }

    /// Adds an argument.
    #[must_use]
    pub fn with(mut self, argument: Argument) -> Self {
        self.arguments.push(argument);
        self
    }

    /// Edits of this kind belong to the group that the argument `name` counts.
    #[must_use]
    pub fn in_group(mut self, name: &str) -> Self {
        self.place.group = Some(name.to_owned());
        self
    }

    /// Within a group, edits are ordered by `argument`, counted from `base`.
    #[must_use]
    pub fn in_part(mut self, argument: &str, base: u64) -> Self {
        self.place.parts.push(Part { argument: argument.to_owned(), base });
        self
    }

    /// A plan has one edit of this kind for each combination of these arguments.
    #[must_use]
    pub fn once_per(self, arguments: &[&str]) -> Self {
        let kind = self.kind.clone();
        self.excludes(&kind, arguments, None)
    }

    /// Cannot stand beside an edit of `kind` where `meet` agree, as far as `when` holds for this one.
    #[must_use]
    pub fn excludes(mut self, kind: &str, meet: &[&str], when: Option<Condition>) -> Self {
        let meet = meet.iter().map(|&name| name.to_owned()).collect();
        self.contradicts.push(Contradiction { kind: kind.to_owned(), meet, when });
        self
    }

    /// The argument `name` says nothing where `condition` holds.
    #[must_use]
    pub fn idle(mut self, name: &str, condition: Condition) -> Self {
        self.idle.push((name.to_owned(), condition));
        self
    }

    /// The argument `name` is one of `values` where `when` holds.
    #[must_use]
    pub fn requires(mut self, name: &str, values: impl IntoIterator<Item = u32>, when: Condition) -> Self {
        let values = values.into_iter().map(i64::from).collect();
        self.requires.push(Requirement { argument: name.to_owned(), values, when });
        self
    }

    /// The same for somebody who knows only `words` of the argument `name`; without any, the argument is gone.
    #[must_use]
    pub fn narrowed(mut self, name: &str, words: &[String]) -> Self {
        for argument in &mut self.arguments {
            if let (ArgumentKind::Word(known), true) = (&mut argument.kind, argument.name == name) {
                known.retain(|word| words.contains(word));
            }
        }
        self.arguments.retain(|argument| {
            argument.name != name || !matches!(&argument.kind, ArgumentKind::Word(known) if known.is_empty())
        });
        self
    }

    /// How people read it; see [`Self::sentence`](field@Self::sentence).
    #[must_use]
    pub fn reads(mut self, sentence: &str) -> Self {
        self.sentence = sentence.to_owned();
        self
    }

    /// The argument of that name.
    pub fn argument(&self, name: &str) -> Option<&Argument> {
        self.arguments.iter().find(|argument| argument.name == name)
    }

    /// Whether this schema says that `edit`, which is of its kind, cannot stand beside `other`.
    pub(super) fn excludes_edit(&self, edit: &Edit, other: &Edit) -> bool {
        self.contradicts.iter().any(|rule| {
            rule.kind == other.kind
                && rule.meets(edit, other)
                && rule.when.as_ref().is_none_or(|condition| condition.holds(edit))
        })
    }
}

impl Contradiction {
    /// Whether both touch the same.
    pub(super) fn meets(&self, edit: &Edit, other: &Edit) -> bool {
        self.meet.iter().all(|name| match (edit.args.get(name), other.args.get(name)) {
            (Some(one), Some(other)) => one == other,
            _ => true,
        })
    }
}
