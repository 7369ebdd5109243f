//! Granite with experts, one of which answers for every token.

use super::granitemoe::{EXPERTS, GRANITEMOE};
use crate::schema::{Family, MixtureRule, PartTensors, SharedExpert, SharedInner};

pub(super) const GRANITEMOESHARED: Family = Family {
    name: "granitemoeshared",
    architecture: "GraniteMoeSharedForCausalLM",
    models: "Granite MoE with a shared expert",
    mixture: Some(MixtureRule {
        shared: Some(SharedExpert {
            inner: SharedInner::Key { key: "shared_intermediate_size", default: 0 },
            place: "shared_mlp",
            tensors: PartTensors::Fused(["input_linear", "output_linear"]),
            gate: None,
        }),
        ..EXPERTS
    }),
    ..GRANITEMOE
};
