//! Llama 4, its language model: attention within chunks beside layers without rotation, and experts whose input is weighed.

use crate::schema::{
    Accepted, Attention, Count, ExpertTensors, Family, FeedForward, Flag, HeadDim, KvHeads, MixtureLayers,
    MixtureRule, NormRule, Null, Number, Orientation, Pairs, PartTensors, QkNorm, QkPlace, RotationRule,
    Router, Scores, SharedExpert, SharedInner, TemperatureRule, Unrotated, WindowRule, Wrapper,
};

pub(super) const LLAMA4_TEXT: Family = Family {
    name: "llama4_text",
    architecture: "Llama4ForCausalLM",
    models: "the language model of Llama 4 Scout and Maverick",
    norms: NormRule { eps: 1e-5, ..NormRule::RMS },
    attention: Attention {
        kv_heads: KvHeads { default: Some(8), null: Null::Refused },
        head_dim: HeadDim { default: Some(128), null: Null::Refused, ..Attention::LLAMA.head_dim },
        qk_norm: Some(QkNorm {
            present: Flag::Key("use_qk_norm", true),
            place: QkPlace::AfterRotation,
            names: None,
            ..QkNorm::HEADS
        }),
        windows: WindowRule::Chunked { tokens: 8192 },
        ..Attention::LLAMA
    },
    rotation: RotationRule {
        base: 500_000.0,
        pairs: Pairs::Neighbours,
        unrotated: Unrotated::Listed { interval: 4 },
        temperature: TemperatureRule::Unrotated {
            used: Flag::Key("attn_temperature_tuning", true),
            strength: Number::Key("attn_scale", 0.1),
            every_key: "floor_scale",
            every: 8192,
        },
        ..RotationRule::WHOLE
    },
    feed_forward: FeedForward {
        inner: "intermediate_size_mlp",
        place: "feed_forward",
        ..FeedForward::SWIGLU
    },
    mixture: Some(MixtureRule {
        experts: Count { keys: &["num_local_experts"], default: Some(16) },
        per_token: Count { keys: &["num_experts_per_tok"], default: Some(1) },
        inner: Count { keys: &["intermediate_size"], default: None },
        layers: MixtureLayers::Interleaved,
        place: "feed_forward",
        router: Router {
            matrix: "router",
            scores: Scores::ChosenSigmoid,
            renormalised: Flag::Always(false),
            weighs_input: true,
            ..Router::SOFTMAX
        },
        tensors: ExpertTensors::Stacked {
            gate_up: "experts.gate_up_proj",
            down: "experts.down_proj",
            orientation: Orientation::Columns,
            biases: None,
        },
        shared: Some(SharedExpert {
            inner: SharedInner::AsExpert,
            place: "feed_forward.shared_expert",
            tensors: PartTensors::Gated(["gate_proj", "up_proj", "down_proj"]),
            gate: None,
        }),
    }),
    only: &[("for_llm_compressor", Accepted::Flag(false))],
    wrapper: Some(Wrapper {
        name: "llama4",
        architecture: "Llama4ForConditionalGeneration",
        prefix: "language_model.",
        others: &["vision_model.", "multi_modal_projector."],
        tied: false,
        ignored: &["boi_token_index", "eoi_token_index", "image_token_index", "vision_config"],
        sizes: &[],
    }),
    ..Family::LLAMA
};
