//! Which tensors a decoder has, by name and shape: what is read, and what a checkpoint has to hold.

use super::config::{DecoderConfig, Family, Mixture};

/// The embedding, `[vocab, hidden]`.
pub(super) const EMBEDDING: &str = "model.embed_tokens.weight";
/// The output matrix where it is not the embedding, `[vocab, hidden]`.
pub(super) const OUTPUT: &str = "lm_head.weight";
/// The weights of the last norm, `[hidden]`.
pub(super) const NORM: &str = "model.norm.weight";

/// A name and a shape.
pub(super) type Tensor = (String, Vec<usize>);

/// Matrices with the same inputs that are multiplied as one.
pub(super) struct LinearTensors {
    /// Names without `.weight` and `.bias`, and outputs.
    parts: Vec<(String, usize)>,
    pub(super) inputs: usize,
    biased: bool,
}

impl LinearTensors {
    fn new(place: &str, parts: &[(&str, usize)], inputs: usize, biased: bool) -> Self {
        let parts = parts.iter().map(|(name, outputs)| (format!("{place}.{name}"), *outputs)).collect();
        Self { parts, inputs, biased }
    }

    /// `[outputs, inputs]` each.
    pub(super) fn weights(&self) -> impl Iterator<Item = Tensor> {
        self.parts.iter().map(|(name, outputs)| (format!("{name}.weight"), vec![*outputs, self.inputs]))
    }

    /// `[outputs]` each, or none.
    pub(super) fn biases(&self) -> impl Iterator<Item = Tensor> {
        let biased = self.parts.iter().filter(|_| self.biased);
        biased.map(|(name, outputs)| (format!("{name}.bias"), vec![*outputs]))
    }

    fn all(&self) -> impl Iterator<Item = Tensor> {
        self.weights().chain(self.biases())
    }
}

/// The feed-forward part of a layer, or one expert of it.
pub(super) struct GatedTensors {
    pub(super) gate_up: LinearTensors,
    pub(super) down: LinearTensors,
}

impl GatedTensors {
    fn new(config: &DecoderConfig, place: &str, [gate, up, down]: [&str; 3]) -> Self {
        let (hidden, inner, biased) = (config.hidden, config.feed_forward, config.mlp_bias);
        Self {
            gate_up: LinearTensors::new(place, &[(gate, inner), (up, inner)], hidden, biased),
            down: LinearTensors::new(place, &[(down, hidden)], inner, biased),
        }
    }

    fn all(&self) -> impl Iterator<Item = Tensor> {
        self.gate_up.all().chain(self.down.all())
    }
}

/// The tensors of one layer.
pub(super) struct LayerTensors<'a> {
    config: &'a DecoderConfig,
    place: String,
}

impl<'a> LayerTensors<'a> {
    pub(super) fn new(config: &'a DecoderConfig, layer: usize) -> Self {
        Self { config, place: format!("model.layers.{layer}") }
    }

    pub(super) fn attention_norm(&self) -> Tensor {
        (format!("{}.input_layernorm.weight", self.place), vec![self.config.hidden])
    }

    pub(super) fn feed_forward_norm(&self) -> Tensor {
        (format!("{}.post_attention_layernorm.weight", self.place), vec![self.config.hidden])
    }

    /// Of queries and of keys, per channel of a head; in families that have them.
    pub(super) fn head_norms(&self) -> Option<[Tensor; 2]> {
        let norm =
            |name: &str| (format!("{}.self_attn.{name}.weight", self.place), vec![self.config.head_dim]);
        self.config.qk_norm.then(|| [norm("q_norm"), norm("k_norm")])
    }

    pub(super) fn qkv(&self) -> LinearTensors {
        let config = self.config;
        let (queries, kv) = (config.heads * config.head_dim, config.kv_heads * config.head_dim);
        let parts = [("q_proj", queries), ("k_proj", kv), ("v_proj", kv)];
        LinearTensors::new(&self.attention(), &parts, config.hidden, config.qkv_bias)
    }

    pub(super) fn attention_output(&self) -> LinearTensors {
        let config = self.config;
        let parts = [("o_proj", config.hidden)];
        LinearTensors::new(&self.attention(), &parts, config.heads * config.head_dim, config.output_bias)
    }

    fn attention(&self) -> String {
        format!("{}.self_attn", self.place)
    }

    /// The router of a mixture, and how many experts it chooses from.
    pub(super) fn mixture(&self) -> Option<(LinearTensors, Mixture)> {
        let mixture = self.config.mixture.filter(|_| self.config.family == Family::Mixtral)?;
        let place = format!("{}.block_sparse_moe", self.place);
        Some((LinearTensors::new(&place, &[("gate", mixture.experts)], self.config.hidden, false), mixture))
    }

    pub(super) fn expert(&self, expert: usize) -> GatedTensors {
        let place = format!("{}.block_sparse_moe.experts.{expert}", self.place);
        GatedTensors::new(self.config, &place, ["w1", "w3", "w2"])
    }

    pub(super) fn feed_forward(&self) -> GatedTensors {
        GatedTensors::new(self.config, &format!("{}.mlp", self.place), ["gate_proj", "up_proj", "down_proj"])
    }

    fn each<E>(&self, visit: &mut impl FnMut(Tensor) -> Result<(), E>) -> Result<(), E> {
        visit(self.attention_norm())?;
        self.qkv().all().try_for_each(&mut *visit)?;
        self.attention_output().all().try_for_each(&mut *visit)?;
        self.head_norms().into_iter().flatten().try_for_each(&mut *visit)?;
        visit(self.feed_forward_norm())?;
        let Some((router, mixture)) = self.mixture() else {
            return self.feed_forward().all().try_for_each(visit);
        };
        // The router says how many experts there are before any of them is asked for.
        router.all().try_for_each(&mut *visit)?;
        (0..mixture.experts).try_for_each(|expert| self.expert(expert).all().try_for_each(&mut *visit))
    }
}

/// Shows `visit` every tensor of a model, one after the other and up to its first error: a size that a checkpoint
/// contradicts is met before anything of that size is made.
pub(super) fn each<E>(
    config: &DecoderConfig,
    mut visit: impl FnMut(Tensor) -> Result<(), E>,
) -> Result<(), E> {
    let matrix = |name: &str| (name.to_owned(), vec![config.vocab, config.hidden]);
    visit(matrix(EMBEDDING))?;
    visit((NORM.to_owned(), vec![config.hidden]))?;
    if !config.tied {
        visit(matrix(OUTPUT))?;
    }
    (0..config.layers).try_for_each(|layer| LayerTensors::new(config, layer).each(&mut visit))
}

/// The keys of config.json that the shape of a tensor follows from, for messages.
pub(super) fn keys(name: &str) -> &'static str {
    let holds = |parts: &[&str]| parts.iter().any(|part| name.contains(part));
    if holds(&["embed_tokens", "lm_head"]) {
        "`vocab_size` and `hidden_size`"
    } else if holds(&["q_norm", "k_norm"]) {
        "`head_dim`"
    } else if holds(&["self_attn"]) {
        "`hidden_size`, `num_attention_heads`, `num_key_value_heads` and `head_dim`"
    } else if holds(&["block_sparse_moe.gate."]) {
        "`num_local_experts` and `hidden_size`"
    } else if holds(&[".mlp.", ".experts."]) {
        "`intermediate_size` and `hidden_size`"
    } else if name.starts_with("model.") {
        "`hidden_size`"
    } else {
        "the sizes"
    }
}
