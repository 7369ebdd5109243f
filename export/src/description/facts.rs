//! What a technique is told of the target that its search is for: facts beside those of the model, so that a component
//! which was built before there were targets still loads, and one that knows them keeps its space to what the engine has.

use attune_core::options::{OptionValue, Settings};

use super::{Description, Edits};

impl Description {
    /// The facts, by name:
    ///
    /// * `target`, its name, and `target-edits`, the kinds of edit that it takes; without the latter it takes every kind;
    /// * `target-KIND-levels` and `target-KIND-groups`, the bits and the group sizes that it has for edits of a kind;
    /// * `target-KIND-grids`, its number grids by their names in plans, and `default` for edits that name none;
    /// * `target-KIND-expert-grids`, those of them that experts can be on, where not all are;
    /// * `target-KIND-roundings`, ways of rounding other than to the nearest whose codes it stores;
    /// * `target-KIND-layers`: `own`, `same-count`, `two-level` or `same`;
    /// * `target-KIND-together`: `experts`, `expert-modules`, `heads`, `stored` and sets of modules as `q+k+v` or of parts of
    ///   a cache as `keys+values`, each of which has one value in a layer;
    /// * `target-KIND-only`, a word for the only form of the edit that it takes.
    ///
    /// Exporters add what depends on the model ([`Exporter::facts`](attune_core::exporter::Exporter::facts)):
    /// `target-kv-bits-key-order`, the order that it has the channels of keys in.
    ///
    /// Lists of words have spaces between them. What does not apply is left out.
    pub fn facts(&self) -> Settings {
        let mut facts = Settings::new();
        let text = |text: &str| OptionValue::Text(text.to_owned());
        facts.insert("target".to_owned(), text(self.name));
        let Edits::These { takes, .. } = self.edits else { return facts };
        let kinds: Vec<&str> = takes.iter().map(|takes| takes.edit).collect();
        facts.insert("target-edits".to_owned(), text(&kinds.join(" ")));
        for takes in takes {
            let name = |what: &str| format!("target-{}-{what}", takes.edit);
            let ints = |numbers: &[u32]| OptionValue::Ints(numbers.iter().copied().map(i64::from).collect());
            let together: Vec<String> = takes.together.iter().map(|together| together.word()).collect();
            let said = [
                ("levels", (!takes.levels.is_empty()).then(|| ints(takes.levels))),
                ("groups", (!takes.groups.is_empty()).then(|| ints(takes.groups))),
                ("grids", (!takes.grids.is_empty()).then(|| text(&takes.grids.join(" ")))),
                (
                    "expert-grids",
                    (!takes.expert_grids.is_empty()).then(|| text(&takes.expert_grids.join(" "))),
                ),
                ("roundings", (!takes.roundings.is_empty()).then(|| text(&takes.roundings.join(" ")))),
                ("layers", Some(text(takes.layers.word()))),
                ("together", (!together.is_empty()).then(|| text(&together.join(" ")))),
                ("only", takes.only.map(|only| text(only.word))),
            ];
            facts.extend(said.into_iter().filter_map(|(what, value)| Some((name(what), value?))));
        }
        facts
    }
}
