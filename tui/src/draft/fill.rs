//! Fields from a profile that was read.

use attune_core::objective::Direction;
use attune_core::profile::{Profile, Racing, Start, TaskKind};
use attune_core::setting::Settings;

use super::fields::{self, list, text, typed};
use super::{Draft, Kind, parse};

/// Fills the fields from a profile.
pub(super) fn fill(draft: &mut Draft, profile: &Profile) {
    let elsewhere = profile
        .task
        .elsewhere
        .iter()
        .map(|(name, file)| format!("{}={}", parse::quoted(name), parse::quoted(file)));
    // The form describes tasks on text only; it says so by being incomplete.
    let (kind, [length, samples], classifier) = match &profile.task.kind {
        TaskKind::Text { length, .. } => ("text", [length.to_string(), String::new()], ""),
        TaskKind::Images { classifier, samples } => {
            ("images", [String::new(), samples.to_string()], classifier.as_str())
        }
    };
    let [lengths, passkeys] = match &profile.task.kind {
        TaskKind::Text { lengths, passkeys, .. } => [lengths, passkeys]
            .map(|items| list(items.iter().map(|(tokens, count)| format!("{tokens}={count}")))),
        TaskKind::Images { .. } => [String::new(), String::new()],
    };
    let objectives = profile.objectives.iter().map(|objective| {
        let word = match objective.direction {
            Direction::Minimise => "minimise",
            Direction::Maximise => "maximise",
        };
        format!("{word} {}", objective.metric)
    });
    for (path, value) in [
        ("name", profile.name.clone()),
        ("model", profile.model.clone()),
        ("technique.name", profile.technique.name.clone()),
        ("task.selection", profile.task.selection.clone()),
        ("task.report", profile.task.report.clone()),
        ("task.elsewhere", list(elsewhere)),
        (fields::TASK, kind.to_owned()),
        // Fields of the kind come with the second filling.
        ("task.length", length),
        ("task.lengths", lengths),
        ("task.passkeys", passkeys),
        ("task.classifier", classifier.to_owned()),
        ("task.samples", samples),
        ("objectives", list(objectives)),
        ("strategy.name", profile.strategy.name.clone()),
        ("trials", profile.trials.to_string()),
        ("items", profile.items.to_string()),
        ("deadline_seconds", profile.deadline_seconds.to_string()),
        ("seed", profile.seed.to_string()),
        ("report.items", profile.report.items.to_string()),
        ("report.random", profile.report.random.to_string()),
    ] {
        draft.set(path, &value);
    }
    if let Some(Racing { first, error, floor, keep }) = profile.racing {
        draft.set(fields::RACING, &first.to_string());
        // These two have fields from the second filling on.
        draft.set("racing.error", &format!("{error:?}"));
        draft.set("racing.floor", &format!("{floor:?}"));
        draft.set("racing.keep", &format!("{keep:?}"));
    }
    if let Some(Start { study, trial }) = &profile.start {
        draft.set(fields::START, study);
        draft.set(fields::START_TRIAL, &trial.map(|trial| trial.to_string()).unwrap_or_default());
    }
    fill_options(draft, "technique", &profile.technique.options);
    fill_options(draft, "strategy", &profile.strategy.options);
}

fn fill_options(draft: &mut Draft, owner: &str, options: &Settings) {
    for (name, value) in options {
        let path = format!("{owner}.options.{name}");
        match draft.fields.iter_mut().find(|field| field.path == path) {
            Some(field) if field.kind == Kind::Undescribed => field.text = value.to_string(),
            Some(field) => field.text = typed(value),
            None => {
                // Its field comes when its owner has said what it takes, if it does take it.
                let help = "An option of the profile that nobody has described; an empty text removes it.";
                let mut field = text(&path, name, Kind::Undescribed, "", help);
                field.text = value.to_string();
                draft.fields.push(field);
            }
        }
    }
}
