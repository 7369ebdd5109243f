//! The schema as a page for people: `docs/profile.md`.

use std::fmt::Write as _;

use super::super::{Profile, Value};
use super::{GROUPS, Group, Key, Kind, Presence, Silence, group, keys};
use crate::evaluator::{TaskOption, TaskSpec};
use crate::options::{OptionKind, OptionValue};

/// What stands above each table.
const COLUMNS: &str =
    "| key | takes | unit | default | what it does | example |\n| --- | --- | --- | --- | --- | --- |\n";

/// The page on profiles, with the options of `tasks`.
pub fn reference(tasks: &[TaskSpec]) -> String {
    let mut page = format!(
        "# The profile\n\nA study in one file, as [RON](https://github.com/ron-rs/ron): keys and values in parentheses, comments after \
         `//`. Paths are relative to the file. This is all that has to be said:\n\n```ron\n{}```\n\n\
         `--set KEY=VALUE` gives a key another value for one run. A key of a group is written with a dot \
         (`--set racing.first=8`), an option with its name (`--set technique.options.keep=2`). Texts are taken as they are, \
         everything else is written as in the file.\n\nThis page is made from the schema that also parses profiles \
         (`ATTUNE_REWRITE_DOCS=1 cargo test -p attune page` writes it anew).\n\n## At the top\n\n\
         | key | takes | unit | default | what it does | example |\n| --- | --- | --- | --- | --- | --- |\n\
         | `version` | 1 | | must be there | The version of this format. | `version: 1` |\n",
        least()
    );
    rows(&mut page, "");
    for Group { name, help, presence } in GROUPS {
        let absent = match presence {
            Presence::Always => "",
            Presence::WhenNamed => " The whole group may be left out.",
        };
        line(&mut page, &format!("\n## `{name}`\n\n{help}{absent}\n\n{COLUMNS}"));
        rows(&mut page, name);
        if *name == "task" {
            tasks.iter().for_each(|task| options(&mut page, task));
        }
    }
    page
}

fn line(page: &mut String, text: &str) {
    let written = page.write_str(text);
    debug_assert!(written.is_ok(), "writing to a string does not fail");
}

/// A profile that says what has to be said.
fn least() -> String {
    let asked = |key: &Key| {
        let always = group(key.parts().0).is_none_or(|group| group.presence == Presence::Always);
        always && key.silence == Silence::Refused
    };
    let mut profile = Profile::default();
    for key in keys().iter().filter(|key| asked(key)) {
        if let Ok(example) = key.kind.read(key.example) {
            (key.put)(&mut profile, example);
        }
    }
    profile.written("version", |key, _| asked(key))
}

/// The keys of a group, in a profile's order.
fn rows(page: &mut String, group: &str) {
    for key in keys().iter().filter(|key| key.parts().0 == group) {
        let name = if key.kind == Kind::Settings { "NAME" } else { key.parts().1 };
        let default = match key.silence {
            Silence::Refused => "must be there".to_owned(),
            Silence::Default(text) => {
                format!("`{}`", key.kind.read(text).map_or(text.to_owned(), |value| value.ron()))
            }
            Silence::Means(what) => what.to_owned(),
        };
        row(page, [name, &key.kind.to_string(), key.unit, &default, key.help, &example(key, name)]);
    }
}

/// How the example stands in a file.
fn example(key: &Key, name: &str) -> String {
    match key.kind.read(key.example) {
        Ok(Value::Options(_)) | Err(_) => format!("{name}: {}", key.example),
        Ok(value) => format!("{name}: {}", value.ron()),
    }
}

/// The options of a task.
fn options(page: &mut String, task: &TaskSpec) {
    let TaskSpec { name, summary, data, .. } = task;
    line(
        page,
        &format!("\n### Of a task of kind `{name}`\n\n{summary} Its data are .{data} files.\n\n{COLUMNS}"),
    );
    for TaskOption { spec, .. } in &task.options {
        let default = match spec.accept(&spec.default) {
            Some(default) if default.counts_nothing() => "none".to_owned(),
            Some(default) => format!("`{default}`"),
            None => "must be there".to_owned(),
        };
        let size = task.size.as_ref().filter(|size| size.option == spec.name);
        let unit = match (&spec.kind, size) {
            (_, Some(size)) => size.unit.as_str(),
            (OptionKind::Counts { of, .. }, None) => of.as_str(),
            _ => "",
        };
        let example = match &spec.kind {
            OptionKind::Counts { min, max, .. } => {
                OptionValue::Counts([(512.clamp(*min, *max), 4)].into()).to_string()
            }
            OptionKind::Folder => format!("{:?}", format!("../{}", spec.name)),
            OptionKind::Text => "\"a text\"".to_owned(),
            OptionKind::OneOf(words) => format!("{:?}", words.last().map_or("", String::as_str)),
            _ => spec.default.to_string(),
        };
        let example = format!("{}: {example}", spec.name);
        row(page, [&spec.name, &spec.kind.to_string(), unit, &default, &spec.help, &example]);
    }
}

fn row(page: &mut String, [name, takes, unit, default, help, example]: [&str; 6]) {
    // A bar in a cell would end it.
    let cell = |text: &str| text.replace('|', "\\|");
    line(
        page,
        &format!(
            "| `{name}` | {} | {} | {} | {} | `{}` |\n",
            cell(takes),
            cell(unit),
            cell(default),
            cell(help),
            cell(example)
        ),
    );
}
