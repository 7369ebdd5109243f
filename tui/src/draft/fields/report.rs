//! What the result is compared with, on which data, and under which name it is kept.

use super::super::{Field, Group, Kind};
use super::{Known, TECHNIQUE, suggest};

/// Most that a 32-bit count holds.
const MOST: u64 = u32::MAX as u64;

impl Known<'_> {
    pub(super) fn report(&self) -> Vec<Field> {
        let field = |path, label, kind, default: &str, help| {
            self.filled(Field::new(Group::Report, path, label, kind, default, help))
        };
        let texts = || Kind::Text(Vec::new());
        let model = self.text("model").unwrap_or_else(|| suggest::model(self));
        let technique = self.text(TECHNIQUE).unwrap_or_else(|| suggest::technique(self).to_owned());
        let name = suggest::name(&model, &technique);
        let mut fields = vec![
            field("name", "study name", texts(), &name, "Name of the study in the store."),
            field(
                "task.elsewhere",
                "report also on",
                texts(),
                "",
                "Report data of other domains, as `name=file, name=file`: what the tuning costs there.",
            )
            .advanced(),
            field(
                "report.items",
                "report items",
                Kind::Whole(0, MOST),
                "0",
                "Pieces of the report data; 0 takes all.",
            )
            .advanced(),
            field(
                "report.random",
                "random configs",
                Kind::Whole(0, MOST),
                "16",
                "Random configs that the result is compared with.",
            )
            .advanced(),
        ];
        if !self.images() {
            let help = "Longer or shorter pieces of the report text that the result is reported on too, as `tokens=pieces, …`.";
            fields.push(field("task.lengths", "report at lengths", texts(), "", help).advanced());
            let help = "Pieces that hide a pass key and ask for it, as `tokens=pieces, …`: can the result still look far back?";
            fields.push(field("task.passkeys", "report pass keys", texts(), "", help).advanced());
        }
        fields
    }
}
