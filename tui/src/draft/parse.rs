//! Typed text to values, with the same words for errors that a profile gets.

use std::collections::BTreeMap;

use attune_core::options::{OptionKind, OptionValue};
use attune_core::profile::command_of;

use super::named::TECHNIQUE;
use super::{Field, Kind};

/// The value of a field of an option's kind.
///
/// # Errors
/// What was expected.
pub(crate) fn value(kind: &OptionKind, text: &str) -> Result<OptionValue, String> {
    let whole_text = text;
    let text = text.trim();
    let expected = || format!("expected {kind}");
    match kind {
        OptionKind::Bool => text.parse().map(OptionValue::Bool).map_err(|_| expected()),
        OptionKind::Int { min, max } => match text.parse() {
            Ok(number) if (*min..=*max).contains(&number) => Ok(OptionValue::Int(number)),
            _ => Err(expected()),
        },
        OptionKind::Real { min, max } => match text.parse() {
            Ok(number) if (*min..=*max).contains(&number) => Ok(OptionValue::Real(number)),
            _ => Err(expected()),
        },
        OptionKind::OneOf(words) => {
            // Quotes stand there where an option was described after it was typed.
            let word = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(text);
            let known = words.iter().any(|known| known == word);
            if known { Ok(OptionValue::Text(word.to_owned())) } else { Err(expected()) }
        }
        OptionKind::Ints { min, max } => {
            let text = text.trim_start_matches('[').trim_end_matches(']');
            let numbers: Option<Vec<i64>> = text
                .split(|c: char| c == ',' || c.is_whitespace())
                .filter(|word| !word.is_empty())
                .map(|word| word.parse().ok().filter(|number| (*min..=*max).contains(number)))
                .collect();
            numbers.filter(|numbers| !numbers.is_empty()).map(OptionValue::Ints).ok_or_else(expected)
        }
        OptionKind::Counts { min, max, of } => {
            // Braces and colons stand there where an option was described after it was typed.
            let text = text.trim_start_matches('{').trim_end_matches('}').replace(':', "=");
            counts(&text, of, *min, *max).map(OptionValue::Counts)
        }
        // With the spaces that it may begin and end with.
        OptionKind::Folder => Ok(OptionValue::Text(whole_text.to_owned())),
        OptionKind::Text => Ok(OptionValue::Text(whole_text.to_owned())),
    }
}

/// `name=file` pairs; a part with a comma, an equals sign or a quote in it stands in quotes.
///
/// # Errors
/// What was expected.
pub(crate) fn pairs(text: &str) -> Result<Vec<(String, String)>, String> {
    let parts = split(text, ',').into_iter().map(str::trim).filter(|part| !part.is_empty());
    parts
        .map(|part| match split(part, '=')[..] {
            [name, file] if !unquoted(name).is_empty() && !unquoted(file).is_empty() => {
                Ok((unquoted(name), unquoted(file)))
            }
            _ => Err(format!("expected `name=file`, found `{part}`")),
        })
        .collect()
}

/// `tokens=items` pairs of whole numbers from `min` to `max` and from 1, no number of tokens twice.
fn counts(text: &str, of: &str, min: u32, max: u32) -> Result<BTreeMap<u32, u32>, String> {
    let mut counts = BTreeMap::new();
    for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        let numbers = part.split_once('=').and_then(|(tokens, items)| {
            let tokens: u32 = tokens.trim().parse().ok().filter(|tokens| (min..=max).contains(tokens))?;
            Some((tokens, items.trim().parse().ok().filter(|items| *items >= 1)?))
        });
        let (tokens, items) =
            numbers.ok_or_else(|| format!("expected `{of}=items` in whole numbers, found `{part}`"))?;
        if counts.insert(tokens, items).is_some() {
            return Err(format!("{tokens} {of} are there twice"));
        }
    }
    Ok(counts)
}

/// What [`pairs`] reads as this text.
pub(crate) fn quoted(text: &str) -> String {
    let plain = !text.is_empty() && text.trim() == text && !text.contains([',', '=', '"']);
    if plain { text.to_owned() } else { format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")) }
}

fn unquoted(text: &str) -> String {
    let text = text.trim();
    let Some(inner) = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else {
        return text.to_owned();
    };
    let mut plain = String::new();
    let mut letters = inner.chars();
    while let Some(letter) = letters.next() {
        plain.extend(if letter == '\\' { letters.next() } else { Some(letter) });
    }
    plain
}

/// The parts of a text between separators that are not in quotes.
fn split(text: &str, separator: char) -> Vec<&str> {
    let (mut parts, mut begin, mut inside, mut escaped) = (Vec::new(), 0, false, false);
    for (at, letter) in text.char_indices() {
        match letter {
            _ if escaped => escaped = false,
            '\\' if inside => escaped = true,
            '"' => inside = !inside,
            _ if letter == separator && !inside => {
                parts.push(&text[begin..at]);
                begin = at + letter.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(&text[begin..]);
    parts
}

/// A number of a [`Kind::Whole`].
fn whole(text: &str, min: u64, max: u64) -> Option<u64> {
    text.trim().parse().ok().filter(|number| (min..=max).contains(number))
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
    match &field.kind {
        _ if empty && field.optional => None,
        Kind::Command => command_of(&field.text).err(),
        Kind::Files => pairs(&field.text).err(),
        Kind::Objectives => objectives(&field.text).err(),
        Kind::Whole(min, max) => {
            whole(&field.text, *min, *max).is_none().then(|| format!("expected {}", field.takes()))
        }
        Kind::Value(_) if empty && field.is_path => Some("needs a value".to_owned()),
        Kind::Value(kind) => value(kind, &field.text).err(),
        Kind::Undescribed => None,
        Kind::Text(_) | Kind::Named(_) if !empty => None,
        Kind::Text(_) | Kind::Named(_) => Some(match field.path.as_str() {
            "model" => "choose a model".to_owned(),
            TECHNIQUE => "choose a technique".to_owned(),
            _ => "needs a value".to_owned(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_become_values_or_say_what_was_expected() {
        let int = OptionKind::Int { min: 1, max: 8 };
        assert_eq!(value(&int, " 4 "), Ok(OptionValue::Int(4)));
        assert_eq!(value(&int, "9"), Err("expected a whole number from 1 to 8".into()));
        let ints = OptionKind::Ints { min: 1, max: 16 };
        assert_eq!(value(&ints, "[2, 4 8]"), Ok(OptionValue::Ints(vec![2, 4, 8])));
        assert!(value(&ints, "").is_err());
        let pair = |name: &str, file: &str| (name.to_owned(), file.to_owned());
        assert_eq!(pairs("a=b.txt, c = d.txt"), Ok(vec![pair("a", "b.txt"), pair("c", "d.txt")]));
        let odd = format!("{}={}", quoted("a=b"), quoted("c, \"d\".txt"));
        assert_eq!(pairs(&odd), Ok(vec![pair("a=b", "c, \"d\".txt")]));
        assert!(pairs("a").is_err() && pairs("a=").is_err());
        let counts = OptionKind::Counts { min: 2, max: u32::MAX, of: "tokens".into() };
        let expected = OptionValue::Counts([(512, 8), (1024, 4)].into());
        assert_eq!(value(&counts, "1024=4, 512 = 8,"), Ok(expected.clone()));
        assert_eq!(value(&counts, "{1024: 4, 512: 8}"), Ok(expected));
        let wrong = ["1024", "1=4", "64=0", "64=x", "64=1, 64=2"];
        assert!(wrong.iter().all(|text| value(&counts, text).is_err()));
        assert_eq!(objectives("minimise kl, maximise x"), Ok(vec![("minimise", "kl"), ("maximise", "x")]));
        assert!(objectives("kl").is_err());
    }
}
