//! The profile as a person would write it: commented, in the schema's order, and silent about what has its default value.

use std::fmt::Write as _;

use attune_core::options::OptionValue;
use attune_core::profile::command_of;
use attune_core::profile::schema::{self, Key, Kind as KeyKind, Silence};

use super::{Draft, Field, Kind, parse};

/// The whole file.
pub(crate) fn write(draft: &Draft) -> String {
    let mut lines: Vec<String> = wrapped(&draft.summary, 100).map(|words| format!("// {words}")).collect();
    lines.extend(["// Paths are relative to this file.", "(", "    version: 1,"].map(str::to_owned));
    let mut groups: Vec<&str> = Vec::new();
    for key in schema::keys() {
        match key.parts().0 {
            "" => lines.extend(top(draft, key)),
            group if groups.contains(&group) => {}
            group => {
                groups.push(group);
                lines.extend(grouped(draft, group));
            }
        }
    }
    lines.push(")".to_owned());
    lines.into_iter().fold(String::new(), |mut text, line| {
        let written = writeln!(text, "{line}");
        debug_assert!(written.is_ok(), "writing to a string does not fail");
        text
    })
}

/// A key that stands in no group.
fn top(draft: &Draft, key: &Key) -> Vec<String> {
    let Some(value) = value(draft, key) else { return Vec::new() };
    let comment = match (key.path, draft.task.as_ref().and_then(|task| task.size.as_ref())) {
        ("items", Some(size)) => {
            let each = draft.text(&format!("task.{}", size.option)).trim();
            format!("Items that score a trial: {value} × {each} {}.", size.unit)
        }
        _ => key.field.comment.to_owned(),
    };
    let comment = wrapped(&comment, 110).map(|words| format!("    // {words}"));
    comment.chain([format!("    {}: {value},", key.path)]).collect()
}

/// A group: in one line when it is short, else a key a line.
fn grouped(draft: &Draft, group: &str) -> Vec<String> {
    let keys: Vec<&Key> = schema::keys().iter().filter(|key| key.parts().0 == group).collect();
    let bringing: Vec<&&Key> = keys.iter().filter(|key| key.brings().is_some()).collect();
    let off = |key: &&&Key| field(draft, key.path).is_none_or(Field::is_off);
    if !bringing.is_empty() && bringing.iter().all(off) {
        return Vec::new();
    }
    let said = keys.iter().filter_map(|key| Some((*key, value(draft, key)?)));
    let said: Vec<(&Key, String)> = said.collect();
    let open: Vec<String> =
        keys.iter().filter(|key| key.kind.is_open()).flat_map(|key| options(draft, key)).collect();
    if open.is_empty() && !keys.iter().any(|key| key.kind == KeyKind::Settings) {
        let inside: Vec<String> =
            said.iter().map(|(key, value)| format!("{}: {value}", key.parts().1)).collect();
        let comment = said.first().map_or("", |(key, _)| key.field.comment);
        let comment = wrapped(comment, 110).map(|words| format!("    // {words}"));
        return comment.chain([format!("    {group}: ({}),", inside.join(", "))]).collect();
    }
    let mut lines = vec![format!("    {group}: (")];
    for (key, value) in said {
        lines.extend(wrapped(key.field.comment, 100).map(|words| format!("        // {words}")));
        lines.push(format!("        {}: {value},", key.parts().1));
    }
    lines.extend(open);
    lines.push("    ),".to_owned());
    lines
}

/// The value of a key as RON; `None` when the profile need not say it.
fn value(draft: &Draft, key: &Key) -> Option<String> {
    let field = field(draft, key.path)?;
    let text = field.text.trim();
    let silent = text.is_empty() && matches!(key.silence, Silence::Means(_));
    let usual = key.field.quiet && text == field.default.trim();
    let first = key.path == super::fields::TASK && draft.silent_task.as_deref() == Some(text);
    if silent || usual || first || key.kind.is_open() {
        return None;
    }
    Some(match &field.kind {
        Kind::Whole(..) => text.to_owned(),
        Kind::Command => command_of(text).map_or_else(|_| text.to_owned(), |words| format!("{words:?}")),
        Kind::Files => {
            let files = parse::pairs(text).unwrap_or_default();
            let files = files.iter().map(|(name, file)| format!("            {name:?}: {file:?},\n"));
            format!("{{\n{}        }}", files.collect::<String>())
        }
        Kind::Objectives => {
            let objectives = parse::objectives(text).unwrap_or_default();
            let objectives = objectives
                .iter()
                .map(|(direction, metric)| format!("(metric: {metric:?}, direction: {direction})"));
            format!("[{}]", objectives.collect::<Vec<_>>().join(", "))
        }
        Kind::Value(kind) if !matches!(key.kind, KeyKind::Text | KeyKind::Component) => {
            parse::value(kind, text).map_or_else(|_| text.to_owned(), |value| value.to_string())
        }
        _ => format!("{:?}", field.text),
    })
}

/// The options that stand in the place of a key, each under its help: of a task those that say something, of others those that
/// differ from their defaults.
fn options(draft: &Draft, key: &Key) -> Vec<String> {
    let settings = key.kind == KeyKind::Settings;
    let prefix = format!("{}.", key.path);
    let given = draft.fields.iter().filter_map(|field| {
        let name = field.path.strip_prefix(&prefix).filter(|_| schema::key(&field.path).is_none())?;
        let value = ron(field)?;
        let empty = matches!(&value, Ok(value) if value.counts_nothing());
        let usual = !settings && field.text.trim() == field.default;
        let said = !(usual || (settings && empty));
        said.then(|| (name, field, value.map_or_else(|raw| raw, |value| value.to_string())))
    });
    let (indent, most) = if settings { ("        ", 100) } else { ("            ", 90) };
    let mut lines = Vec::new();
    for (name, field, value) in given {
        let help = match (&field.kind, settings) {
            (Kind::Undescribed, _) => String::new(),
            (_, true) => field.help.clone(),
            (_, false) => format!("{}: {}", field.help, field.takes()),
        };
        lines.extend(wrapped(&help, most).map(|words| format!("{indent}// {words}")));
        let name = if settings { name.to_owned() } else { format!("{name:?}") };
        lines.push(format!("{indent}{name}: {value},"));
    }
    if settings || lines.is_empty() {
        return lines;
    }
    [vec!["        options: {".to_owned()], lines, vec!["        },".to_owned()]].concat()
}

fn field<'a>(draft: &'a Draft, path: &str) -> Option<&'a Field> {
    draft.fields.iter().find(|field| field.path == path)
}

/// The value of an option, or its text where that is the profile's own.
fn ron(field: &Field) -> Option<Result<OptionValue, String>> {
    match &field.kind {
        Kind::Value(kind) => parse::value(kind, &field.text).ok().map(Ok),
        Kind::Undescribed => Some(Err(field.text.clone())),
        _ => Some(Err(format!("{:?}", field.text))),
    }
}

fn wrapped(text: &str, width: usize) -> impl Iterator<Item = String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines.into_iter()
}
