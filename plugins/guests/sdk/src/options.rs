//! Reading options.

use crate::{Setting, Settings};

/// The options of a study: complete and of the declared kinds, because the host checked them.
///
/// Reading an option that the description does not declare, or as another kind, is a bug of the
/// technique and panics.
#[derive(Clone, Debug)]
pub struct Options(Settings);

impl Options {
    pub(crate) fn new(settings: Settings) -> Self {
        Self(settings)
    }

    /// With another value of an option that is there.
    pub(crate) fn set(&mut self, name: &str, value: Setting) {
        match self.0.iter_mut().find(|(known, _)| known == name) {
            Some((_, known)) => *known = value,
            None => panic!("option `{name}` is set but not declared"),
        }
    }

    /// A whole number.
    pub fn int(&self, name: &str) -> i64 {
        match self.get(name) {
            Setting::Int(value) => *value,
            other => mistaken(name, other),
        }
    }

    /// A real number.
    pub fn real(&self, name: &str) -> f64 {
        match self.get(name) {
            Setting::Real(value) => *value,
            other => mistaken(name, other),
        }
    }

    /// `true` or `false`.
    pub fn boolean(&self, name: &str) -> bool {
        match self.get(name) {
            Setting::Boolean(value) => *value,
            other => mistaken(name, other),
        }
    }

    /// One of the declared words.
    pub fn text(&self, name: &str) -> &str {
        match self.get(name) {
            Setting::Text(value) => value,
            other => mistaken(name, other),
        }
    }

    /// Whole numbers.
    pub fn ints(&self, name: &str) -> &[i64] {
        match self.get(name) {
            Setting::Ints(values) => values,
            other => mistaken(name, other),
        }
    }

    fn get(&self, name: &str) -> &Setting {
        match self.0.iter().find(|(known, _)| known == name) {
            Some((_, value)) => value,
            None => panic!("option `{name}` is read but not declared"),
        }
    }
}

fn mistaken(name: &str, found: &Setting) -> ! {
    panic!("option `{name}` is read as another kind than it was declared as: {found:?}")
}
