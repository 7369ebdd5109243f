//! Which tensors a decoder has, by name and shape, and which linear modules they hold.
//!
//! Families store the same matrices apart, side by side or stacked. A [`MatrixSlice`] is one module's matrix wherever it
//! lies; whoever reads, counts, quantises or writes modules goes by [`modules`] and knows no family.

mod experts;
mod latent;
mod layer;
mod linear;
mod names;
mod slice;

pub use experts::{ExpertNames, ExpertRole};
pub use latent::{LatentTensors, ProjectionTensors};
pub use layer::{FeedForwardTensors, LayerTensors, NormTensors, RouterTensors};
pub use linear::{block_parameters, linear_modules, router_parameters};
pub use names::module_tensor;
pub use slice::{LinearPart, LinearTensors, MatrixSlice, Runs};

use attune_vocabulary::Module;

use crate::config::DecoderConfig;
use crate::schema::NormKind;

/// A name and a shape.
pub type Tensor = (String, Vec<usize>);

/// A linear module of a layer: what `weight-bits` and `activation-bits` name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinearModule {
    /// The layer.
    pub layer: usize,
    /// Which module.
    pub module: Module,
    /// Whose it is, in a mixture.
    pub expert: Option<usize>,
    /// The first module that reads the same values.
    pub input: Module,
    /// Its matrix and bias.
    pub part: LinearPart,
}

/// The linear modules of a layer, in the order of the forward pass. Routers, and experts that answer for every token, are
/// none: no edit names them.
pub fn modules(config: &DecoderConfig, layer: usize) -> Vec<LinearModule> {
    of_experts(config, layer, usize::MAX)
}

/// The same with as many experts at most.
fn of_experts(config: &DecoderConfig, layer: usize, most: usize) -> Vec<LinearModule> {
    let names = LayerTensors::new(config, layer);
    let mut modules = Vec::new();
    let down = match names.projections() {
        ProjectionTensors::Latent(latent) if latent.query_up.is_some() => Module::QueryDown,
        _ => Module::Query,
    };
    let shares = config.is_parallel() && names.feed_forward_norm().is_none();
    let mut add = |expert: Option<usize>, linear: LinearTensors, which: &[Module]| {
        let of = |(part, &module): (LinearPart, &Module)| {
            let input = match module {
                // Both ways down start at the same place, and halves side by side may have one norm.
                Module::KeyValueDown => down,
                Module::Gate | Module::Up if shares => down,
                _ => which.first().copied().unwrap_or(module),
            };
            LinearModule { layer, module, expert, input, part }
        };
        modules.extend(linear.parts.into_iter().zip(which).map(of));
    };
    match names.projections() {
        ProjectionTensors::Heads(linear) => add(None, linear, &[Module::Query, Module::Key, Module::Value]),
        ProjectionTensors::Latent(latent) => {
            let LatentTensors { query, query_up, kv_down, kv_up, .. } = *latent;
            match query_up {
                None => add(None, query, &[Module::Query]),
                Some((_, up)) => {
                    add(None, query, &[Module::QueryDown]);
                    add(None, up, &[Module::QueryUp]);
                }
            }
            add(None, kv_down, &[Module::KeyValueDown]);
            add(None, kv_up, &[Module::KeyValueUp]);
        }
    }
    add(None, names.attention_output(), &[Module::Output]);
    let inner: &[Module] = if config.is_gated() { &[Module::Gate, Module::Up] } else { &[Module::Up] };
    let experts = config.layer(layer).mixture().map_or(0, |mixture| mixture.experts);
    if experts == 0 {
        let part = names.feed_forward();
        add(None, part.inner, inner);
        add(None, part.down, &[Module::Down]);
    }
    for expert in 0..experts.min(most) {
        let part = names.expert(expert);
        add(Some(expert), part.inner, inner);
        add(Some(expert), part.down, &[Module::Down]);
    }
    modules
}

/// The norm behind the last layer.
pub fn last_norm(config: &DecoderConfig) -> NormTensors {
    NormTensors::new(config, config.family.norms.last, config.hidden)
}

/// What is added to the products of the output matrix, `[vocab]`, in models that have it.
pub fn output_bias(config: &DecoderConfig) -> Option<Tensor> {
    config.logit_bias.then(|| ("lm_head.bias".to_owned(), vec![config.vocab]))
}

/// Shows `visit` every tensor of a model, one after the other and up to its first error: a size that a checkpoint
/// contradicts is met before anything of that size is made.
///
/// # Errors
/// The first one of `visit`.
pub fn each<E>(config: &DecoderConfig, mut visit: impl FnMut(Tensor) -> Result<(), E>) -> Result<(), E> {
    let names = &config.family.names;
    let matrix = |name: &str| (name.to_owned(), vec![config.vocab, config.hidden]);
    visit(matrix(names.embedding))?;
    last_norm(config).all().try_for_each(&mut visit)?;
    if !config.tied {
        visit(matrix(names.output))?;
    }
    output_bias(config).into_iter().try_for_each(&mut visit)?;
    (0..config.layers).try_for_each(|layer| LayerTensors::new(config, layer).each(&mut visit))
}

/// Elements of all tensors.
pub fn parameters(config: &DecoderConfig) -> u64 {
    let mut sum = 0;
    let Ok(()) = each::<std::convert::Infallible>(config, |(_, shape)| {
        sum += shape.iter().map(|&size| size as u64).product::<u64>();
        Ok(())
    });
    sum
}

/// Weights and biases of one expert; 0 without experts.
pub fn expert_parameters(config: &DecoderConfig) -> u64 {
    let Some(layer) = config.mixture.as_ref().and_then(|mixture| mixture.layers().next()) else { return 0 };
    let part = LayerTensors::new(config, layer).expert(0);
    let slices =
        [&part.inner, &part.down].into_iter().flat_map(|linear| linear.weights().chain(linear.biases()));
    slices.map(|slice| slice.elements() as u64).sum()
}

/// The number of the layer that a tensor's name speaks of.
pub fn layer_of(name: &str) -> Option<u32> {
    name.strip_prefix("model.layers.")?.split('.').next()?.parse().ok()
}

/// Whether norms of a kind have biases.
fn has_bias(kind: NormKind) -> bool {
    matches!(kind, NormKind::Layer { bias: true, .. })
}

/// The keys of config.json that the shape of a tensor follows from, for messages.
pub fn keys(name: &str) -> &'static str {
    let holds = |parts: &[&str]| parts.iter().any(|part| name.contains(part));
    if holds(&["embed", "lm_head"]) {
        "`vocab_size` and `hidden_size`"
    } else if holds(&["q_norm", "k_norm", "q_layernorm", "k_layernorm"]) {
        "`head_dim`"
    } else if holds(&["q_a_", "q_b_", "kv_a_", "kv_b_"]) {
        "`hidden_size`, `num_attention_heads`, `q_lora_rank`, `kv_lora_rank`, `qk_nope_head_dim`, `qk_rope_head_dim` and \
         `v_head_dim`"
    } else if holds(&["self_attn.", "attention."]) {
        "`hidden_size`, `num_attention_heads`, `num_key_value_heads` and `head_dim`"
    } else if holds(&["block_sparse_moe.gate."]) {
        "`num_local_experts` and `hidden_size`"
    } else if holds(&["mlp.gate.", "router"]) {
        "the number of experts and `hidden_size`"
    } else if holds(&[".mlp.experts.", "_linear"]) {
        "the number of experts, their inner width and `hidden_size`"
    } else if holds(&[".mlp.", ".experts.", ".feed_forward.", "shared_"]) {
        "`intermediate_size` and `hidden_size`"
    } else if holds(&["norm", "ln_"]) {
        "`hidden_size`"
    } else {
        "the sizes"
    }
}
