//! What the tensors of experts are called, whatever the sizes of a model are: what exporters rename and cut by.

use crate::schema::{ExpertTensors, Family, MixtureRule};

/// What a tensor is to whoever changes the experts of a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExpertRole {
    /// It has one row, or one number, per expert: the router's matrix, its bias, a correction of its scores.
    PerExpert {
        /// The layer.
        layer: u32,
    },
    /// It is one matrix, or a bias, of one expert.
    Expert {
        /// The layer.
        layer: u32,
        /// The expert.
        expert: u32,
        /// Which one, in the order of [`ExpertNames::parts`].
        part: usize,
    },
    /// It holds the same matrix, or the biases, of all experts of a layer, along its first axis.
    Stacked {
        /// The layer.
        layer: u32,
    },
    /// It looks like a part of the experts and is none of those that the family has.
    Foreign,
    /// Anything else.
    Other,
}

/// Names of the tensors of a family's experts.
#[derive(Clone, Debug)]
pub struct ExpertNames {
    rule: &'static MixtureRule,
    /// What comes before the number of a layer.
    layers: &'static str,
    /// Where layers without experts have their feed-forward part.
    dense: &'static str,
    parts: Vec<String>,
}

impl ExpertNames {
    /// Those of a family; `None` in one without experts.
    pub fn of(family: &'static Family) -> Option<Self> {
        let rule = family.mixture.as_ref()?;
        let mut parts = match rule.tensors {
            ExpertTensors::Apart(names) => names.map(|name| format!("{name}.weight")).to_vec(),
            ExpertTensors::Stacked { gate_up, down, biases, .. } => {
                [gate_up, down].into_iter().chain(biases.into_iter().flatten()).map(str::to_owned).collect()
            }
        };
        parts.sort();
        Some(Self { rule, layers: family.names.layers, dense: family.feed_forward.place, parts })
    }

    /// Whether the experts of a layer share their tensors.
    pub fn are_stacked(&self) -> bool {
        matches!(self.rule.tensors, ExpertTensors::Stacked { .. })
    }

    /// What the tensors of an expert, or of all of them, are called last, in name order.
    pub fn parts(&self) -> &[String] {
        &self.parts
    }

    /// The router's matrix.
    pub fn router(&self, layer: u32) -> String {
        format!("{}.{}.weight", self.place(layer), self.rule.router.matrix)
    }

    /// A tensor of one expert; `*` for all of them.
    pub fn expert(&self, layer: u32, expert: &str, part: &str) -> String {
        if self.are_stacked() {
            return format!("{}.{part}", self.place(layer));
        }
        format!("{}.experts.{expert}.{part}", self.place(layer))
    }

    fn place(&self, layer: u32) -> String {
        format!("{}{layer}.{}", self.layers, self.rule.place)
    }

    /// What the tensor `name` is.
    pub fn role(&self, name: &str) -> ExpertRole {
        let within = name.strip_prefix(self.layers).and_then(|rest| rest.split_once('.'));
        let Some((layer, rest)) = within.and_then(|(layer, rest)| Some((layer.parse().ok()?, rest))) else {
            return if name.contains("expert") { ExpertRole::Foreign } else { ExpertRole::Other };
        };
        if self.rule.shared.is_some_and(|shared| {
            rest.starts_with(&format!("{}.", shared.place))
                || shared.gate.is_some_and(|gate| rest == format!("{gate}.weight"))
        }) {
            return ExpertRole::Other;
        }
        let own = rest.strip_prefix(self.rule.place).and_then(|own| own.strip_prefix('.'));
        let looks_like_one = rest.contains("expert") || (own.is_some() && self.rule.place != self.dense);
        let unknown = if looks_like_one { ExpertRole::Foreign } else { ExpertRole::Other };
        let Some(own) = own else { return unknown };
        let router = &self.rule.router;
        if own
            .strip_prefix(router.matrix)
            .is_some_and(|end| end == ".weight" || (router.bias && end == ".bias"))
            || router.correction.is_some_and(|correction| correction.name == own)
        {
            return ExpertRole::PerExpert { layer };
        }
        if self.are_stacked() {
            return if self.parts.iter().any(|part| part == own) {
                ExpertRole::Stacked { layer }
            } else {
                unknown
            };
        }
        let found = own.strip_prefix("experts.").and_then(|own| own.split_once('.'));
        let found = found.and_then(|(expert, found)| {
            let part = self.parts.iter().position(|part| part == found)?;
            Some(ExpertRole::Expert { layer, expert: expert.parse().ok()?, part })
        });
        found.unwrap_or(unknown)
    }
}
