//! Edits in words.

use super::{ArgumentKind, Edit, EditSchema};
use crate::format;
use crate::options::OptionValue;

/// Numbers of a list whose order counts that are read out: it may have thousands.
const SHOWN: usize = 16;

impl EditSchema {
    /// `edit`, which is of this kind, in words.
    pub(super) fn words(&self, edit: &Edit) -> String {
        let mut words = String::new();
        let mut rest = self.sentence.as_str();
        while let Some((before, inside)) = rest.split_once('[') {
            words.push_str(&self.filled(before, edit).unwrap_or_default());
            let (inside, after) = inside.split_once(']').unwrap_or((inside, ""));
            let (given, absent) = inside.split_once('|').unwrap_or((inside, ""));
            words.push_str(&self.filled(given, edit).unwrap_or_else(|| absent.to_owned()));
            rest = after;
        }
        words.push_str(&self.filled(rest, edit).unwrap_or_default());
        words
    }

    /// `text` with the arguments of `edit`; `None` where one of them is absent.
    fn filled(&self, text: &str, edit: &Edit) -> Option<String> {
        let mut words = String::new();
        let mut rest = text;
        while let Some((before, inside)) = rest.split_once('{') {
            words.push_str(before);
            let (name, after) = inside.split_once('}').unwrap_or((inside, ""));
            words.push_str(&self.shown(name, edit)?);
            rest = after;
        }
        words.push_str(rest);
        Some(words)
    }

    fn shown(&self, name: &str, edit: &Edit) -> Option<String> {
        let value = edit.args.get(name)?;
        let kind = self.argument(name).map(|argument| &argument.kind);
        Some(match (kind, value) {
            (_, OptionValue::Real(number)) => number.to_string(),
            (_, OptionValue::Text(word)) => word.clone(),
            (Some(ArgumentKind::Ints { .. }), OptionValue::Ints(numbers)) if numbers.len() > SHOWN => {
                let shown = numbers[..SHOWN].iter().map(i64::to_string).collect::<Vec<_>>().join(" ");
                format!("{shown} … ({} numbers)", numbers.len())
            }
            (_, OptionValue::Ints(numbers)) => {
                numbers.iter().map(i64::to_string).collect::<Vec<_>>().join(" ")
            }
            (Some(ArgumentKind::Matrix { rows }), OptionValue::Reals(values)) => {
                let rows = match edit.args.get(rows) {
                    Some(OptionValue::Int(rows)) => usize::try_from(*rows).unwrap_or(1),
                    _ => 1,
                };
                mixed(rows, values)
            }
            (_, OptionValue::Reals(values)) => {
                values.iter().map(|&number| format::with_sign(number)).collect::<Vec<_>>().join(" ")
            }
            _ => value.to_string(),
        })
    }
}

/// The rows of a matrix: `(0) (0.5·2 + 0.5·7)`.
fn mixed(rows: usize, matrix: &[f64]) -> String {
    let row = |row: &[f64]| {
        let present = row.iter().enumerate().filter(|(_, number)| **number != 0.0);
        let term = |(column, number): (usize, &f64)| {
            if *number == 1.0 { column.to_string() } else { format!("{}·{column}", format::short(*number)) }
        };
        format!("({})", present.map(term).collect::<Vec<_>>().join(" + "))
    };
    let columns = (matrix.len() / rows.max(1)).max(1);
    matrix.chunks(columns).map(row).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::super::Argument;
    use super::*;

    #[test]
    fn of_a_long_list_the_beginning_and_the_length_are_read_out() {
        let schema =
            EditSchema::new("place", "", "").with(Argument::ints("order", 0, 99, "")).reads("by {order}");
        let words = |length: i64| schema.words(&Edit::new("place").ints("order", (0..length).collect()));
        assert_eq!(words(3), "by 0 1 2");
        assert!(words(16).ends_with(" 15"));
        assert_eq!(words(40), "by 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 … (40 numbers)");
    }
}
