//! Targets as a page for people: `docs/targets.md`.

use std::fmt::Write as _;

use attune_core::technique::TechniqueInfo;

use crate::description::{Description, Edits};
use crate::targets::targets;

/// The page on targets: what becomes of the plans of each of `techniques`, by the kinds of edit that it says it emits, and what
/// each target takes.
pub fn page(techniques: &[TechniqueInfo]) -> String {
    let mut page = "# Targets\n\nA target is the engine, or the format, that a result is exported to. This page is made from the \
                    descriptions in `export/src/targets` and from what techniques say of the edits that they emit \
                    (`ATTUNE_REWRITE_DOCS=1 cargo test -p attune page` writes it anew); `attune target list` and `attune target \
                    show NAME` print the same.\n\n\
                    `target: \"mlx\"` in a profile limits a search to what the target can express: techniques hear of it as facts \
                    ([extending/target.md](extending/target.md)), a study is refused before it starts when the target takes none of \
                    its technique's edits, or refuses one of sixteen random configs of the space or a baseline in it, and `attune export STUDY --out DIR` goes there without `--to`. Without `target` nothing is limited.\n\n\
                    ## Techniques and targets\n\n\
                    *Exact*: the engine computes what was scored. *Exact in float32*: so where the model is stored in float32; else \
                    the plan is written with `--approximate` only. *Approximate*: always so. *Not*: refused, by the name of the edit. What else has to hold \
                    (families, groups, counts) stands below.\n\n"
        .to_owned();
    matrix(&mut page, techniques);
    targets().iter().for_each(|target| section(&mut page, target.description));
    page
}

fn matrix(page: &mut String, techniques: &[TechniqueInfo]) {
    let names: Vec<&str> = targets().iter().map(|target| target.description.name).collect();
    line(page, &format!("| technique | its edits | {} |", names.join(" | ")));
    line(page, &format!("| --- | --- |{}", " --- |".repeat(names.len())));
    for technique in techniques {
        let cells: Vec<String> = targets().iter().map(|target| cell(target.description, technique)).collect();
        let edits = technique.edits.join(", ");
        line(page, &format!("| `{}` | {edits} | {} |", technique.name, cells.join(" | ")));
    }
}

/// What becomes of the edits of a technique: one answer where they have the same, else each answer with its edits.
fn cell(target: &Description, technique: &TechniqueInfo) -> String {
    let mut answers: Vec<(&str, Vec<&str>)> = Vec::new();
    for kind in &technique.edits {
        let answer = target.answer(kind).words();
        match answers.iter_mut().find(|(other, _)| *other == answer) {
            Some((_, kinds)) => kinds.push(kind),
            None => answers.push((answer, vec![kind])),
        }
    }
    match &answers[..] {
        [(answer, _)] => (*answer).to_owned(),
        several => {
            let several = several.iter().map(|(answer, kinds)| format!("{answer}: {}", kinds.join(", ")));
            several.collect::<Vec<String>>().join("; ")
        }
    }
}

fn section(page: &mut String, target: &Description) {
    line(page, &format!("\n## `{}`\n\n{}.\n", target.name, sentence(target.summary)));
    line(page, &format!("* Loaded by: {}.", target.engine_words()));
    line(page, &format!("* Checked by: {}.", target.check));
    for verified in target.verified {
        line(page, &format!("* Verified {}: {} ({}).", verified.when, verified.what, verified.how));
    }
    match target.edits {
        Edits::Every => line(page, "\nIt takes every edit, exactly."),
        Edits::These { takes, .. } => {
            for takes in takes {
                line(page, &format!("\n`{}`:\n", takes.edit));
                takes.words().iter().for_each(|(label, words)| line(page, &format!("* {label}: {words}")));
            }
            line(page, "\nNot taken:\n");
            for (kind, why) in target.refused() {
                let kind = if kind == "others" { "all others".to_owned() } else { format!("`{kind}`") };
                line(page, &format!("* {kind}: {why}"));
            }
        }
    }
}

/// A text that begins with a capital letter.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn line(page: &mut String, text: &str) {
    let written = writeln!(page, "{text}");
    debug_assert!(written.is_ok(), "writing to a string does not fail");
}
