//! Which fields a study has: those of every profile, and those that technique and strategy bring.

use attune_core::objective::Direction;
use attune_core::setting::{OptionKind, OptionSpec, Setting};

use super::{Draft, Field, Kind};
use crate::desk::Catalogue;

/// Path of the one field that is not in the profile: where the study runs.
pub(crate) const DEVICE: &str = "--device";
/// Path of the field that turns races on.
pub(crate) const RACING: &str = "racing.first";

/// Path of the field that says what a task is about.
pub(crate) const TASK: &str = "task.kind";
/// Path of the field that says which study the search starts from.
pub(crate) const START: &str = "start.study";
/// Path of the field that says which of its trials.
pub(crate) const START_TRIAL: &str = "start.trial";

/// Generates all fields anew, keeping what was filled in under the same path, and options that nobody has described.
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
    let whole = Kind::Whole;
    let most = u64::from(u32::MAX);
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
    fields.extend(draft.technique.iter().flatten().map(|spec| option("technique", spec)));
    keep_undescribed("technique", &old, &mut fields);
    let about = Kind::Value(OptionKind::OneOf(["text", "images"].map(str::to_owned).to_vec()));
    let images = kept(TASK).is_some_and(|kind| kind.trim() == "images");
    let mut rest = vec![
        text(TASK, "task", about, "text", "What the model makes: a language model text, a generator images."),
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
            "items",
            "items per trial",
            whole(1, most),
            "32",
            "Pieces of text that score a trial. Few are fast, and the search fits noise.",
        ),
        text("trials", "trials", whole(1, u64::MAX), "200", "How many configs are tried: the budget."),
        text(
            "objectives",
            "objective",
            Kind::Text(metrics),
            if images { "minimise frechet" } else { "minimise kl" },
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
    let length =
        text("task.length", "tokens per item", whole(2, most), "128", "Length of one piece of text.");
    let others = [
        text(
            "task.lengths",
            "report at lengths",
            Kind::Text(Vec::new()),
            "",
            "Longer or shorter pieces of the report text that the result is reported on too, as `tokens=pieces, …`.",
        ),
        text(
            "task.passkeys",
            "report pass keys",
            Kind::Text(Vec::new()),
            "",
            "Pieces that hide a pass key and ask for it, as `tokens=pieces, …`: can the result still look far back?",
        ),
    ];
    let batch = [
        text(
            "task.classifier",
            "features of",
            Kind::Text(Vec::new()),
            "",
            "Folder of the classifier whose features of generated and real images are compared.",
        ),
        text("task.samples", "images per item", whole(2, most), "256", "Generated images of one item."),
    ];
    let place = rest.iter().position(|field| field.path == "items").unwrap_or(rest.len());
    rest.splice(place..place, if images { batch.to_vec() } else { vec![length] });
    let strategy = kept("strategy.name").or_else(|| strategies.first().cloned());
    let chosen = catalogue.strategies.iter().find(|row| Some(&row.name) == strategy.as_ref());
    rest.extend(chosen.iter().flat_map(|row| row.options.iter()).map(|spec| option("strategy", spec)));
    keep_undescribed("strategy", &old, &mut rest);
    rest.push(text(
        START,
        "start from study",
        Kind::Text(Vec::new()),
        "",
        "A study of this store whose winner the search starts from as well, as merging starts from pruning. Empty: none.",
    ));
    if kept(START).is_some_and(|study| !study.trim().is_empty()) {
        let help = "Number of the trial to start from. Empty: the winner.";
        rest.push(text(START_TRIAL, "start from trial", Kind::Text(Vec::new()), "", help));
    }
    rest.push(text(
        RACING,
        "race after items",
        whole(0, most),
        "0",
        "Items after which a trial that cannot win any more is dropped; then twice as many, and so on. 0 scores every \
         trial on all items. Needs one objective that is minimised.",
    ));
    if kept(RACING).is_some_and(|first| !matches!(first.trim(), "" | "0")) {
        let share = || Kind::Value(OptionKind::Real { min: 0.0, max: 1.0 });
        rest.extend([
            text(
                "racing.error",
                "race error",
                share(),
                "0.05",
                "Largest probability of dropping a trial that is as good as the one it races against.",
            ),
            text(
                "racing.floor",
                "race floor",
                share(),
                "0.0",
                "Share of its rival's loss that no trial is assumed to undercut on any item; 0 assumes nothing and \
                 drops less.",
            ),
            text(
                "racing.keep",
                "keep after stages",
                share(),
                "1.0",
                "Share of a generation that goes on after each stage, the best so far. 1 drops nobody but who loses a \
                 race; 0.5 is much cheaper and may drop a good trial.",
            ),
        ]);
    }
    rest.extend([
        text("seed", "seed", whole(0, u64::MAX), "0", "The same seed gives the same study."),
        text(
            "deadline_seconds",
            "seconds per trial",
            whole(1, u64::MAX),
            "600",
            "A trial that takes longer has failed.",
        ),
        text("report.items", "report items", whole(0, most), "0", "Pieces of the report text; 0 takes all."),
        text(
            "report.random",
            "random configs",
            whole(0, most),
            "30",
            "Random configs that the result is compared with.",
        ),
    ]);
    if !images {
        rest.extend(others);
    }
    rest.extend([
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
        let before = old.iter().find(|before| before.path == field.path);
        field.text = before.map_or_else(|| field.default.clone(), |before| carried(before, field));
    }
    draft.cursor = draft.cursor.min(fields.len() - 1);
    draft.fields = fields;
}

/// Options that have a value and no description follow the described ones, in the words of the profile.
fn keep_undescribed(owner: &str, old: &[Field], fields: &mut Vec<Field>) {
    let prefix = format!("{owner}.options.");
    for before in old.iter().filter(|before| before.path.starts_with(&prefix)) {
        let described = fields.iter().any(|field| field.path == before.path);
        if !described && before.kind == Kind::Undescribed && !before.text.trim().is_empty() {
            fields.push(before.clone());
        }
    }
}

/// What was filled in before, for a field that may have been described since.
fn carried(before: &Field, field: &Field) -> String {
    let text = before.text.as_str();
    let word = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    match (&before.kind, &field.kind) {
        (Kind::Undescribed, Kind::Value(OptionKind::OneOf(_))) => word.unwrap_or(text).to_owned(),
        (Kind::Undescribed, Kind::Value(OptionKind::Ints { .. })) => {
            text.trim_start_matches('[').trim_end_matches(']').to_owned()
        }
        _ => text.to_owned(),
    }
}

pub(super) fn text(path: &str, label: &str, kind: Kind, default: &str, help: &str) -> Field {
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

pub(super) fn list(numbers: impl Iterator<Item = String>) -> String {
    numbers.collect::<Vec<_>>().join(", ")
}
