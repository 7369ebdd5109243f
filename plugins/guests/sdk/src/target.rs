//! The target that a search is for, where its profile names one.

use crate::{Model, Setting};

/// What the engine takes that is to load the result. A space should hold nothing else: a study is refused where sixteen random
/// configs or the baselines show a plan that could not be exported, and a rarer one is found out when it is exported.
#[derive(Clone, Copy)]
pub struct Target<'a> {
    name: &'a str,
    model: &'a Model,
}

impl Model {
    /// The target of the search; `None` where anything goes.
    pub fn target(&self) -> Option<Target<'_>> {
        match self.fact("target") {
            Some(Setting::Text(name)) => Some(Target { name, model: self }),
            _ => None,
        }
    }
}

impl<'a> Target<'a> {
    /// Its name.
    pub fn name(&self) -> &'a str {
        self.name
    }

    /// Bits that it has codes of for edits of a kind, ascending; `None` where it has them all.
    pub fn levels(&self, kind: &str) -> Option<Vec<u32>> {
        self.numbers(kind, "levels")
    }

    /// Sizes that its groups can have for edits of a kind, ascending; `None` for any.
    pub fn groups(&self, kind: &str) -> Option<Vec<u32>> {
        self.numbers(kind, "groups")
    }

    /// Its number grids for edits of a kind by their names in plans, the one that it prefers first, and `default` for edits that name
    /// none; `None` where it does not say.
    pub fn grids(&self, kind: &str) -> Option<Vec<&'a str>> {
        Some(self.text(kind, "grids")?.split(' ').collect())
    }

    /// Whether it takes edits of a kind at all.
    pub fn takes(&self, kind: &str) -> bool {
        match self.model.fact("target-edits") {
            Some(Setting::Text(kinds)) => kinds.split(' ').any(|known| known == kind),
            _ => true,
        }
    }

    /// Whether it takes whatever a plan says.
    pub fn takes_everything(&self) -> bool {
        !matches!(self.model.fact("target-edits"), Some(Setting::Text(_)))
    }

    /// Bytes that it takes for all tensors but those of the linear modules, where it stores these otherwise than the model's own files
    /// do; else [`Model::other_bytes`].
    pub fn other_bytes(&self) -> Option<u64> {
        match self.model.fact("target-other-bytes") {
            Some(Setting::Int(bytes)) => u64::try_from(*bytes).ok(),
            _ => None,
        }
    }

    /// Ways of rounding other than to the nearest whose codes it stores, by their names in plans.
    pub fn roundings(&self, kind: &str) -> Vec<&'a str> {
        self.text(kind, "roundings").map_or_else(Vec::new, |names| names.split(' ').collect())
    }

    /// The order in which it has the channels of keys of a head, by its name in plans; `None` for that of the model.
    pub fn key_order(&self) -> Option<&'a str> {
        self.text("kv-bits", "key-order")
    }

    /// Those of its number grids that experts can be on; `None` where all are.
    pub fn expert_grids(&self, kind: &str) -> Option<Vec<&'a str>> {
        Some(self.text(kind, "expert-grids")?.split(' ').collect())
    }

    /// Bytes that tensors begin at multiples of in its files, the gaps being part of them; 1 where there are none.
    pub fn alignment(&self) -> u32 {
        match self.model.fact("target-alignment") {
            Some(Setting::Int(bytes)) => u32::try_from(*bytes).map_or(1, |bytes| bytes.max(1)),
            _ => 1,
        }
    }

    /// What layers may choose for edits of a kind: `own` (everything), `same-count` (everything but how many there are), `two-level`
    /// (an edit that is the same wherever there is one, or none) or `same` (nothing: one value for the whole model).
    pub fn layers(&self, kind: &str) -> &'a str {
        self.text(kind, "layers").unwrap_or("own")
    }

    /// What has to agree within a layer for edits of a kind: `experts`, `stored` (modules that are stored in one tensor), `heads`, and
    /// sets of modules as `q+k+v` or of halves of a cache as `keys+values`.
    pub fn together(&self, kind: &str) -> Vec<&'a str> {
        self.text(kind, "together").map_or_else(Vec::new, |words| words.split(' ').collect())
    }

    /// The only form of edits of a kind that it takes; `None` for any.
    pub fn only(&self, kind: &str) -> Option<&'a str> {
        self.text(kind, "only")
    }

    fn text(&self, kind: &str, what: &str) -> Option<&'a str> {
        match self.model.fact(&format!("target-{kind}-{what}")) {
            Some(Setting::Text(text)) => Some(text),
            _ => None,
        }
    }

    fn numbers(&self, kind: &str, what: &str) -> Option<Vec<u32>> {
        let numbers = self.model.whole_numbers(&format!("target-{kind}-{what}"))?;
        Some(numbers.iter().map(|&number| number as u32).collect())
    }
}
