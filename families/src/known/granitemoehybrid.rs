//! Granite 4 as far as it is a decoder of attention alone: its state-space layers are not computed here, nor its experts.

use crate::schema::{Accepted, Attention, Family, FeedForward, HeadDim, Null, Number, PartTensors, Scales};

pub(super) const GRANITEMOEHYBRID: Family = Family {
    name: "granitemoehybrid",
    architecture: "GraniteMoeHybridForCausalLM",
    models: "Granite 4.0 Micro and 1B (dense, without Mamba)",
    attention: Attention {
        head_dim: HeadDim { null: Null::Refused, ..Attention::LLAMA.head_dim },
        scale: Number::Key("attention_multiplier", 1.0),
        ..Attention::LLAMA
    },
    feed_forward: FeedForward {
        inner: "shared_intermediate_size",
        place: "shared_mlp",
        tensors: PartTensors::Fused(["input_linear", "output_linear"]),
        ..FeedForward::SWIGLU
    },
    scales: Scales::GRANITE,
    // Absent, they mean experts, no rotation and state-space layers.
    needed: &[
        ("num_local_experts", Accepted::Number(0.0)),
        ("position_embedding_type", Accepted::Word("rope")),
        ("layer_types", Accepted::ListOf(&["attention", "full_attention"])),
    ],
    ignored: &[
        "intermediate_size",
        "mamba_chunk_size",
        "mamba_conv_bias",
        "mamba_d_conv",
        "mamba_d_head",
        "mamba_d_state",
        "mamba_expand",
        "mamba_n_groups",
        "mamba_n_heads",
        "mamba_proj_bias",
        "num_experts_per_tok",
        "normalization_function",
        "time_step_limit",
        "time_step_max",
        "time_step_min",
        "time_step_floor",
    ],
    ..Family::LLAMA
};
