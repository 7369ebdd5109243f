//! Ministral 3: Mistral whose queries are scaled far into a text.

use crate::schema::{
    Attention, Family, HeadDim, KvHeads, NormRule, Null, RotationRule, TemperatureRule, WindowRule, Wrapper,
};

pub(super) const MINISTRAL3: Family = Family {
    name: "ministral3",
    architecture: "Ministral3ForCausalLM",
    models: "Ministral 3, 3B to 14B, and the language model of those that see",
    norms: NormRule { eps: 1e-5, ..NormRule::RMS },
    attention: Attention {
        kv_heads: KvHeads { default: Some(8), null: Null::Refused },
        head_dim: HeadDim { default: Some(128), null: Null::Refused, ..Attention::PLAIN.head_dim },
        windows: WindowRule::Every { tokens: None, listed: true },
        ..Attention::PLAIN
    },
    // Absent, the rotation is a scaled one.
    rotation: RotationRule {
        given: true,
        temperature: TemperatureRule::WithRotation("llama_4_scaling_beta"),
        ..RotationRule::WHOLE
    },
    wrapper: Some(Wrapper {
        name: "mistral3",
        architecture: "Mistral3ForConditionalGeneration",
        prefix: "language_model.",
        others: &["vision_tower.", "multi_modal_projector."],
        tied: true,
        ignored: &[
            "image_token_id",
            "image_token_index",
            "multimodal_projector_bias",
            "projector_hidden_act",
            "spatial_merge_size",
            "vision_config",
            "vision_feature_layer",
        ],
        sizes: &[],
    }),
    ..Family::LLAMA
};
