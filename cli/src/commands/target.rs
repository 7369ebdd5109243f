//! `attune target`.

use attune_export::description::{Description, Edits};
use serde_json::{Value as Json, json};
use unicode_width::UnicodeWidthStr as _;

use crate::args::TargetCommand;
use crate::error::CliError;
use crate::output;
use crate::view::sheet::Sheet;
use crate::view::target_json;

pub(crate) fn run(command: &TargetCommand) -> Result<(), CliError> {
    let all = attune_export::targets().iter().map(|target| target.description);
    match command {
        TargetCommand::List { json: true } => {
            let all: Vec<Json> = all.map(target_json::target).collect();
            output::json(&json!({ "targets": all }))
        }
        TargetCommand::List { json: false } => output::line(table(all, output::columns())),
        TargetCommand::Show { name, json } => {
            let target = attune_export::target(name).map_err(attune::Error::input)?.description;
            match json {
                true => output::json(&target_json::target(target)),
                false => output::line(description(target).trim_end()),
            }
        }
    }
}

/// Targets, who loads them and the edits that they take, in `columns` columns.
fn table(all: impl Iterator<Item = &'static Description>, columns: usize) -> String {
    let mut table =
        Sheet::with_text(["target", "loaded by", "edits that it takes"].map(str::to_owned).to_vec());
    for target in all {
        let engines: Vec<&str> = target.engines.iter().map(|engine| engine.name).collect();
        table.row(vec![target.name.to_owned(), engines.join("\n"), target.kind_words()]);
    }
    table.render(columns)
}

fn description(target: &Description) -> String {
    let mut text = format!("{}\n{}\n\n", target.name, target.summary);
    let mut fact = |key: &str, value: &str| text.push_str(&format!("{key:<12}{value}\n"));
    fact("loaded by", &target.engine_words());
    fact("checked by", target.check);
    if matches!(target.edits, Edits::These { .. }) {
        fact("allowed", &target.tolerance.words());
    }
    for verified in target.verified {
        fact("verified", &format!("{}: {} ({})", verified.when, verified.what, verified.how));
    }
    let Edits::These { takes, .. } = target.edits else {
        text.push_str("\nIt takes every edit, exactly.\n");
        return text;
    };
    text.push_str("\nEdits that it takes:\n");
    for takes in takes {
        text.push_str(&format!("  {}\n", takes.edit));
        let words = takes.words();
        let labels = words.iter().map(|(label, _)| label.width()).max().unwrap_or(0) + 2;
        text.extend(words.iter().map(|(label, words)| format!("      {label:<labels$}{words}\n")));
    }
    text.push_str("\nEdits that it refuses, by name:\n");
    text.extend(target.refused().iter().map(|(kind, why)| format!("  {kind}\n      {why}\n")));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_and_every_description_fit_a_terminal_of_80_columns() {
        let all = || attune_export::targets().iter().map(|target| target.description);
        let texts = all().map(description).chain([table(all(), 80)]);
        for text in texts.map(|text| output::on_terminal(&text, 80)) {
            assert!(text.lines().all(|line| line.width() <= 80), "{text}");
        }
        assert!(table(all(), 80).contains("keep-experts"));
    }

    #[test]
    fn a_description_says_levels_groups_and_why_not() {
        let mlx = description(attune_export::target("mlx").unwrap().description);
        for said in [
            "2, 3, 4, 5, 6, 8",
            "32, 64, 128 channels",
            "edits without `grid`",
            "the experts of a layer",
            "verified",
        ] {
            assert!(mlx.contains(said), "{said} is missing:\n{mlx}");
        }
        let hf = description(attune_export::target("hf").unwrap().description);
        assert!(
            hf.contains("no per-layer format of the KV cache") && hf.contains("rows with a single 1"),
            "{hf}"
        );
    }
}
