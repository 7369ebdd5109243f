//! Schemas as the sections of `docs/edits.md` begin.

use attune_core::plan::{Argument, ArgumentKind, EditSchema, Requirement};

/// How the section on an edit begins: what it does, and its arguments as a Markdown table.
pub fn opening(schema: &EditSchema) -> String {
    let rows = schema.arguments.iter().map(|argument| {
        let Argument { name, help, absent, .. } = argument;
        let (optional, absent) = match absent {
            Some(meaning) => (", may be absent", format!("; absent: {meaning}")),
            None => ("", String::new()),
        };
        format!("| `{name}` | {}{optional} | {help}{absent} |\n", kind(&argument.kind))
    });
    format!(
        "{}\n\n| argument | type | meaning |\n| --- | --- | --- |\n{}{}",
        schema.summary,
        rows.collect::<String>(),
        requirements(schema)
    )
}

/// What the values of arguments ask of each other, as a second table; nothing where they ask nothing.
fn requirements(schema: &EditSchema) -> String {
    let mut rows: Vec<(String, Vec<String>)> = Vec::new();
    for Requirement { argument, values, when } in &schema.requires {
        let values = values.iter().map(i64::to_string).collect::<Vec<_>>().join(", ");
        let (when, asked) = (when.to_string(), format!("`{argument}` {values}"));
        match rows.iter_mut().find(|(known, _)| *known == when) {
            Some((_, all)) => all.push(asked),
            None => rows.push((when, vec![asked])),
        }
    }
    if rows.is_empty() {
        return String::new();
    }
    let rows = rows.iter().map(|(when, asked)| format!("| {when} | {} |\n", asked.join("; ")));
    format!("\n| where | these alone |\n| --- | --- |\n{}", rows.collect::<String>())
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
        ArgumentKind::Ints { min, max, .. } => format!("whole numbers in order, {min} to {max}"),
        ArgumentKind::Reals => "reals".to_owned(),
        ArgumentKind::Matrix { rows } => format!("reals, `{rows}` rows"),
        ArgumentKind::Word(words) => list(words.iter().map(|word| format!("`{word}`")).collect()),
    }
}
