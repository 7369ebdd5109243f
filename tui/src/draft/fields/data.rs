//! On which data trials are scored.

use attune_core::options::OptionKind;

use super::super::{Field, Group, Kind};
use super::{Known, TASK, suggest};

/// Most that a 32-bit count holds.
const MOST: u64 = u32::MAX as u64;

impl Known<'_> {
    pub(super) fn data(&self) -> Vec<Field> {
        let near = self.found.map(|found| found.data.clone()).unwrap_or_default();
        let kind = Kind::Value(OptionKind::OneOf(["text", "images"].map(str::to_owned).to_vec()));
        let images = if suggest::images(self) { "images" } else { "text" };
        let field = |path, label, kind, default: &str, help| {
            self.filled(Field::new(Group::Data, path, label, kind, default, help))
        };
        let selection = field(
            "task.selection",
            "tune on",
            Kind::Text(near.clone()),
            &suggest::selection(self),
            "Data that the search tunes on.",
        );
        let report = field(
            "task.report",
            "report on",
            Kind::Text(near),
            &suggest::report(self, &selection.text),
            "Data that the result is reported on; the search never sees it, so it is another file.",
        );
        let mut fields = vec![selection, report];
        if self.images() {
            fields.push(field(
                "task.classifier",
                "features of",
                Kind::Text(self.found.map(|found| found.classifiers.clone()).unwrap_or_default()),
                suggest::classifier(self),
                "Folder of the classifier whose features of generated and real images are compared.",
            ));
            let help = "Generated images of one item.";
            let samples = field("task.samples", "images per item", Kind::Whole(2, MOST), "256", help);
            fields.push(samples.advanced());
        } else {
            let help = "Length of one piece of text.";
            fields.push(field("task.length", "tokens per item", Kind::Whole(2, MOST), "128", help));
        }
        let help = "What the model makes: a language model text, a generator images.";
        fields.push(field(TASK, "task", kind, images, help).advanced());
        fields
    }
}
