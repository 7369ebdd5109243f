//! How Python writes values: what a template prints of them.

use minijinja::Value;
use minijinja::value::ValueKind;

/// `repr(value)`; a string is written by itself where a template prints it.
pub(super) fn repr(value: &Value) -> String {
    match value.kind() {
        ValueKind::String => text(value.as_str().unwrap_or_default()),
        ValueKind::Number if !value.is_integer() => {
            f64::try_from(value.clone()).map_or_else(|_| value.to_string(), float)
        }
        ValueKind::Seq => format!("[{}]", each(value, |item| repr(&item))),
        ValueKind::Map => {
            let entry = |key: Value| {
                let inner = value.get_item(&key).unwrap_or_default();
                format!("{}: {}", repr(&key), repr(&inner))
            };
            format!("{{{}}}", each(value, entry))
        }
        _ => value.to_string(),
    }
}

fn each(value: &Value, write: impl Fn(Value) -> String) -> String {
    value.try_iter().map_or_else(|_| String::new(), |items| items.map(write).collect::<Vec<_>>().join(", "))
}

/// The shortest digits that are this number: with an exponent below 1e-4 and from 1e16 on.
pub(super) fn float(value: f64) -> String {
    if value.is_nan() {
        return "nan".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    let size = value.abs();
    if size != 0.0 && !(1e-4..1e16).contains(&size) {
        let digits = format!("{value:e}");
        let (digits, exponent) = digits.split_once('e').unwrap_or((&digits, "0"));
        let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |rest| ('-', rest));
        return format!("{digits}e{sign}{exponent:0>2}");
    }
    // Unlike `{}`, this writes the point of a whole number.
    format!("{value:?}")
}

/// Single quotes, unless there are such and no double ones.
fn text(value: &str) -> String {
    let quote = if value.contains('\'') && !value.contains('"') { '"' } else { '\'' };
    let mut written = String::from(quote);
    for character in value.chars() {
        match character {
            '\\' => written.push_str("\\\\"),
            '\n' => written.push_str("\\n"),
            '\r' => written.push_str("\\r"),
            '\t' => written.push_str("\\t"),
            c if c == quote => written.extend(['\\', c]),
            c if (c as u32) < 0x20 || (0x7f..0xa1).contains(&(c as u32)) || c == '\u{ad}' => {
                written.push_str(&format!("\\x{:02x}", c as u32));
            }
            c => written.push(c),
        }
    }
    written.push(quote);
    written
}
