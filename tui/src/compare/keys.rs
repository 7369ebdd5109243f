//! The keys of a profile with their values, to see where two profiles differ.

use std::collections::BTreeMap;

/// Every key of a profile in its canonical text, nested ones joined by dots, and its value as it is written.
pub(crate) fn of(profile: &str) -> BTreeMap<String, String> {
    let mut keys = BTreeMap::new();
    collect(profile.trim(), "", &mut keys);
    keys
}

fn collect(text: &str, path: &str, keys: &mut BTreeMap<String, String>) {
    let inner = [('(', ')'), ('{', '}')]
        .into_iter()
        .find_map(|(open, close)| text.strip_prefix(open)?.strip_suffix(close));
    let entries: Vec<(&str, &str)> = inner.map(entries).unwrap_or_default();
    if entries.is_empty() {
        keys.insert(path.to_owned(), text.to_owned());
        return;
    }
    for (key, value) in entries {
        let key = key.trim().trim_matches('"');
        let path = if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
        collect(value.trim(), &path, keys);
    }
}

/// `key: value` pairs at the top level of a text; nothing when one of its parts is no pair.
fn entries(text: &str) -> Vec<(&str, &str)> {
    let parts = split(text, ',').into_iter().filter(|part| !part.trim().is_empty());
    let pairs: Option<Vec<(&str, &str)>> = parts
        .map(|part| {
            let key = split(part, ':').first()?.len();
            Some((part.get(..key)?, part.get(key + 1..)?))
        })
        .collect();
    pairs.unwrap_or_default()
}

/// The parts of a text between separators that are in no string and in no bracket.
fn split(text: &str, separator: char) -> Vec<&str> {
    let (mut parts, mut begun, mut depth, mut quoted, mut escaped) = (Vec::new(), 0, 0_u32, false, false);
    for (at, character) in text.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ if quoted => {}
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ if character == separator && depth == 0 => {
                parts.push(&text[begun..at]);
                begun = at + character.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(&text[begun..]);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_keys_are_paths() {
        let text = "(\n    version: 1,\n    technique: (name: \"a, (b\", options: {\"keep: 4\": [1, 2], \"x\": 2}),\n    \
                    objectives: [(metric: \"kl\", direction: minimise)],\n)\n";
        let keys = of(text);
        let table = [
            ("version", "1"),
            ("technique.name", "\"a, (b\""),
            ("technique.options.keep: 4", "[1, 2]"),
            ("technique.options.x", "2"),
            ("objectives", "[(metric: \"kl\", direction: minimise)]"),
        ];
        assert_eq!(keys.len(), table.len());
        for (key, value) in table {
            assert_eq!(keys.get(key).map(String::as_str), Some(value), "{key}");
        }
    }
}
