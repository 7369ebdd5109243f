//! Gemma 3 (arXiv 2503.19786), its language model: five layers with a window and a rotation of their own, then one without.

use super::gemma2::GEMMA2;
use crate::schema::{Accepted, Attention, Family, Number, QkNorm, RotationRule, Scales, WindowRule, Wrapper};

pub(super) const GEMMA3_TEXT: Family = Family {
    name: "gemma3_text",
    architecture: "Gemma3ForCausalLM",
    models: "Gemma 3 270M and 1B, and the language model of the larger ones",
    attention: Attention {
        qk_norm: Some(QkNorm::HEADS),
        cap: Number::None,
        windows: WindowRule::Listed {
            tokens: Some(4096),
            full_every: Some(6),
            every_key: Some("sliding_window_pattern"),
        },
        ..GEMMA2.attention
    },
    rotation: RotationRule {
        base: 1e6,
        local_base: Some(10_000.0),
        local_key: Some("rope_local_base_freq"),
        ..RotationRule::WHOLE
    },
    scales: Scales { cap: Number::Optional("final_logit_softcapping", None), ..GEMMA2.scales },
    // Read by no version, but written: Gemma 3 has no cap of scores.
    only: &[
        ("attn_logit_softcapping", Accepted::Null),
        ("use_bidirectional_attention", Accepted::Flag(false)),
    ],
    ignored: &["_sliding_window_pattern"],
    wrapper: Some(Wrapper {
        name: "gemma3",
        architecture: "Gemma3ForConditionalGeneration",
        prefix: "language_model.",
        others: &["vision_tower.", "multi_modal_projector."],
        tied: true,
        ignored: &[
            "boi_token_index",
            "eoi_token_index",
            "image_token_index",
            "mm_tokens_per_image",
            "vision_config",
        ],
        sizes: &[
            ("max_position_embeddings", 131_072),
            ("num_attention_heads", 8),
            ("num_hidden_layers", 26),
            ("hidden_size", 2304),
            ("intermediate_size", 9216),
            ("vocab_size", 262_208),
        ],
    }),
    ..GEMMA2
};
