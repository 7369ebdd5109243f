//! GLM-4 of 2025: as GLM, with norms on both sides.

use super::glm::GLM;
use crate::schema::{Family, NormRule, Placement};

pub(super) const GLM4: Family = Family {
    name: "glm4",
    architecture: "Glm4ForCausalLM",
    models: "GLM-4-0414 9B and 32B, GLM-Z1",
    norms: NormRule {
        placement: Placement::Both {
            attention: "input_layernorm",
            after_attention: "post_self_attn_layernorm",
            feed_forward: "post_attention_layernorm",
            after_feed_forward: "post_mlp_layernorm",
        },
        ..GLM.norms
    },
    ..GLM
};
