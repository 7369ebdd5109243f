//! The lines of the form: its groups, and their fields as far as they are not folded away.

use attune_core::profile::schema::Section;

use super::{Draft, Field};
use crate::key::Key;

/// Where the cursor is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Spot {
    /// On the title of a group that folds.
    Group(Section),
    /// On the field of this path.
    Field(String),
}

/// A line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Row<'a> {
    /// The title of a group, and how many fields of it are folded away; `None` when it does not fold.
    Group(Section, Option<usize>),
    /// A field.
    Field(&'a Field),
}

impl Row<'_> {
    /// Where the cursor is when it is here.
    pub(crate) fn spot(&self) -> Option<Spot> {
        match self {
            Self::Group(group, folds) => folds.map(|_| Spot::Group(*group)),
            Self::Field(field) => Some(Spot::Field(field.path.clone())),
        }
    }
}

impl Draft {
    /// The lines, from the top.
    pub(crate) fn rows(&self) -> Vec<Row<'_>> {
        let mut rows = Vec::new();
        for group in Section::ALL {
            let all = self.fields.iter().filter(|field| field.section == group);
            let shown: Vec<&Field> = all.clone().filter(|field| self.shows(field)).collect();
            let folds = all.clone().any(|field| field.advanced);
            rows.push(Row::Group(group, folds.then(|| all.count() - shown.len())));
            rows.extend(shown.into_iter().map(Row::Field));
        }
        rows
    }

    /// Whether a field is not folded away: never what somebody has set, what is wrong or where the cursor is.
    fn shows(&self, field: &Field) -> bool {
        let differs = field.said && field.text != field.default;
        !field.advanced
            || differs
            || field.fault.is_some()
            || self.open.contains(&field.section)
            || self.cursor == Spot::Field(field.path.clone())
    }

    /// The field under the cursor.
    pub(crate) fn field(&self) -> Option<&Field> {
        match &self.cursor {
            Spot::Field(path) => self.fields.iter().find(|field| field.path == *path),
            Spot::Group(_) => None,
        }
    }

    /// Moves the cursor as a key says; whether it was such a key.
    pub(crate) fn moves(&mut self, key: Key) -> bool {
        let spots: Vec<Spot> = self.rows().iter().filter_map(Row::spot).collect();
        let at = spots.iter().position(|spot| *spot == self.cursor).unwrap_or(0);
        let to = match key {
            Key::Tab => Some((at + 1) % spots.len().max(1)),
            Key::BackTab => Some(at.checked_sub(1).unwrap_or(spots.len().saturating_sub(1))),
            key => key.moved(at, spots.len(), 10),
        };
        let Some(to) = to else { return false };
        self.cursor = spots.get(to).cloned().unwrap_or_else(|| self.cursor.clone());
        true
    }

    /// Folds a group, or all of them, and unfolds it.
    pub(crate) fn fold(&mut self, group: Option<Section>) {
        let open = match group {
            Some(group) => self.open.contains(&group),
            None => !self.open.is_empty(),
        };
        for group in group.map_or(Section::ALL.to_vec(), |group| vec![group]) {
            if open {
                self.open.remove(&group);
            } else {
                self.open.insert(group);
            }
        }
    }
}
