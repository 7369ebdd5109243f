//! The front of a study with several objectives.

use std::fmt::Write as _;

use super::done::Done;
use super::estimate::interval;

/// The members of the front with what they score on the report split, folded away; nothing of a study with one objective.
pub(super) fn front(study: &Done<'_>) -> String {
    let Some(members) = study.result["front"]["members"].as_array() else { return String::new() };
    let metrics: Vec<&str> = std::iter::once(study.metric()).chain(study.others()).collect();
    let size = study.result["front"]["size"].as_u64().unwrap_or_default();
    let mut text = format!(
        "\n<details><summary>{}, seed {}: the front, {} of its {size} configs</summary>\n\n| trial | {} |\n| --- |{}\n",
        study.label,
        study.seed,
        members.len(),
        metrics.join(" | "),
        " --- |".repeat(metrics.len()),
    );
    for member in members {
        let scores: Vec<String> = metrics.iter().map(|metric| interval(&member["report"][*metric])).collect();
        let _ = writeln!(text, "| {} | {} |", member["trial"], scores.join(" | "));
    }
    text + "\n</details>\n"
}
