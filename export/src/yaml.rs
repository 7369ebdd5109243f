//! YAML of a JSON value, in blocks: what tools of people read, and people change.
//!
//! Texts are JSON's, in quotes, which YAML takes as they are. Numbers are such that every reader knows them as numbers: PyYAML takes
//! `1e-7` for a text.

use serde_json::Value;

/// The document.
pub(crate) fn document(value: &Value) -> String {
    let mut text = String::new();
    block(&mut text, value, 0);
    text
}

/// A value in lines of its own, `depth` steps in.
fn block(text: &mut String, value: &Value, depth: usize) {
    let indent = "  ".repeat(depth);
    match value {
        Value::Object(entries) if !entries.is_empty() => {
            for (key, value) in entries {
                text.push_str(&format!("{indent}{}:", key_of(key)));
                after(text, value, depth + 1);
            }
        }
        Value::Array(values) if !values.is_empty() => {
            for value in values {
                // The first entry of an object stands beside its dash.
                let mut inner = String::new();
                if is_block(value) {
                    block(&mut inner, value, depth + 1);
                    text.push_str(&format!("{indent}- {}", inner.trim_start()));
                } else {
                    text.push_str(&format!("{indent}- {}\n", scalar(value)));
                }
            }
        }
        plain => text.push_str(&format!("{indent}{}\n", scalar(plain))),
    }
}

/// A value behind its key.
fn after(text: &mut String, value: &Value, depth: usize) {
    if is_block(value) {
        text.push('\n');
        block(text, value, depth);
    } else {
        text.push_str(&format!(" {}\n", scalar(value)));
    }
}

fn is_block(value: &Value) -> bool {
    match value {
        Value::Object(entries) => !entries.is_empty(),
        Value::Array(values) => !values.is_empty(),
        _ => false,
    }
}

fn scalar(value: &Value) -> String {
    match value {
        Value::Number(number) if number.is_f64() => real(number.as_f64().unwrap_or_default()),
        other => other.to_string(),
    }
}

fn real(value: f64) -> String {
    let text = format!("{value:?}");
    let Some((digits, exponent)) = text.split_once('e') else { return text };
    let digits = if digits.contains('.') { digits.to_owned() } else { format!("{digits}.0") };
    let sign = if exponent.starts_with('-') { "" } else { "+" };
    format!("{digits}e{sign}{exponent}")
}

/// A key without quotes where it is a plain word.
fn key_of(key: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let is_word = key.starts_with(|letter: char| letter.is_ascii_alphabetic()) && key.chars().all(plain);
    // Words that are no texts in YAML 1.1.
    let other = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"].contains(&&*key.to_lowercase());
    if is_word && !other { key.to_owned() } else { Value::from(key).to_string() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn blocks_are_indented_and_numbers_are_numbers() {
        let value = json!({"a": 1, "b": {"c": [1e-7, -0.25, 2, "x: y"], "d": []}, "e.f": [{"g": null, "h": {}}, [true]], "no": 1e21});
        let expected = "a: 1\nb:\n  c:\n    - 1.0e-7\n    - -0.25\n    - 2\n    - \"x: y\"\n  d: []\n\"e.f\":\n  - g: null\n    h: {}\n  \
                        - - true\n\"no\": 1.0e+21\n";
        assert_eq!(document(&value), expected);
    }
}
