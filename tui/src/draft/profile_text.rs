//! The profile as a person would write it: commented, in the order of the shipped ones, and silent about
//! what has its default value.

use std::fmt::Write as _;

use super::{Draft, Field, Kind, fields, parse};

/// The whole file.
pub(crate) fn write(draft: &Draft) -> String {
    let mut text = String::new();
    let mut line = |content: String| {
        let written = writeln!(text, "{content}");
        debug_assert!(written.is_ok(), "writing to a string does not fail");
    };
    let value = |path: &str| draft.text(path).trim();
    let quoted = |path: &str| format!("{:?}", draft.text(path));
    for words in wrapped(&draft.summary, 100) {
        line(format!("// {words}"));
    }
    line("// Paths are relative to this file.".to_owned());
    line("(".to_owned());
    line("    version: 1,".to_owned());
    line(format!("    name: {},", quoted("name")));
    line(format!("    model: {},", quoted("model")));
    choice(draft, "technique", &mut line);
    line("    task: (".to_owned());
    let images = value(fields::TASK) == "images";
    if images {
        line("        kind: \"images\",".to_owned());
    }
    line(
        "        // The search tunes on `selection`; the table is made on `report`, which it never sees."
            .to_owned(),
    );
    line(format!("        selection: {},", quoted("task.selection")));
    line(format!("        report: {},", quoted("task.report")));
    let elsewhere = parse::pairs(value("task.elsewhere")).unwrap_or_default();
    if !elsewhere.is_empty() {
        line("        // What the tuning costs on other text.".to_owned());
        line("        elsewhere: {".to_owned());
        for (name, file) in elsewhere {
            line(format!("            {name:?}: {file:?},"));
        }
        line("        },".to_owned());
    }
    if images {
        line("        // Its features stand for what an image shows.".to_owned());
        line(format!("        classifier: {},", quoted("task.classifier")));
        line("        // Images per item.".to_owned());
        line(format!("        samples: {},", value("task.samples")));
    } else {
        line("        // Tokens per item.".to_owned());
        line(format!("        length: {},", value("task.length")));
        for (path, key, comment) in [
            ("task.lengths", "lengths", "Also reported: so many items of so many tokens of the report text."),
            (
                "task.passkeys",
                "passkeys",
                "Also reported: so many items of so many tokens that hide a pass key.",
            ),
        ] {
            let counts = parse::counts(value(path)).unwrap_or_default();
            if !counts.is_empty() {
                let counts: Vec<String> =
                    counts.iter().map(|(tokens, items)| format!("{tokens}: {items}")).collect();
                line(format!("        // {comment}"));
                line(format!("        {key}: {{{}}},", counts.join(", ")));
            }
        }
    }
    line("    ),".to_owned());
    let objectives = parse::objectives(value("objectives")).unwrap_or_default();
    let objectives: Vec<String> = objectives
        .iter()
        .map(|(direction, metric)| format!("(metric: {metric:?}, direction: {direction})"))
        .collect();
    line(format!("    objectives: [{}],", objectives.join(", ")));
    choice(draft, "strategy", &mut line);
    if !value(fields::START).is_empty() {
        let trial = value(fields::START_TRIAL);
        let trial = if trial.is_empty() { String::new() } else { format!(", trial: {trial}") };
        line("    // The search starts from this as well.".to_owned());
        line(format!("    start: (study: {}{trial}),", quoted(fields::START)));
    }
    line(format!("    trials: {},", value("trials")));
    let (size, of) = if images { ("task.samples", "images") } else { ("task.length", "tokens") };
    line(format!("    // Items that score a trial: {} × {} {of}.", value("items"), value(size)));
    line(format!("    items: {},", value("items")));
    racing(draft, &mut line);
    if value("deadline_seconds") != "600" {
        line(format!("    deadline_seconds: {},", value("deadline_seconds")));
    }
    line(format!("    seed: {},", value("seed")));
    line(format!("    report: (items: {}, random: {}),", value("report.items"), value("report.random")));
    line(")".to_owned());
    text
}

/// Races, when there are any.
fn racing(draft: &Draft, line: &mut impl FnMut(String)) {
    let first = draft.text(fields::RACING).trim();
    if matches!(first, "" | "0") {
        return;
    }
    let mut parts = vec![format!("first: {first}")];
    for (path, key) in [("racing.error", "error"), ("racing.floor", "floor"), ("racing.keep", "keep")] {
        let field = draft.fields.iter().find(|field| field.path == path);
        // A file that somebody would write does not say what is so anyway.
        let field = field.filter(|field| path != "racing.keep" || field.text.trim() != field.default);
        parts.extend(field.and_then(|field| Some(format!("{key}: {}", ron(field)?))));
    }
    line(
        "    // A trial that cannot win any more is dropped after so many items, twice as many, and so on."
            .to_owned(),
    );
    line(format!("    racing: ({}),", parts.join(", ")));
}

/// A name with the options that differ from their defaults, each under its help text.
fn choice(draft: &Draft, owner: &str, line: &mut impl FnMut(String)) {
    let prefix = format!("{owner}.options.");
    let given = draft.fields.iter().filter_map(|field| {
        let name = field.path.strip_prefix(&prefix)?;
        Some((name, field, ron(field)?))
    });
    let given: Vec<(&str, &Field, String)> =
        given.filter(|(_, field, _)| field.text.trim() != field.default).collect();
    let name = draft.text(&format!("{owner}.name"));
    if given.is_empty() {
        line(format!("    {owner}: (name: {name:?}),"));
        return;
    }
    line(format!("    {owner}: ("));
    line(format!("        name: {name:?},"));
    line("        options: {".to_owned());
    for (option, field, value) in given {
        let described = field.kind != Kind::Undescribed;
        let help = if described { format!("{}: {}", field.help, field.takes()) } else { String::new() };
        for words in wrapped(&help, 90) {
            line(format!("            // {words}"));
        }
        line(format!("            {option:?}: {value},"));
    }
    line("        },".to_owned());
    line("    ),".to_owned());
}

/// The value of an option as RON.
fn ron(field: &Field) -> Option<String> {
    match &field.kind {
        Kind::Value(kind) => parse::value(kind, &field.text).ok().map(|value| value.to_string()),
        Kind::Undescribed => Some(field.text.clone()),
        _ => Some(format!("{:?}", field.text)),
    }
}

fn wrapped(text: &str, width: usize) -> Vec<String> {
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
    lines
}
