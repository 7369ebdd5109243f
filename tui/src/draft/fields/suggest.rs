//! What follows from other fields where nobody said anything.

use attune_core::objective::Direction;

use super::{Known, TASK, TECHNIQUE};
use crate::chooser::beside;

impl Known<'_> {
    /// What a key is when nobody says anything, for those that follow from the rest.
    pub(super) fn suggested(&self, path: &str) -> Option<String> {
        Some(match path {
            "model" => self.models().into_iter().next().unwrap_or_default(),
            TECHNIQUE => technique(self).to_owned(),
            TASK => self.found.map_or_else(
                || self.tasks().first().map(|task| task.name.clone()).unwrap_or_default(),
                |found| found.task.clone(),
            ),
            "task.selection" => selection(self),
            "task.report" => report(self, &self.text("task.selection").unwrap_or_else(|| selection(self))),
            "objectives" => objective(self),
            "name" => {
                let model = self.text("model").or_else(|| self.suggested("model")).unwrap_or_default();
                let technique = self.text(TECHNIQUE).unwrap_or_else(|| technique(self).to_owned());
                name(&model, &technique)
            }
            _ => return None,
        })
    }

    /// Models below the working directory, as the profile would name them.
    pub(super) fn models(&self) -> Vec<String> {
        self.catalogue.models.iter().filter_map(|path| beside(self.file, path)).collect()
    }
}

/// The first technique that the model does not refuse.
fn technique<'a>(known: &'a Known<'_>) -> &'a str {
    let refused = |name: &str| known.found.is_some_and(|found| found.refused.contains_key(name));
    let mut names = known.catalogue.techniques.iter().map(|info| info.name.as_str());
    let first = names.clone().next().unwrap_or("");
    names.find(|name| !refused(name)).unwrap_or(first)
}

/// The first metric of the task, which is what counts in a profile that says nothing.
fn objective(known: &Known<'_>) -> String {
    let metric = known.task().and_then(|task| task.metrics.first());
    metric.map_or_else(String::new, |metric| {
        let word = match metric.direction {
            Direction::Minimise => "minimise",
            Direction::Maximise => "maximise",
        };
        format!("{word} {}", metric.name)
    })
}

/// A file that was made for selection.
fn selection(known: &Known<'_>) -> String {
    let files = known.found.map_or(&[][..], |found| &found.data);
    files.iter().find(|file| last(file).contains("selection")).cloned().unwrap_or_default()
}

/// The file that was made for the report on what `selection` selects, else any that was made for a report.
fn report(known: &Known<'_>, selection: &str) -> String {
    let files = known.found.map_or(&[][..], |found| &found.data);
    let twin = last(selection).replace("selection", "report");
    let twin = files.iter().find(|file| last(file) == twin && *file != selection);
    twin.or_else(|| files.iter().find(|file| last(file).contains("report"))).cloned().unwrap_or_default()
}

/// A study name made of the model's and the technique's.
fn name(model: &str, technique: &str) -> String {
    let parts = [last(model.trim_end_matches('/')), last(technique)];
    let name = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-");
    name.replace(|letter: char| !(letter.is_alphanumeric() || "._-".contains(letter)), "-")
}

fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or("")
}
