//! Checks and normalises the arguments of an edit.

use super::{Argument, ArgumentKind, Edit, EditError, EditSchema, LONGEST_LIST};
use crate::options::OptionValue;

impl EditSchema {
    /// `edit` with arguments of the declared types, in normal form.
    ///
    /// # Errors
    /// A missing, unknown or ill-typed argument, a number out of range, or arguments that do not go together.
    pub(super) fn accept(&self, edit: &Edit) -> Result<Edit, EditError> {
        let mut accepted = Edit::new(&self.kind);
        for argument in &self.arguments {
            match edit.args.get(&argument.name) {
                Some(value) => {
                    let value = typed(argument, value, edit).map_err(|found| self.bad(argument, found))?;
                    accepted.args.insert(argument.name.clone(), value);
                }
                None if argument.absent.is_some() => {}
                None => {
                    let (kind, argument) = (self.kind.clone(), argument.name.clone());
                    return Err(EditError::MissingArgument { kind, argument });
                }
            }
        }
        match edit.args.keys().find(|name| self.argument(name).is_none()) {
            Some(name) => Err(EditError::UnknownArgument { kind: self.kind.clone(), argument: name.clone() }),
            None => {
                let accepted = self.normalised(accepted);
                self.requires.iter().try_for_each(|requirement| requirement.check(&accepted))?;
                Ok(accepted)
            }
        }
    }

    /// The one form of all edits that mean the same.
    pub(super) fn normalised(&self, mut edit: Edit) -> Edit {
        for argument in &self.arguments {
            match (&argument.kind, edit.args.get_mut(&argument.name)) {
                (ArgumentKind::Set { .. }, Some(OptionValue::Ints(values))) => {
                    values.sort_unstable();
                    values.dedup();
                }
                // −0 means 0 and would be another text.
                (ArgumentKind::Reals | ArgumentKind::Matrix { .. }, Some(OptionValue::Reals(values))) => {
                    values.iter_mut().filter(|number| **number == 0.0).for_each(|number| *number = 0.0);
                }
                _ => {}
            }
        }
        for (name, condition) in &self.idle {
            if condition.holds(&edit) {
                edit.args.remove(name);
            }
        }
        edit
    }

    fn bad(&self, argument: &Argument, found: String) -> EditError {
        let (kind, expected) = (self.kind.clone(), argument.kind.to_string());
        EditError::BadArgument { kind, argument: argument.name.clone(), found, expected }
    }
}

/// `value` in the declared type, or what was found instead. Files do not tell 1 from 1.0.
fn typed(argument: &Argument, value: &OptionValue, edit: &Edit) -> Result<OptionValue, String> {
    let real = |number: f64, min: f64, max: f64| number.is_finite() && (min..=max).contains(&number);
    match (&argument.kind, value) {
        (ArgumentKind::Int { min, max }, OptionValue::Int(number)) if (min..=max).contains(&number) => {
            Ok(value.clone())
        }
        (ArgumentKind::Level(levels), OptionValue::Int(number)) if levels.contains(number) => {
            Ok(value.clone())
        }
        (ArgumentKind::Real { min, max }, OptionValue::Real(number)) if real(*number, *min, *max) => {
            Ok(value.clone())
        }
        (ArgumentKind::Real { min, max }, OptionValue::Int(number)) if real(*number as f64, *min, *max) => {
            Ok(OptionValue::Real(*number as f64))
        }
        (ArgumentKind::Set { max }, OptionValue::Ints(numbers)) => {
            match numbers.iter().find(|number| !(0..=*max).contains(*number)) {
                Some(number) => Err(number.to_string()),
                None => Ok(value.clone()),
            }
        }
        (ArgumentKind::Ints { min, max, least, most }, OptionValue::Ints(numbers)) => {
            let length = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
            match numbers.iter().position(|number| !(min..=max).contains(&number)) {
                _ if !(least..=&(*most).min(LONGEST_LIST)).contains(&&length) => {
                    Err(format!("a list of {}", numbers.len()))
                }
                Some(place) => Err(format!("{} at place {place} of its list", numbers[place])),
                None => Ok(value.clone()),
            }
        }
        (ArgumentKind::Reals, _) => reals(value).map(OptionValue::Reals).ok_or_else(|| value.to_string()),
        (ArgumentKind::Matrix { rows }, _) => {
            let count = match edit.args.get(rows) {
                Some(OptionValue::Int(count)) => usize::try_from(*count).unwrap_or(0),
                _ => 0,
            };
            let whole = |values: &Vec<f64>| !values.is_empty() && values.len().is_multiple_of(count);
            match (reals(value).filter(whole), value) {
                (Some(values), _) => Ok(OptionValue::Reals(values)),
                (None, OptionValue::Reals(_) | OptionValue::Ints(_)) => {
                    Err(format!("{value} with {count} rows"))
                }
                (None, _) => Err(value.to_string()),
            }
        }
        (ArgumentKind::Word(words), OptionValue::Text(word)) if words.contains(word) => Ok(value.clone()),
        _ => Err(value.to_string()),
    }
}

/// Finite numbers.
fn reals(value: &OptionValue) -> Option<Vec<f64>> {
    match value {
        OptionValue::Reals(values) => values.iter().all(|value| value.is_finite()).then(|| values.clone()),
        OptionValue::Ints(values) => Some(values.iter().map(|&value| value as f64).collect()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_keeps_its_order_and_its_repetitions_within_its_bounds() {
        let kind = ArgumentKind::Ints { min: -1, max: 3, least: 1, most: 4 };
        let schema = EditSchema::new("place", "", "").with(Argument::new("order", kind, ""));
        let accept = |numbers: &[i64]| {
            schema
                .accept(&Edit::new("place").ints("order", numbers.to_vec()))
                .map_err(|error| error.to_string())
        };
        assert_eq!(accept(&[3, -1, 3, 0]).unwrap().to_string(), "place(order:[3, -1, 3, 0])");
        assert_eq!(
            accept(&[0, 4]).unwrap_err(),
            "argument `order` of edit `place` is 4 at place 1 of its list, expected a list of 1 to 4 whole numbers from -1 to 3"
        );
        for wrong in [&[][..], &[0; 5]] {
            let said = accept(wrong).unwrap_err();
            assert!(said.contains(&format!("is a list of {}, expected", wrong.len())), "{said}");
        }
        let any = EditSchema::new("place", "", "").with(Argument::ints("order", 0, 9, ""));
        let long = |length: u32| any.accept(&Edit::new("place").ints("order", vec![0; length as usize]));
        assert!(long(LONGEST_LIST).is_ok() && long(LONGEST_LIST + 1).is_err());
    }
}
