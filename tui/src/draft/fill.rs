//! What a profile that was read says.

use attune_core::objective::Direction;
use attune_core::profile::{Profile, Racing, Selected, Start, TaskKind};

use super::said::{Said, Words, list};
use super::{fields, parse};

/// Everything that a profile says, by field.
pub(super) fn said_by(profile: &Profile) -> Said {
    let elsewhere = profile
        .task
        .elsewhere
        .iter()
        .map(|(name, file)| format!("{}={}", parse::quoted(name), parse::quoted(file)));
    let objectives = profile.objectives.iter().map(|objective| {
        let word = match objective.direction {
            Direction::Minimise => "minimise",
            Direction::Maximise => "maximise",
        };
        format!("{word} {}", objective.metric)
    });
    let mut values = vec![
        ("name", profile.name.clone()),
        ("model", profile.model.clone()),
        (fields::TECHNIQUE, profile.technique.name.clone()),
        ("task.selection", profile.task.selection.clone()),
        ("task.report", profile.task.report.clone()),
        ("task.elsewhere", list(elsewhere)),
        ("objectives", list(objectives)),
        (fields::STRATEGY, profile.strategy.name.clone()),
        ("trials", profile.trials.to_string()),
        ("items", profile.items.to_string()),
        ("deadline_seconds", profile.deadline_seconds.to_string()),
        ("seed", profile.seed.to_string()),
        ("report.items", profile.report.items.to_string()),
        ("report.random", profile.report.random.to_string()),
    ];
    match &profile.task.kind {
        TaskKind::Text { length, lengths, passkeys } => {
            let [lengths, passkeys] = [lengths, passkeys]
                .map(|items| list(items.iter().map(|(tokens, count)| format!("{tokens}={count}"))));
            values.extend([
                (fields::TASK, "text".to_owned()),
                ("task.length", length.to_string()),
                ("task.lengths", lengths),
                ("task.passkeys", passkeys),
            ]);
        }
        TaskKind::Images { classifier, samples } => values.extend([
            (fields::TASK, "images".to_owned()),
            ("task.classifier", classifier.clone()),
            ("task.samples", samples.to_string()),
        ]),
    }
    if let Some(Racing { first, error, floor, keep }) = profile.racing {
        values.extend([
            (fields::RACING, first.to_string()),
            ("racing.error", format!("{error:?}")),
            ("racing.floor", format!("{floor:?}")),
            ("racing.keep", format!("{keep:?}")),
        ]);
    }
    if let Some(Start { study, trial }) = &profile.start {
        values.push((fields::START, study.clone()));
        values.extend(trial.map(|trial| (fields::START_TRIAL, trial.to_string())));
    }
    let mut said = Said::default();
    for (path, value) in values {
        said.put("", path, Words::Typed(value));
    }
    options(&mut said, "technique", &profile.technique);
    options(&mut said, "strategy", &profile.strategy);
    said
}

fn options(said: &mut Said, of: &str, choice: &Selected) {
    for (name, value) in &choice.options {
        said.put(&choice.name, &format!("{of}.options.{name}"), Words::Option(value.clone()));
    }
}
