//! MiniMax-M2: norms of whole projections, sigmoid routing with a correction, a part of each head rotated.

use crate::schema::{
    Accepted, Attention, Correction, Count, ExpertTensors, Family, HeadDim, KvHeads, MixtureLayers,
    MixtureRule, Null, PartRule, QkNorm, RotationRule, Router, Scores,
};

pub(super) const MINIMAX_M2: Family = Family {
    name: "minimax_m2",
    architecture: "MiniMaxM2ForCausalLM",
    models: "MiniMax-M2",
    attention: Attention {
        kv_heads: KvHeads { default: Some(8), null: Null::Refused },
        head_dim: HeadDim { default: Some(128), null: Null::Refused, ..Attention::PLAIN.head_dim },
        qk_norm: Some(QkNorm::PROJECTIONS),
        ..Attention::PLAIN
    },
    rotation: RotationRule { base: 5e6, part: PartRule::Channels("rotary_dim"), ..RotationRule::WHOLE },
    mixture: Some(MixtureRule {
        experts: Count { keys: &["num_local_experts", "num_experts"], default: Some(256) },
        per_token: Count { keys: &["num_experts_per_tok"], default: Some(8) },
        inner: Count { keys: &["intermediate_size"], default: None },
        layers: MixtureLayers::All,
        place: "block_sparse_moe",
        router: Router {
            scores: Scores::Sigmoid,
            correction: Some(Correction { name: "e_score_correction_bias", row: false }),
            ..Router::SOFTMAX
        },
        tensors: ExpertTensors::Apart(["w1", "w3", "w2"]),
        shared: None,
    }),
    only: &[
        ("qk_norm_type", Accepted::Word("per_layer")),
        ("scoring_func", Accepted::Word("sigmoid")),
        ("shared_intermediate_size", Accepted::Number(0.0)),
        ("use_qk_norm", Accepted::Flag(true)),
        ("use_routing_bias", Accepted::Flag(true)),
    ],
    predictors: &["num_mtp_modules"],
    ignored: &[
        "attn_type_list",
        "layernorm_full_attention_beta",
        "layernorm_linear_attention_beta",
        "layernorm_mlp_beta",
        "max_model_len",
        "mlp_intermediate_size",
        "mtp_transformer_layers",
        "rms_norm_eps_linear",
        "shared_moe_mode",
        "use_mtp",
    ],
    ..Family::LLAMA
};
