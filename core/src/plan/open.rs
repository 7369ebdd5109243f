//! Open edits: a kind and named arguments, as they cross a component or file boundary.

use std::collections::BTreeSet;
use std::fmt;

use super::{Edit, Module};
use crate::setting::{Setting, Settings};
use crate::suggest::hint;

/// An edit that nobody has checked yet.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenEdit {
    /// Name in the vocabulary, for example `kv-bits`.
    pub kind: String,
    /// Arguments by name, in name order.
    pub args: Settings,
}

/// Why an open edit has no meaning here.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum EditError {
    /// The vocabulary of this build has no such edit.
    #[error("unknown edit `{kind}`{}; this attune knows {}", hint(kind, Edit::KINDS), Edit::KINDS.join(", "))]
    UnknownKind {
        /// What was found.
        kind: String,
    },
    /// A required argument is absent.
    #[error("edit `{kind}` lacks the argument `{argument}`")]
    MissingArgument {
        /// The edit.
        kind: String,
        /// The argument.
        argument: &'static str,
    },
    /// An argument that the edit does not have.
    #[error("edit `{kind}` has no argument `{argument}`")]
    UnknownArgument {
        /// The edit.
        kind: String,
        /// The argument.
        argument: String,
    },
    /// An argument of the wrong type or out of range.
    #[error("argument `{argument}` of edit `{kind}` is {found}, expected {expected}")]
    BadArgument {
        /// The edit.
        kind: String,
        /// The argument.
        argument: &'static str,
        /// What was found.
        found: String,
        /// What was expected.
        expected: &'static str,
    },
}

impl OpenEdit {
    /// An edit without arguments.
    pub fn new(kind: &str) -> Self {
        Self { kind: kind.to_owned(), args: Settings::new() }
    }

    /// Adds a whole number.
    #[must_use]
    pub fn int(self, name: &str, value: i64) -> Self {
        self.with(name, Setting::Int(value))
    }

    /// Adds a real number.
    #[must_use]
    pub fn real(self, name: &str, value: f64) -> Self {
        self.with(name, Setting::Real(value))
    }

    /// Adds a list of whole numbers.
    #[must_use]
    pub fn ints(self, name: &str, values: Vec<i64>) -> Self {
        self.with(name, Setting::Ints(values))
    }

    /// Adds a list of real numbers.
    #[must_use]
    pub fn reals(self, name: &str, values: Vec<f64>) -> Self {
        self.with(name, Setting::Reals(values))
    }

    /// Adds a word.
    #[must_use]
    pub fn text(self, name: &str, value: &str) -> Self {
        self.with(name, Setting::Text(value.to_owned()))
    }

    fn with(mut self, name: &str, value: Setting) -> Self {
        self.args.insert(name.to_owned(), value);
        self
    }

    pub(super) fn reader(&self) -> Reader<'_> {
        Reader { edit: self, read: BTreeSet::new() }
    }
}

impl fmt::Display for OpenEdit {
    /// `kind(name:value,…)` with arguments in name order: the canonical line of a plan.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}(", self.kind)?;
        for (index, (name, value)) in self.args.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(f, "{comma}{name}:{value}")?;
        }
        write!(f, ")")
    }
}

/// Reads arguments once each and complains about what is left.
pub(super) struct Reader<'a> {
    edit: &'a OpenEdit,
    read: BTreeSet<&'static str>,
}

impl<'a> Reader<'a> {
    pub(super) fn int(&mut self, argument: &'static str) -> Result<u32, EditError> {
        const EXPECTED: &str = "a whole number from 0 to 4294967295";
        match self.get(argument)? {
            Setting::Int(value) => u32::try_from(*value).map_err(|_| self.bad(argument, value, EXPECTED)),
            other => Err(self.bad(argument, other, EXPECTED)),
        }
    }

    pub(super) fn module(&mut self, argument: &'static str) -> Result<Module, EditError> {
        const EXPECTED: &str = "one of q, k, v, o, gate, up, down";
        let found = self.get(argument)?;
        let module = match found {
            Setting::Text(name) => Module::from_name(name),
            _ => None,
        };
        module.ok_or_else(|| self.bad(argument, found, EXPECTED))
    }

    pub(super) fn ints(&mut self, argument: &'static str) -> Result<Vec<u32>, EditError> {
        const EXPECTED: &str = "a list of whole numbers from 0 to 4294967295";
        match self.get(argument)? {
            Setting::Ints(values) => values
                .iter()
                .map(|value| u32::try_from(*value).map_err(|_| self.bad(argument, value, EXPECTED)))
                .collect(),
            other => Err(self.bad(argument, other, EXPECTED)),
        }
    }

    pub(super) fn real(&mut self, argument: &'static str) -> Result<f64, EditError> {
        const EXPECTED: &str = "a finite real number";
        match self.get(argument)? {
            Setting::Real(value) if value.is_finite() => Ok(*value),
            Setting::Int(value) => Ok(*value as f64),
            other => Err(self.bad(argument, other, EXPECTED)),
        }
    }

    pub(super) fn reals(&mut self, argument: &'static str) -> Result<Vec<f64>, EditError> {
        const EXPECTED: &str = "a list of finite real numbers";
        match self.get(argument)? {
            Setting::Reals(values) if values.iter().all(|value| value.is_finite()) => Ok(values.clone()),
            // Files do not tell 1 from 1.0.
            Setting::Ints(values) => Ok(values.iter().map(|&value| value as f64).collect()),
            other => Err(self.bad(argument, other, EXPECTED)),
        }
    }

    /// A matrix, row by row, of as many rows as the argument `rows` says.
    pub(super) fn matrix(
        &mut self,
        argument: &'static str,
        rows: &'static str,
    ) -> Result<Vec<f64>, EditError> {
        const EXPECTED: &str = "finite real numbers, equally many (at least one) for each of its rows";
        let found = self.get(argument)?;
        let values: Vec<f64> = match found {
            Setting::Reals(values) => values.clone(),
            // Files do not tell 1 from 1.0.
            Setting::Ints(values) => values.iter().map(|&value| value as f64).collect(),
            other => return Err(self.bad(argument, other, EXPECTED)),
        };
        let rows = self.int(rows)? as usize;
        if values.is_empty()
            || !values.len().is_multiple_of(rows)
            || values.iter().any(|value| !value.is_finite())
        {
            let found = format!("{found} with {rows} rows");
            return Err(self.bad(argument, &found, EXPECTED));
        }
        Ok(values)
    }

    /// An argument that may be absent.
    pub(super) fn if_given<T>(
        &mut self,
        argument: &'static str,
        read: fn(&mut Self, &'static str) -> Result<T, EditError>,
    ) -> Result<Option<T>, EditError> {
        self.edit.args.contains_key(argument).then(|| read(self, argument)).transpose()
    }

    pub(super) fn finish(self) -> Result<(), EditError> {
        match self.edit.args.keys().find(|name| !self.read.contains(name.as_str())) {
            None => Ok(()),
            Some(name) => {
                Err(EditError::UnknownArgument { kind: self.edit.kind.clone(), argument: name.clone() })
            }
        }
    }

    fn get(&mut self, argument: &'static str) -> Result<&'a Setting, EditError> {
        self.read.insert(argument);
        self.edit
            .args
            .get(argument)
            .ok_or_else(|| EditError::MissingArgument { kind: self.edit.kind.clone(), argument })
    }

    fn bad(&self, argument: &'static str, found: &impl fmt::Display, expected: &'static str) -> EditError {
        EditError::BadArgument { kind: self.edit.kind.clone(), argument, found: found.to_string(), expected }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_edit_survives_its_open_form_and_slips_are_named() {
        let open = OpenEdit::new("keep-experts").int("layer", 2).ints("experts", vec![1, 3]);
        let edit = Edit::from_open(&open).unwrap();
        assert_eq!(edit.to_open(), open);

        let unknown = Edit::from_open(&OpenEdit::new("keep-expert")).unwrap_err();
        assert!(unknown.to_string().contains("did you mean `keep-experts`?"), "{unknown}");

        let missing = Edit::from_open(&OpenEdit::new("keep-experts").int("layer", 2)).unwrap_err();
        assert_eq!(missing.to_string(), "edit `keep-experts` lacks the argument `experts`");

        let extra = Edit::from_open(&open.clone().int("group", 1)).unwrap_err();
        assert_eq!(extra.to_string(), "edit `keep-experts` has no argument `group`");

        let merge = |rows, matrix: Vec<f64>| {
            OpenEdit::new("merge-experts").int("layer", 2).int("rows", rows).reals("matrix", matrix)
        };
        let open_merge = merge(2, vec![0.5, -1.0, 0.0, 2.0]);
        assert_eq!(Edit::from_open(&open_merge).unwrap().to_open(), open_merge);
        for (rows, matrix) in [(3, vec![1.0; 4]), (0, vec![1.0]), (1, vec![]), (1, vec![f64::NAN])] {
            let error = Edit::from_open(&merge(rows, matrix)).unwrap_err().to_string();
            assert!(error.contains("argument `matrix` of edit `merge-experts` is ["), "{error}");
            assert!(error.contains(&format!("with {rows} rows, expected finite real numbers")), "{error}");
        }

        let weights = OpenEdit::new("weight-bits").int("layer", 2).int("bits", 4).int("group-size", 64);
        for open in
            [weights.clone().text("module", "q"), weights.clone().text("module", "up").int("expert", 3)]
        {
            assert_eq!(Edit::from_open(&open).unwrap().to_open(), open);
        }
        let unknown = Edit::from_open(&weights.text("module", "w1")).unwrap_err().to_string();
        assert_eq!(
            unknown,
            "argument `module` of edit `weight-bits` is \"w1\", expected one of q, k, v, o, gate, up, down"
        );

        let negative = Edit::from_open(&open.int("layer", -1)).unwrap_err();
        assert!(negative.to_string().contains("is -1, expected a whole number from 0"), "{negative}");
    }
}
