//! Schemas as the tables of `docs/edits.md`.

use attune_core::plan::{Argument, ArgumentKind, EditSchema};

/// The arguments of an edit as a Markdown table, with a line break at its end.
pub fn arguments(schema: &EditSchema) -> String {
    let rows = schema.arguments.iter().map(|argument| {
        let Argument { name, help, absent, .. } = argument;
        let (optional, absent) = match absent {
            Some(meaning) => (", may be absent", format!("; absent: {meaning}")),
            None => ("", String::new()),
        };
        format!("| `{name}` | {}{optional} | {help}{absent} |\n", kind(&argument.kind))
    });
    format!("| argument | type | meaning |\n| --- | --- | --- |\n{}", rows.collect::<String>())
}

fn kind(kind: &ArgumentKind) -> String {
    let list = |words: Vec<String>| words.join(", ");
    match kind {
        ArgumentKind::Int { min: 0, max } if *max == i64::from(u32::MAX) => "whole number".to_owned(),
        ArgumentKind::Int { min, max } => format!("whole number, {min} to {max}"),
        ArgumentKind::Level(levels) => list(levels.iter().map(i64::to_string).collect()),
        ArgumentKind::Real { min, max } if *min == f64::MIN && *max == f64::MAX => "real".to_owned(),
        ArgumentKind::Real { min, max } => format!("real, {min} to {max}"),
        ArgumentKind::Set { .. } => "whole numbers, each once".to_owned(),
        ArgumentKind::Reals => "reals".to_owned(),
        ArgumentKind::Matrix { rows } => format!("reals, `{rows}` rows"),
        ArgumentKind::Word(words) => list(words.iter().map(|word| format!("`{word}`")).collect()),
    }
}
