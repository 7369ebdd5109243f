//! Reading the arguments of edits.

use super::Failure;
use crate::{Edit, Setting};

/// The arguments of one edit of a plan. What is not there, or is another kind of value than is asked for, is a refusal that names
/// the edit and says what was expected.
#[derive(Clone, Copy, Debug)]
pub struct Args<'a> {
    edit: &'a Edit,
    number: usize,
}

impl<'a> Args<'a> {
    /// Those of every edit of a plan, in order.
    pub fn each(plan: &'a [Edit]) -> impl Iterator<Item = Self> {
        plan.iter().enumerate().map(|(number, edit)| Self { edit, number })
    }

    /// Those of the first edit of a kind.
    pub fn find(plan: &'a [Edit], kind: &str) -> Option<Self> {
        Self::each(plan).find(|args| args.kind() == kind)
    }

    /// The kind of the edit.
    pub fn kind(&self) -> &'a str {
        &self.edit.kind
    }

    /// Whether an argument is there.
    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// A whole number.
    ///
    /// # Errors
    /// [`Failure::Unsupported`].
    pub fn int(&self, name: &str) -> Result<i64, Failure> {
        match self.get(name) {
            Some(Setting::Int(value)) => Ok(*value),
            other => Err(self.mistaken(name, other, "a whole number")),
        }
    }

    /// A whole number from 0.
    ///
    /// # Errors
    /// [`Failure::Unsupported`].
    pub fn count(&self, name: &str) -> Result<usize, Failure> {
        let value = self.get(name);
        match value {
            Some(Setting::Int(number)) => usize::try_from(*number).ok(),
            _ => None,
        }
        .ok_or_else(|| self.mistaken(name, value, "a whole number from 0"))
    }

    /// A real number.
    ///
    /// # Errors
    /// [`Failure::Unsupported`].
    pub fn real(&self, name: &str) -> Result<f64, Failure> {
        match self.get(name) {
            Some(Setting::Real(value)) => Ok(*value),
            Some(Setting::Int(value)) => Ok(*value as f64),
            other => Err(self.mistaken(name, other, "a real number")),
        }
    }

    /// A word.
    ///
    /// # Errors
    /// [`Failure::Unsupported`].
    pub fn word(&self, name: &str) -> Result<&'a str, Failure> {
        match self.get(name) {
            Some(Setting::Text(value)) => Ok(value),
            other => Err(self.mistaken(name, other, "a word")),
        }
    }

    /// Whole numbers: a set, or a list.
    ///
    /// # Errors
    /// [`Failure::Unsupported`].
    pub fn ints(&self, name: &str) -> Result<&'a [i64], Failure> {
        match self.get(name) {
            Some(Setting::Ints(values)) => Ok(values),
            other => Err(self.mistaken(name, other, "a list of whole numbers")),
        }
    }

    /// Real numbers.
    ///
    /// # Errors
    /// [`Failure::Unsupported`].
    pub fn reals(&self, name: &str) -> Result<&'a [f64], Failure> {
        match self.get(name) {
            Some(Setting::Reals(values)) => Ok(values),
            other => Err(self.mistaken(name, other, "a list of real numbers")),
        }
    }

    /// An order of `length` things: every number from 0 to `length - 1`, each once.
    ///
    /// # Errors
    /// [`Failure::Unsupported`], which says what is missing, is there twice or does not exist.
    pub fn order(&self, name: &str, length: usize) -> Result<Vec<u32>, Failure> {
        let numbers = self.ints(name)?;
        if numbers.len() != length {
            return Err(self.refuse(format!(
                "`{name}` has {} numbers, expected an order of {length}: each from 0 to {} once",
                numbers.len(),
                length.saturating_sub(1)
            )));
        }
        let mut seen = vec![false; length];
        let place = |&number: &i64| match usize::try_from(number).ok().filter(|&place| place < length) {
            Some(place) if std::mem::replace(&mut seen[place], true) => {
                Err(self.refuse(format!("`{name}` has {number} twice, expected each of {length} once")))
            }
            Some(place) => Ok(place as u32),
            None => {
                Err(self.refuse(format!("`{name}` has {number}, expected numbers from 0 to {}", length - 1)))
            }
        };
        numbers.iter().map(place).collect()
    }

    /// A refusal of this edit.
    pub fn refuse(&self, reason: impl Into<String>) -> Failure {
        Failure::unsupported(self.number, reason)
    }

    fn get(&self, name: &str) -> Option<&'a Setting> {
        self.edit.args.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    fn mistaken(&self, name: &str, found: Option<&Setting>, expected: &str) -> Failure {
        let kind = self.kind();
        self.refuse(match found {
            Some(found) => format!("argument `{name}` of `{kind}` is {}, expected {expected}", said(found)),
            None => format!("`{kind}` lacks the argument `{name}`, expected {expected}"),
        })
    }
}

fn said(value: &Setting) -> String {
    match value {
        Setting::Boolean(value) => value.to_string(),
        Setting::Int(value) => value.to_string(),
        Setting::Real(value) => format!("{value:?}"),
        Setting::Text(value) => format!("{value:?}"),
        Setting::Ints(values) => format!("a list of {} whole numbers", values.len()),
        Setting::Reals(values) => format!("a list of {} real numbers", values.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(failure: Failure) -> (usize, String) {
        match failure {
            Failure::Unsupported { edit, reason } => (edit, reason),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn arguments_are_read_in_their_type_and_mistakes_name_what_was_expected() {
        let plan = [Edit::new("a"), Edit::new("b").int("n", 3).text("w", "fast").reals("x", vec![1.0])];
        let b = Args::find(&plan, "b").unwrap();
        assert_eq!((b.int("n").unwrap(), b.real("n").unwrap(), b.word("w").unwrap()), (3, 3.0, "fast"));
        assert!(b.has("x") && !b.has("y") && Args::find(&plan, "c").is_none());
        assert_eq!(
            reason(b.int("w").unwrap_err()),
            (1, "argument `w` of `b` is \"fast\", expected a whole number".to_owned())
        );
        assert_eq!(
            reason(b.ints("y").unwrap_err()).1,
            "`b` lacks the argument `y`, expected a list of whole numbers"
        );
        let below = [Edit::new("b").int("n", -1)];
        let below = Args::find(&below, "b").unwrap().count("n").unwrap_err();
        assert_eq!(reason(below).1, "argument `n` of `b` is -1, expected a whole number from 0");
    }

    #[test]
    fn an_order_has_everything_once() {
        let order = |numbers: &[u32], length| {
            let plan = [Edit::new("place").ints("order", numbers)];
            Args::find(&plan, "place").unwrap().order("order", length).map_err(|failure| reason(failure).1)
        };
        assert_eq!(order(&[2, 0, 1], 3).unwrap(), [2, 0, 1]);
        assert_eq!(order(&[], 0).unwrap(), [0; 0]);
        let said = order(&[0, 0, 1], 3).unwrap_err();
        assert_eq!(said, "`order` has 0 twice, expected each of 3 once");
        assert!(order(&[0, 3, 1], 3).unwrap_err().contains("has 3, expected numbers from 0 to 2"));
        assert!(order(&[0], 3).unwrap_err().contains("has 1 numbers, expected an order of 3"));
    }
}
