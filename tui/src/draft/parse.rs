//! Typed text to values, with the same words for errors that a profile gets.

use attune_core::setting::{OptionKind, Setting};

use super::{Field, Kind};

/// The value of a field of an option's kind.
///
/// # Errors
/// What was expected.
pub(crate) fn value(kind: &OptionKind, text: &str) -> Result<Setting, String> {
    let text = text.trim();
    let expected = || format!("expected {kind}");
    match kind {
        OptionKind::Bool => text.parse().map(Setting::Bool).map_err(|_| expected()),
        OptionKind::Int { min, max } => match text.parse() {
            Ok(number) if (*min..=*max).contains(&number) => Ok(Setting::Int(number)),
            _ => Err(expected()),
        },
        OptionKind::Real { min, max } => match text.parse() {
            Ok(number) if (*min..=*max).contains(&number) => Ok(Setting::Real(number)),
            _ => Err(expected()),
        },
        OptionKind::OneOf(words) => {
            let known = words.iter().any(|word| word == text);
            if known { Ok(Setting::Text(text.to_owned())) } else { Err(expected()) }
        }
        OptionKind::Ints { min, max } => {
            let text = text.trim_start_matches('[').trim_end_matches(']');
            let numbers: Option<Vec<i64>> = text
                .split(|c: char| c == ',' || c.is_whitespace())
                .filter(|word| !word.is_empty())
                .map(|word| word.parse().ok().filter(|number| (*min..=*max).contains(number)))
                .collect();
            numbers.filter(|numbers| !numbers.is_empty()).map(Setting::Ints).ok_or_else(expected)
        }
    }
}

/// `name=file` pairs.
///
/// # Errors
/// What was expected.
pub(crate) fn pairs(text: &str) -> Result<Vec<(&str, &str)>, String> {
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    parts
        .map(|part| {
            let pair = part.split_once('=').map(|(name, file)| (name.trim(), file.trim()));
            pair.filter(|(name, file)| !name.is_empty() && !file.is_empty())
                .ok_or_else(|| format!("expected `name=file`, found `{part}`"))
        })
        .collect()
}

/// `minimise kl, maximise accuracy` as (direction, metric).
///
/// # Errors
/// What was expected.
pub(crate) fn objectives(text: &str) -> Result<Vec<(&str, &str)>, String> {
    let found: Result<Vec<_>, String> = text
        .split(',')
        .map(|part| match part.split_whitespace().collect::<Vec<_>>()[..] {
            [word @ ("minimise" | "maximise"), metric] => Ok((word, metric)),
            _ => Err(format!("expected `minimise METRIC` or `maximise METRIC`, found `{}`", part.trim())),
        })
        .collect();
    found
}

/// What is wrong with a field on its own.
pub(crate) fn fault(field: &Field) -> Option<String> {
    let empty = field.text.trim().is_empty();
    match (&field.kind, field.path.as_str()) {
        (_, "task.elsewhere") => pairs(&field.text).err(),
        (_, "objectives") => objectives(&field.text).err(),
        (Kind::Value(kind), _) => value(kind, &field.text).err(),
        (Kind::Text(_) | Kind::Named(_), "model") if empty => Some("choose a model".to_owned()),
        (Kind::Text(_) | Kind::Named(_), "technique.name") if empty => Some("choose a technique".to_owned()),
        _ if empty => Some("needs a value".to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_become_values_or_say_what_was_expected() {
        let int = OptionKind::Int { min: 1, max: 8 };
        assert_eq!(value(&int, " 4 "), Ok(Setting::Int(4)));
        assert_eq!(value(&int, "9"), Err("expected a whole number from 1 to 8".into()));
        let ints = OptionKind::Ints { min: 1, max: 16 };
        assert_eq!(value(&ints, "[2, 4 8]"), Ok(Setting::Ints(vec![2, 4, 8])));
        assert!(value(&ints, "").is_err());
        assert_eq!(pairs("a=b.txt, c = d.txt"), Ok(vec![("a", "b.txt"), ("c", "d.txt")]));
        assert!(pairs("a").is_err());
        assert_eq!(objectives("minimise kl, maximise x"), Ok(vec![("minimise", "kl"), ("maximise", "x")]));
        assert!(objectives("kl").is_err());
    }
}
