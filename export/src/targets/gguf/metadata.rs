//! Keys of the model's shape, as llama.cpp's converter writes them.

use attune_families::{DecoderConfig, Scaling, Window};

use super::architecture::Windows;
use super::container::Value;
use super::request::Request;

/// What everything in the file is about; the tokenizer's keys stand elsewhere. `file` is the number of the commonest type.
pub(super) fn keys(name: &str, config: &DecoderConfig, request: &Request, file: u32) -> Vec<(String, Value)> {
    let architecture = request.architecture.name;
    let mut keys = Keys { architecture, keys: Vec::new() };
    keys.general("architecture", Value::Text(architecture.to_owned()));
    keys.general("type", Value::Text("model".to_owned()));
    keys.general("name", Value::Text(name.to_owned()));
    keys.general("file_type", Value::U32(file));
    // How blocks of codes are laid out, since 2023.
    keys.general("quantization_version", Value::U32(2));

    keys.size("vocab_size", config.vocab);
    keys.size("context_length", config.context);
    keys.size("embedding_length", config.hidden);
    keys.size("block_count", request.layers.len());
    keys.size("feed_forward_length", config.dense_feed_forward);
    keys.size("attention.head_count", config.heads);
    keys.size("attention.head_count_kv", config.kv_heads);
    keys.size("attention.key_length", config.head_dim);
    keys.size("attention.value_length", config.head_dim);
    keys.number("attention.layer_norm_rms_epsilon", config.norm_eps);
    keys.cap("attn_logit_softcapping", config.attention_cap);
    keys.cap("final_logit_softcapping", config.logit_cap);
    if request.architecture.windows != Windows::None {
        windows(&mut keys, config, &request.layers);
    }
    rotation(&mut keys, config);
    experts(&mut keys, config, request);
    keys.keys
}

fn windows(keys: &mut Keys, config: &DecoderConfig, layers: &[u32]) {
    let windows: Vec<Option<Window>> =
        layers.iter().map(|&layer| config.layer(layer as usize).window()).collect();
    if let Some(Window::Sliding(tokens)) = windows.iter().flatten().next() {
        keys.size("attention.sliding_window", *tokens);
        let pattern = windows.iter().map(Option::is_some).collect();
        keys.add("attention.sliding_window_pattern", Value::Bools(pattern));
    }
}

fn rotation(keys: &mut Keys, config: &DecoderConfig) {
    keys.size("rope.dimension_count", config.rotated);
    keys.number("rope.freq_base", config.rope.base as f32);
    if let Some(local) = &config.local_rope {
        keys.number("rope.freq_base_swa", local.base as f32);
    }
    match config.rope.scaling {
        Scaling::Linear { factor } => {
            keys.add("rope.scaling.type", Value::Text("linear".to_owned()));
            keys.number("rope.scaling.factor", factor as f32);
        }
        Scaling::Yarn { factor, context, fast, slow, .. } => {
            keys.add("rope.scaling.type", Value::Text("yarn".to_owned()));
            keys.number("rope.scaling.factor", factor as f32);
            keys.size("rope.scaling.original_context_length", context as usize);
            keys.number("rope.scaling.yarn_beta_fast", fast as f32);
            keys.number("rope.scaling.yarn_beta_slow", slow as f32);
        }
        _ => {}
    }
}

fn experts(keys: &mut Keys, config: &DecoderConfig, request: &Request) {
    let Some(mixture) = &config.mixture else { return };
    keys.size("expert_count", request.experts.values().next().map_or(mixture.experts, Vec::len));
    keys.size("expert_used_count", request.per_token.map_or(mixture.per_token, |count| count as usize));
    if request.architecture.own_inner {
        keys.size("expert_feed_forward_length", mixture.inner);
    }
    if let Some(shared) = mixture.shared {
        keys.size("expert_shared_feed_forward_length", shared.inner);
    }
}

struct Keys {
    architecture: &'static str,
    keys: Vec<(String, Value)>,
}

impl Keys {
    fn general(&mut self, key: &str, value: Value) {
        self.keys.push((format!("general.{key}"), value));
    }

    fn add(&mut self, key: &str, value: Value) {
        self.keys.push((format!("{}.{key}", self.architecture), value));
    }

    fn size(&mut self, key: &str, size: usize) {
        self.add(key, Value::U32(u32::try_from(size).unwrap_or(u32::MAX)));
    }

    fn number(&mut self, key: &str, number: f32) {
        self.add(key, Value::F32(number));
    }

    fn cap(&mut self, key: &str, cap: Option<f64>) {
        if let Some(cap) = cap {
            self.number(key, cap as f32);
        }
    }
}
