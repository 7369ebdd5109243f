//! A vocabulary: the schemas that somebody knows.

use std::sync::Arc;

use super::rank::Rank;
use super::{Edit, EditError, EditSchema, Plan};
use crate::suggest::hint;

/// The kinds of edit that an evaluator, a technique or a program knows, each once. Cheap to clone.
#[derive(Clone, Debug, PartialEq)]
pub struct Vocabulary {
    schemas: Arc<[EditSchema]>,
    /// What a plan without edits is.
    unedited: Arc<str>,
}

impl Default for Vocabulary {
    fn default() -> Self {
        Self::new([])
    }
}

impl Vocabulary {
    /// Of these schemas; of two for one kind the first counts.
    pub fn new(schemas: impl IntoIterator<Item = EditSchema>) -> Self {
        let mut known: Vec<EditSchema> = Vec::new();
        for schema in schemas {
            if known.iter().all(|other| other.kind != schema.kind) {
                known.push(schema);
            }
        }
        Self { schemas: known.into(), unedited: "no edits".into() }
    }

    /// With words for what a plan without edits is, for example `the dense model`.
    #[must_use]
    pub fn calling_unedited(self, words: &str) -> Self {
        Self { unedited: words.into(), ..self }
    }

    /// What a plan without edits is, in words.
    pub fn unedited(&self) -> &str {
        &self.unedited
    }

    /// The schemas, in the order in which they were given.
    pub fn schemas(&self) -> &[EditSchema] {
        &self.schemas
    }

    /// The kinds, in the same order.
    pub fn kinds(&self) -> impl Iterator<Item = &str> {
        self.schemas.iter().map(|schema| schema.kind.as_str())
    }

    /// The schemas of `kinds`, as far as they are known.
    #[must_use]
    pub fn subset<'a>(&self, kinds: impl IntoIterator<Item = &'a str>) -> Self {
        Self {
            schemas: kinds.into_iter().filter_map(|kind| self.schema(kind)).cloned().collect(),
            unedited: Arc::clone(&self.unedited),
        }
    }

    /// The schema of a kind.
    pub fn schema(&self, kind: &str) -> Option<&EditSchema> {
        self.schemas.iter().find(|schema| schema.kind == kind)
    }

    /// `edit`, checked and in normal form.
    ///
    /// # Errors
    /// An unknown kind, an unknown, missing or ill-typed argument, a number out of range, or arguments that do not go
    /// together.
    pub fn accept(&self, edit: &Edit) -> Result<Edit, EditError> {
        let schema = self.schema(&edit.kind).ok_or_else(|| EditError::UnknownKind {
            kind: edit.kind.clone(),
            hint: hint(&edit.kind, self.kinds()),
            known: self.kinds().collect::<Vec<_>>().join(", "),
        })?;
        schema.accept(edit)
    }

    /// The canonical plan of `edits`: arguments in normal form, ordered by group, part and kind.
    ///
    /// The order of edits has no meaning: those of one place are defined by what they do together. Sorting
    /// makes equal plans equal bytes. Exact repetitions are dropped.
    pub fn arrange(&self, edits: impl IntoIterator<Item = Edit>) -> Plan {
        let normal = |edit: Edit| match self.schema(&edit.kind) {
            Some(schema) => schema.normalised(edit),
            None => edit,
        };
        let mut edits: Vec<Edit> = edits.into_iter().map(normal).collect();
        edits.sort_by_cached_key(|edit| match self.schema(&edit.kind) {
            Some(schema) => schema.rank(edit),
            None => Rank::unknown(edit),
        });
        edits.dedup();
        Plan::from_canonical(edits)
    }

    /// The group that an edit touches; 0 for one that names none, or that is not known.
    pub fn group(&self, edit: &Edit) -> u32 {
        self.schema(&edit.kind).map_or(0, |schema| schema.group(edit))
    }

    /// Whether both cannot be honoured.
    pub fn contradict(&self, one: &Edit, other: &Edit) -> bool {
        let says = |edit: &Edit, other: &Edit| {
            self.schema(&edit.kind).is_some_and(|schema| schema.excludes_edit(edit, other))
        };
        says(one, other) || says(other, one)
    }

    /// Two edits of one group that [contradict](Self::contradict) each other, if there are any: such a plan has no
    /// meaning.
    pub fn conflict<'a>(&self, plan: &'a Plan) -> Option<(&'a Edit, &'a Edit)> {
        let groups = plan.edits().chunk_by(|one, other| self.group(one) == self.group(other));
        groups.filter(|group| self.clashes(group)).find_map(|group| {
            group.iter().enumerate().find_map(|(number, one)| {
                let rest = &group[number + 1..];
                rest.iter().find(|other| self.contradict(one, other)).map(|other| (one, other))
            })
        })
    }

    /// A plan in words, one line per edit. Edits that are not known stand as they are written in plans.
    pub fn describe(&self, plan: &Plan) -> Vec<String> {
        if plan.edits().is_empty() {
            return vec![self.unedited.to_string()];
        }
        let words = |edit: &Edit| match self.schema(&edit.kind) {
            Some(schema) => schema.words(edit),
            None => edit.to_string(),
        };
        plan.edits().iter().map(words).collect()
    }
}
