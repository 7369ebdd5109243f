//! Which fields a study has: those of every profile, and those that technique and strategy bring.

use attune_core::objective::Direction;
use attune_core::profile::{Profile, TaskKind};
use attune_core::setting::{OptionKind, OptionSpec, Setting, Settings};

use super::{Draft, Field, Kind};
use crate::desk::Catalogue;

/// Path of the one field that is not in the profile: where the study runs.
pub(crate) const DEVICE: &str = "--device";

/// Generates all fields anew, keeping what was filled in under the same path.
pub(crate) fn generate(draft: &mut Draft, catalogue: &Catalogue, device: &str) {
    let old = std::mem::take(&mut draft.fields);
    let kept = |path: &str| old.iter().find(|field| field.path == path).map(|field| field.text.clone());
    let near = draft.model.iter().flatten().flat_map(|found| found.texts.clone()).collect::<Vec<_>>();
    let techniques = catalogue.techniques.iter().map(|info| info.name.clone()).collect();
    let strategies: Vec<String> = catalogue.strategies.iter().map(|row| row.name.clone()).collect();
    let metrics = catalogue.metrics.iter().map(|metric| {
        let word = match metric.direction {
            Direction::Minimise => "minimise",
            Direction::Maximise => "maximise",
        };
        format!("{word} {}", metric.name)
    });
    let metrics: Vec<String> = metrics.collect();
    let whole = |min: i64, max: i64| Kind::Value(OptionKind::Int { min, max });
    let count = || whole(1, i64::from(u32::MAX));
    let mut fields = vec![
        text(
            "model",
            "model",
            Kind::Text(catalogue.models.clone()),
            "",
            "Folder of the model in the Hugging Face layout, relative to the profile.",
        ),
        text(
            "technique.name",
            "technique",
            Kind::Named(techniques),
            "",
            "What is searched: a compression method, built in or a .wasm file.",
        ),
    ];
    match &draft.technique {
        Some(specs) => fields.extend(specs.iter().map(|spec| option("technique", spec))),
        // What a profile gave to a technique that has not answered yet must not be lost.
        None => {
            fields.extend(old.iter().filter(|field| field.path.starts_with("technique.options.")).cloned())
        }
    }
    let mut rest = vec![
        text("task.selection", "tune on", Kind::Text(near.clone()), "", "Text that the search tunes on."),
        text(
            "task.report",
            "report on",
            Kind::Text(near),
            "",
            "Text that the result is reported on; the search never sees it, so it is another file.",
        ),
        text(
            "task.elsewhere",
            "report also on",
            Kind::Text(Vec::new()),
            "",
            "Report texts of other domains, as `name=file, name=file`: what the tuning costs there.",
        ),
        text(
            "task.length",
            "tokens per item",
            whole(2, i64::from(u32::MAX)),
            "128",
            "Length of one piece of text.",
        ),
        text(
            "items",
            "items per trial",
            count(),
            "32",
            "Pieces of text that score a trial. Few are fast, and the search fits noise.",
        ),
        text("trials", "trials", whole(1, i64::MAX), "200", "How many configs are tried: the budget."),
        text(
            "objectives",
            "objective",
            Kind::Text(metrics),
            "minimise kl",
            "What counts, most important first, as `minimise kl, minimise memory`.",
        ),
        text(
            "strategy.name",
            "strategy",
            Kind::Value(OptionKind::OneOf(strategies.clone())),
            strategies.first().map_or("evolution", String::as_str),
            "The search algorithm.",
        ),
    ];
    let strategy = kept("strategy.name").or_else(|| strategies.first().cloned());
    let chosen = catalogue.strategies.iter().find(|row| Some(&row.name) == strategy.as_ref());
    rest.extend(chosen.iter().flat_map(|row| row.options.iter()).map(|spec| option("strategy", spec)));
    rest.extend([
        text("seed", "seed", whole(0, i64::MAX), "0", "The same seed gives the same study."),
        text(
            "deadline_seconds",
            "seconds per trial",
            whole(1, i64::MAX),
            "600",
            "A trial that takes longer has failed.",
        ),
        text(
            "report.items",
            "report items",
            whole(0, i64::from(u32::MAX)),
            "0",
            "Pieces of the report text; 0 takes all.",
        ),
        text(
            "report.random",
            "random configs",
            whole(0, i64::from(u32::MAX)),
            "30",
            "Random configs that the result is compared with.",
        ),
        text("name", "study name", Kind::Text(Vec::new()), "", "Name of the study in the store."),
        text(
            DEVICE,
            "device",
            Kind::Text(catalogue.devices.clone()),
            device,
            "Where to evaluate; not part of the profile.",
        ),
    ]);
    fields.extend(rest);
    for field in &mut fields {
        field.text = kept(&field.path).unwrap_or_else(|| field.default.clone());
    }
    draft.cursor = draft.cursor.min(fields.len() - 1);
    draft.fields = fields;
}

fn text(path: &str, label: &str, kind: Kind, default: &str, help: &str) -> Field {
    Field {
        path: path.to_owned(),
        label: label.to_owned(),
        help: help.to_owned(),
        kind,
        text: String::new(),
        default: default.to_owned(),
        fault: None,
    }
}

fn option(owner: &str, spec: &OptionSpec) -> Field {
    let path = format!("{owner}.options.{}", spec.name);
    text(&path, &spec.name, Kind::Value(spec.kind.clone()), &typed(&spec.default), &spec.help)
}

/// A value as a person types it: texts without quotes, lists without brackets.
pub(crate) fn typed(value: &Setting) -> String {
    match value {
        Setting::Text(text) => text.clone(),
        Setting::Ints(numbers) => list(numbers.iter().map(i64::to_string)),
        Setting::Reals(numbers) => list(numbers.iter().map(|number| format!("{number:?}"))),
        other => other.to_string(),
    }
}

fn list(numbers: impl Iterator<Item = String>) -> String {
    numbers.collect::<Vec<_>>().join(", ")
}

/// Fills the fields from a profile.
pub(crate) fn fill(draft: &mut Draft, profile: &Profile) {
    let elsewhere = profile.task.elsewhere.iter().map(|(name, file)| format!("{name}={file}"));
    // The form describes tasks on text only; it says so by being incomplete.
    let length = match &profile.task.kind {
        TaskKind::Text { length } => length.to_string(),
        TaskKind::Images { .. } => String::new(),
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
        ("task.length", length),
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
    fill_options(draft, "technique", &profile.technique.options);
    fill_options(draft, "strategy", &profile.strategy.options);
}

fn fill_options(draft: &mut Draft, owner: &str, options: &Settings) {
    for (name, value) in options {
        let path = format!("{owner}.options.{name}");
        if draft.fields.iter().any(|field| field.path == path) {
            draft.set(&path, &typed(value));
        } else {
            // Its field comes when the technique has said what it takes.
            let mut field = text(&path, name, Kind::Text(Vec::new()), "", "an option of the profile");
            field.text = typed(value);
            draft.fields.push(field);
        }
    }
}
