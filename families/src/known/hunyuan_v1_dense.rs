//! HunYuan, dense: norms of queries and keys behind their rotation.

use crate::schema::{Accepted, Attention, Family, HeadDim, NormRule, QkNorm, QkPlace, RotationRule};

pub(super) const HUNYUAN_V1_DENSE: Family = Family {
    name: "hunyuan_v1_dense",
    architecture: "HunYuanDenseV1ForCausalLM",
    models: "Hunyuan 0.5B to 7B, Hunyuan-MT",
    norms: NormRule { eps: 1e-5, ..NormRule::RMS },
    attention: Attention {
        head_dim: HeadDim { needed_by_scaling: true, ..Attention::LLAMA.head_dim },
        qk_norm: Some(QkNorm {
            place: QkPlace::AfterRotation,
            names: Some(["query_layernorm", "key_layernorm"]),
            ..QkNorm::HEADS
        }),
        ..Attention::LLAMA
    },
    rotation: RotationRule { alpha: true, ..RotationRule::WHOLE },
    only: &[
        ("moe_layer_num_skipped", Accepted::Number(0.0)),
        ("norm_type", Accepted::Word("rms")),
        ("position_embedding_xdrope", Accepted::Flag(false)),
        ("use_cla", Accepted::Flag(false)),
        ("use_mla", Accepted::Flag(false)),
        ("use_qk_norm", Accepted::Flag(true)),
        ("use_rotary_pos_emb", Accepted::Flag(true)),
    ],
    // Tokens, and sizes of parts that it has not.
    ignored: &[
        "add_classification_head",
        "attention_head_dim",
        "capacity_factor",
        "cla_share_factor",
        "class_num",
        "dense_list",
        "eod_token_id",
        "im_end_id",
        "im_newline_id",
        "im_start_id",
        "mask_init_id",
        "moe_drop_tokens",
        "moe_intermediate_size",
        "moe_random_routing_dropped_token",
        "num_media_embeds",
        "num_shared_expert",
        "org_vocab_size",
        "pool_type",
        "text_end_id",
        "text_start_id",
    ],
    ..Family::LLAMA
};
