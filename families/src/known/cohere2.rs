//! Command R7B and Command A (arXiv 2504.00698): Command R with windows, and no rotation in layers without one.

use super::cohere::COHERE;
use crate::schema::{Accepted, Attention, Family, RotationRule, Unrotated, WindowRule};

pub(super) const COHERE2: Family = Family {
    name: "cohere2",
    architecture: "Cohere2ForCausalLM",
    models: "Command R7B, Command A",
    attention: Attention {
        qk_norm: None,
        windows: WindowRule::Listed {
            tokens: Some(4096),
            full_every: Some(4),
            every_key: Some("sliding_window_pattern"),
        },
        ..COHERE.attention
    },
    rotation: RotationRule {
        base: 10000.0,
        base_needed: false,
        unrotated: Unrotated::WithoutWindow,
        ..COHERE.rotation
    },
    // As these are written, they say what is computed anyway.
    only: &[
        ("order_of_interleaved_layers", Accepted::Word("local_attn_first")),
        ("position_embedding_type", Accepted::Word("rope_gptj")),
        ("rotary_pct", Accepted::Number(1.0)),
        ("use_embedding_sharing", Accepted::Flag(true)),
        ("use_gated_activation", Accepted::Flag(true)),
        ("use_parallel_block", Accepted::Flag(true)),
        ("use_qk_norm", Accepted::Flag(false)),
    ],
    ignored: &["layer_switch", "use_parallel_embedding"],
    ..COHERE
};
