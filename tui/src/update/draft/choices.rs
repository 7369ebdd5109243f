//! What a field can be chosen from.

use attune::backend::{Catalogue, EvaluatorRow, RunLocation};
use attune_core::objective::Direction;
use attune_core::options::OptionKind;

use crate::chooser::{Chooser, Entry, Wanted, beside};
use crate::draft::{Draft, Field, Kind, fields};
use crate::model::Model;

/// The list for the field under the cursor; `None` where a value is typed in its place.
pub(super) fn chooser(model: &Model) -> Option<Chooser> {
    let draft = model.draft.as_ref()?;
    let field = draft.field()?;
    let none = Catalogue::default();
    let catalogue = model.catalogue.as_ref().unwrap_or(&none);
    let words = |entries, free| Some(Chooser::words(&field.path, &field.label, &field.text, entries, free));
    let files = |likely, wanted| Some(Chooser::files(&field.path, &field.label, &field.text, likely, wanted));
    match field.path.as_str() {
        "model" => files(models(draft, catalogue), Wanted::Model),
        "task.selection" | "task.report" => {
            let extension = draft.task.as_ref().map_or("", |task| task.data.as_str());
            files(near(field), Wanted::File(extension.to_owned()))
        }
        fields::EVALUATOR => words(evaluators(catalogue), true),
        fields::TECHNIQUE => words(techniques(draft, catalogue), true),
        fields::STRATEGY => {
            let rows = catalogue.strategies.iter();
            words(rows.map(|row| Entry::word(&row.name, &row.summary)).collect(), false)
        }
        "objectives" => words(metrics(draft), true),
        fields::DEVICE => words(catalogue.devices.iter().map(|name| Entry::word(name, "")).collect(), true),
        fields::START => words(studies(model), true),
        _ => match &field.kind {
            Kind::Value(OptionKind::Folder) => files(folders(draft, &field.path), Wanted::Model),
            Kind::Value(OptionKind::Bool) => words(plain(field, &["false", "true"]), false),
            Kind::Value(OptionKind::OneOf(known)) => {
                let known: Vec<&str> = known.iter().map(String::as_str).collect();
                words(plain(field, &known), false)
            }
            _ => None,
        },
    }
}

/// Words, of which the default is called so.
fn plain(field: &Field, words: &[&str]) -> Vec<Entry> {
    let note = |word: &str| if word == field.default { "default" } else { "" };
    words.iter().map(|word| Entry::word(word, note(word))).collect()
}

fn near(field: &Field) -> Vec<Entry> {
    let Kind::Text(paths) = &field.kind else { return Vec::new() };
    paths.iter().map(|path| Entry::word(path, "near the model")).collect()
}

/// Folders near the model that were found for an option of its task.
fn folders(draft: &Draft, path: &str) -> Vec<Entry> {
    let found = draft.model.iter().flatten().next();
    let option = path.rsplit_once('.').map_or(path, |(_, option)| option);
    let folders = found.and_then(|found| found.options.get(option));
    folders.into_iter().flatten().map(|path| Entry::word(path, option)).collect()
}

fn models(draft: &Draft, catalogue: &Catalogue) -> Vec<Entry> {
    let named = catalogue.models.iter().filter_map(|path| beside(&draft.file, path));
    named.map(|path| Entry::word(&path, "model")).collect()
}

/// Evaluators with what they do, or why they cannot be used.
fn evaluators(catalogue: &Catalogue) -> Vec<Entry> {
    let entry = |row: &EvaluatorRow| {
        let entry = Entry::word(&row.name, row.missing.as_ref().unwrap_or(&row.summary));
        Entry { bad: row.missing.is_some(), ..entry }
    };
    catalogue.evaluators.iter().map(entry).collect()
}

/// Techniques with what they do, or why the model is none for them.
fn techniques(draft: &Draft, catalogue: &Catalogue) -> Vec<Entry> {
    let found = draft.model.iter().flatten().next();
    let entry = |info: &attune_core::technique::TechniqueInfo| {
        let refused = found.and_then(|found| found.refused.get(&info.name));
        Entry { bad: refused.is_some(), ..Entry::word(&info.name, refused.unwrap_or(&info.summary)) }
    };
    catalogue.techniques.iter().map(entry).collect()
}

/// Metrics of the task.
fn metrics(draft: &Draft) -> Vec<Entry> {
    let metrics = draft.task.iter().flat_map(|task| &task.metrics);
    let entry = |metric: &attune_core::evaluator::MetricInfo| {
        let word = match metric.direction {
            Direction::Minimise => "minimise",
            Direction::Maximise => "maximise",
        };
        Entry::word(&format!("{word} {}", metric.name), &metric.unit)
    };
    metrics.map(entry).collect()
}

/// Studies of the store.
fn studies(model: &Model) -> Vec<Entry> {
    let rows = model.home.studies.iter().flatten().flatten();
    let entry = |row: &attune::backend::StudyRow| {
        let state = if row.place == RunLocation::Done { "finished" } else { "not finished" };
        Entry::word(&row.name, &format!("{} on {}, {state}", row.technique, row.model))
    };
    rows.map(entry).collect()
}
