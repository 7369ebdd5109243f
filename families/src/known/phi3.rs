//! Phi-3, Phi-3.5 and Phi-4 (arXiv 2404.14219): fused projections; scaled by two lists of divisors where the context is long.

use crate::schema::{
    Attention, Family, FeedForward, HeadDim, NormRule, Null, PartRule, PartTensors, Projections,
    RotationRule, WindowRule,
};

pub(super) const PHI3: Family = Family {
    name: "phi3",
    architecture: "Phi3ForCausalLM",
    models: "Phi-3 mini and medium, Phi-3.5 mini, Phi-4, Phi-4 mini",
    norms: NormRule { eps: 1e-5, ..NormRule::RMS },
    attention: Attention {
        head_dim: HeadDim { null: Null::Refused, ..Attention::PLAIN.head_dim },
        windows: WindowRule::Every { tokens: None, listed: true },
        projections: Projections::Fused("qkv_proj"),
        ..Attention::PLAIN
    },
    rotation: RotationRule { part: PartRule::Share(1.0), longrope: true, ..RotationRule::WHOLE },
    feed_forward: FeedForward {
        tensors: PartTensors::Fused(["gate_up_proj", "down_proj"]),
        ..FeedForward::SWIGLU
    },
    ..Family::LLAMA
};
