//! Order of the edits of a plan.

use super::{Edit, EditSchema, Part};
use crate::options::OptionValue;

/// What edits of a plan are sorted by; those of one place keep their order.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank {
    group: u32,
    part: u64,
    kind: String,
    given: Vec<bool>,
}

impl EditSchema {
    /// The group that `edit` touches; 0 where it names none.
    pub fn group(&self, edit: &Edit) -> u32 {
        let number = self.place.group.as_ref().and_then(|name| edit.args.get(name));
        match number {
            Some(OptionValue::Int(number)) => u32::try_from(*number).unwrap_or(u32::MAX),
            _ => 0,
        }
    }

    pub(super) fn rank(&self, edit: &Edit) -> Rank {
        let mut part = 0_u64;
        let mut given = Vec::with_capacity(self.place.parts.len());
        for Part { argument, base } in &self.place.parts {
            let found = edit.args.get(argument);
            given.push(found.is_some());
            let Some(known) = self.argument(argument) else { continue };
            let number = found.map_or(0, |value| base.saturating_add(known.number(value)));
            part = part.saturating_mul(known.numbers()).saturating_add(number);
        }
        Rank { group: self.group(edit), part, kind: edit.kind.clone(), given }
    }
}

impl Rank {
    /// Of an edit that no schema knows.
    pub(super) fn unknown(edit: &Edit) -> Self {
        Self { group: 0, part: 0, kind: edit.kind.clone(), given: Vec::new() }
    }
}
