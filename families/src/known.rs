//! The families that are known: one file each, and a line here.

mod arcee;
mod cohere;
mod cohere2;
mod deepseek_v2;
mod deepseek_v3;
mod dots1;
mod ernie4_5;
mod ernie4_5_moe;
mod exaone4;
mod falcon;
mod flex_olmo;
mod gemma;
mod gemma2;
mod gemma3_text;
mod glm;
mod glm4;
mod glm4_moe;
mod glm4_moe_lite;
mod gpt_neox;
mod gpt_oss;
mod granite;
mod granitemoe;
mod granitemoehybrid;
mod granitemoeshared;
mod helium;
mod hunyuan_v1_dense;
mod hunyuan_v1_moe;
mod llama;
mod llama4_text;
mod minimax_m2;
mod ministral;
mod ministral3;
mod mistral;
mod mixtral;
mod nemotron;
mod olmo;
mod olmo2;
mod olmo3;
mod olmoe;
mod phi;
mod phi3;
mod phimoe;
mod qwen2;
mod qwen2_moe;
mod qwen3;
mod qwen3_moe;
mod seed_oss;
mod smollm3;
mod stablelm;
mod starcoder2;
mod youtu;

use crate::schema::{Family, Wrapper};

/// Every family, by name.
pub fn all() -> &'static [&'static Family] {
    &[
        &arcee::ARCEE,
        &cohere::COHERE,
        &cohere2::COHERE2,
        &deepseek_v2::DEEPSEEK_V2,
        &deepseek_v3::DEEPSEEK_V3,
        &dots1::DOTS1,
        &ernie4_5::ERNIE4_5,
        &ernie4_5_moe::ERNIE4_5_MOE,
        &exaone4::EXAONE4,
        &falcon::FALCON,
        &flex_olmo::FLEX_OLMO,
        &gemma::GEMMA,
        &gemma2::GEMMA2,
        &gemma3_text::GEMMA3_TEXT,
        &glm::GLM,
        &glm4::GLM4,
        &glm4_moe::GLM4_MOE,
        &glm4_moe_lite::GLM4_MOE_LITE,
        &gpt_neox::GPT_NEOX,
        &gpt_oss::GPT_OSS,
        &granite::GRANITE,
        &granitemoe::GRANITEMOE,
        &granitemoehybrid::GRANITEMOEHYBRID,
        &granitemoeshared::GRANITEMOESHARED,
        &helium::HELIUM,
        &hunyuan_v1_dense::HUNYUAN_V1_DENSE,
        &hunyuan_v1_moe::HUNYUAN_V1_MOE,
        &llama::LLAMA,
        &llama4_text::LLAMA4_TEXT,
        &minimax_m2::MINIMAX_M2,
        &ministral::MINISTRAL,
        &ministral3::MINISTRAL3,
        &mistral::MISTRAL,
        &mixtral::MIXTRAL,
        &nemotron::NEMOTRON,
        &olmo::OLMO,
        &olmo2::OLMO2,
        &olmo3::OLMO3,
        &olmoe::OLMOE,
        &phi::PHI,
        &phi3::PHI3,
        &phimoe::PHIMOE,
        &qwen2::QWEN2,
        &qwen2_moe::QWEN2_MOE,
        &qwen3::QWEN3,
        &qwen3_moe::QWEN3_MOE,
        &seed_oss::SEED_OSS,
        &smollm3::SMOLLM3,
        &stablelm::STABLELM,
        &starcoder2::STARCODER2,
        &youtu::YOUTU,
    ]
}

/// The family whose models a model of several parts with this `model_type` holds.
pub(crate) fn wrapped(name: &str) -> Option<(&'static Family, Wrapper)> {
    let of = |family: &&'static Family| Some((*family, family.wrapper?));
    all().iter().filter_map(of).find(|(_, wrapper)| wrapper.name == name)
}

/// The family with this `model_type`.
pub fn find(name: &str) -> Option<&'static Family> {
    all().iter().copied().find(|family| family.name == name)
}
