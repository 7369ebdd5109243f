//! What follows from other fields where nobody said anything.

use super::Known;
use crate::chooser::beside;

/// The first model there is.
pub(super) fn model(known: &Known<'_>) -> String {
    known.catalogue.models.first().and_then(|path| beside(known.file, path)).unwrap_or_default()
}

/// The first technique that the model does not refuse.
pub(super) fn technique<'a>(known: &'a Known<'_>) -> &'a str {
    let refused = |name: &str| known.found.is_some_and(|found| found.refused.contains_key(name));
    let mut names = known.catalogue.techniques.iter().map(|info| info.name.as_str());
    let first = names.clone().next().unwrap_or("");
    names.find(|name| !refused(name)).unwrap_or(first)
}

/// Whether the model makes images.
pub(super) fn images(known: &Known<'_>) -> bool {
    known.found.is_some_and(|found| found.images)
}

/// The first classifier near the model.
pub(super) fn classifier<'a>(known: &'a Known<'_>) -> &'a str {
    known.found.and_then(|found| found.classifiers.first()).map_or("", String::as_str)
}

/// A file that was made for selection.
pub(super) fn selection(known: &Known<'_>) -> String {
    let files = known.found.map_or(&[][..], |found| &found.data);
    files.iter().find(|file| last(file).contains("selection")).cloned().unwrap_or_default()
}

/// The file that was made for the report on what `selection` selects, else any that was made for a report.
pub(super) fn report(known: &Known<'_>, selection: &str) -> String {
    let files = known.found.map_or(&[][..], |found| &found.data);
    let twin = last(selection).replace("selection", "report");
    let twin = files.iter().find(|file| last(file) == twin && file.as_str() != selection);
    twin.or_else(|| files.iter().find(|file| last(file).contains("report"))).cloned().unwrap_or_default()
}

/// A study name made of the model's and the technique's.
pub(super) fn name(model: &str, technique: &str) -> String {
    let parts = [last(model.trim_end_matches('/')), last(technique)];
    let name = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-");
    name.replace(|letter: char| !(letter.is_alphanumeric() || "._-".contains(letter)), "-")
}

fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or("")
}
