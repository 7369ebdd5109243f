//! Command R: attention and feed-forward part side by side behind one norm, neighbouring channels turned, logits scaled.

use crate::schema::{
    Attention, Family, Flag, HeadDim, NormKind, NormRule, Number, Over, Pairs, Placement, QkNorm,
    RotationRule, Scales,
};

pub(super) const COHERE: Family = Family {
    name: "cohere",
    architecture: "CohereForCausalLM",
    models: "Command R and R+, Aya 23",
    norms: NormRule {
        kind: NormKind::Layer { bias: false, plus_one: false },
        eps_key: "layer_norm_eps",
        eps: 1e-5,
        placement: Placement::Beside { attention: "input_layernorm", feed_forward: None },
        ..NormRule::RMS
    },
    attention: Attention {
        head_dim: HeadDim { derived: true, ..Attention::LLAMA.head_dim },
        qk_norm: Some(QkNorm {
            over: Over::EachHead,
            present: Flag::Key("use_qk_norm", false),
            ..QkNorm::HEADS
        }),
        ..Attention::LLAMA
    },
    // 10,000 where older versions miss the key.
    rotation: RotationRule {
        base: 500_000.0,
        base_needed: true,
        pairs: Pairs::Neighbours,
        ..RotationRule::WHOLE
    },
    scales: Scales { logits: Number::Key("logit_scale", 0.0625), ..Scales::NONE },
    tied: true,
    ..Family::LLAMA
};
