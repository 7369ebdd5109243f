//! Facts and fingerprint of a model.

use std::path::Path;

use attune_core::facts::Facts;
use attune_core::hash::ContentHash;
use attune_core::options::OptionValue;
use attune_families::schema::Scores;
use attune_families::{DecoderConfig, config, tensors};
use attune_vocabulary::{
    BLOCK_PARAMETERS, CACHE_ELEMENTS, EXPERT_LAYERS, Embedding, EmbeddingMatrix, LinearModules,
    MODULE_ELEMENT_BYTES, ModelFacts, OTHER_BYTES, ROUTER_MAPPING, ROUTER_PARAMETERS, say_embeddings,
};
use safetensors::Dtype;
use sha2::{Digest, Sha256};

use super::checkpoint::Checkpoint;
use crate::error::LoadError;

/// Facts of a model whose fingerprint is known: its weights are not read. `read` are the bytes of those tensors of the checkpoint
/// that the model is made of.
pub(super) fn facts(
    folder: &Path,
    config: &DecoderConfig,
    (checkpoint, read): (&Checkpoint, u64),
    fingerprint: ContentHash,
) -> Facts {
    let bytes_per_parameter = if checkpoint.is_packed() {
        // A word of codes is one element of its file, and several parameters.
        read as f64 / tensors::parameters(config) as f64
    } else {
        checkpoint.stored_bytes() as f64 / checkpoint.stored_elements() as f64
    };
    let mut facts = of_config(folder, config, bytes_per_parameter, fingerprint);
    say_embeddings(&token_matrices(config, checkpoint), &mut facts.values);
    if let Some((elements, others)) = stored(config, checkpoint, &tensors::linear_modules(config)) {
        facts.values.insert(MODULE_ELEMENT_BYTES.to_owned(), OptionValue::Ints(elements));
        facts.values.insert(OTHER_BYTES.to_owned(), OptionValue::Int(others));
    }
    facts
}

/// What config.json alone says; a model is called as its folder.
pub(super) fn of_config(
    folder: &Path,
    config: &DecoderConfig,
    bytes_per_parameter: f64,
    fingerprint: ContentHash,
) -> Facts {
    let count = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
    let name = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let mixture = config.mixture.as_ref();
    let mut facts = Facts::from(ModelFacts {
        name: name.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
        fingerprint,
        family: config.family.name.to_owned(),
        layers: count(config.layers),
        hidden: count(config.hidden),
        heads: count(config.heads),
        kv_heads: count(config.cache_heads()),
        head_dim: count(config.head_dim),
        experts: mixture.map_or(0, |mixture| count(mixture.experts)),
        experts_per_token: mixture.map_or(0, |mixture| count(mixture.per_token)),
        context: count(config.context),
        vocab: count(config.vocab),
        checkpoints: 1,
        parameters: tensors::parameters(config),
        feed_forward: count(config.feed_forward),
        expert_parameters: tensors::expert_parameters(config),
        bytes_per_parameter,
    });
    let layers: Vec<i64> =
        mixture.map_or_else(Vec::new, |mixture| mixture.layers().map(|layer| layer as i64).collect());
    if mixture.is_some() && layers.len() < config.layers {
        facts.values.insert(EXPERT_LAYERS.to_owned(), OptionValue::Ints(layers));
    }
    if let Some(latent) = &config.latent {
        facts.values.insert(CACHE_ELEMENTS.to_owned(), OptionValue::Int(latent.cached() as i64));
    }
    tensors::linear_modules(config).say(&mut facts.values);
    let whole = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    let blocks = tensors::block_parameters(config).into_iter().flatten().map(whole).collect();
    facts.values.insert(BLOCK_PARAMETERS.to_owned(), OptionValue::Ints(blocks));
    if mixture.is_some() {
        let row = whole(tensors::router_parameters(config));
        facts.values.insert(ROUTER_PARAMETERS.to_owned(), OptionValue::Int(row));
        if let Some(mappings) = mappings(config) {
            facts.values.insert(ROUTER_MAPPING.to_owned(), OptionValue::Text(mappings.to_owned()));
        }
    }
    facts
}

/// Bytes of a weight of each module of each layer, and of all stored tensors without those of the modules. `None` where some module
/// is not stored in floating-point numbers of 2 or 4 bytes, the same ones for all experts.
fn stored(
    config: &DecoderConfig,
    checkpoint: &Checkpoint,
    linear: &LinearModules,
) -> Option<(Vec<i64>, i64)> {
    if checkpoint.is_packed() {
        return None;
    }
    let mut elements = vec![0; linear.modules.len() * config.layers];
    let mut others = i64::try_from(checkpoint.stored_bytes()).ok()?;
    for layer in 0..config.layers {
        for module in tensors::modules(config, layer) {
            let weight = &module.part.weight;
            let bytes = match checkpoint.stored(&weight.tensor)?.info.dtype {
                Dtype::F32 => 4,
                Dtype::F16 | Dtype::BF16 => 2,
                _ => return None,
            };
            let place = layer * linear.modules.len() + linear.number(module.module.name())?;
            if ![0, bytes].contains(&elements[place]) {
                return None;
            }
            elements[place] = bytes;
            others -= bytes * i64::try_from(weight.elements()).ok()?;
        }
    }
    (others >= 0).then_some((elements, others))
}

/// The matrices that have a row for each token.
fn token_matrices(config: &DecoderConfig, checkpoint: &Checkpoint) -> Vec<EmbeddingMatrix> {
    let count = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
    let names = &config.family.names;
    let of = |(embedding, name): (Embedding, &str)| {
        let element_bytes = match checkpoint.stored(name).map(|stored| stored.info.dtype) {
            Some(Dtype::F32) if !checkpoint.is_packed() => 4,
            Some(Dtype::F16 | Dtype::BF16) if !checkpoint.is_packed() => 2,
            _ => 0,
        };
        EmbeddingMatrix {
            embedding,
            tokens: count(config.vocab),
            channels: count(config.hidden),
            element_bytes,
        }
    };
    let output = (!config.tied).then_some((Embedding::Output, names.output));
    [(Embedding::Input, names.embedding)].into_iter().chain(output).map(of).collect()
}

/// Which mappings of the router's scores `route-experts` takes, where it does not take all.
fn mappings(config: &DecoderConfig) -> Option<&'static str> {
    let mixture = config.mixture.as_ref()?;
    let corrected = config.family.mixture.is_some_and(|rule| rule.router.correction.is_some());
    match mixture.scores {
        _ if mixture.groups.is_some() => Some("none"),
        Scores::SparseMixer { .. } => Some("none"),
        _ => corrected.then_some("one-hot"),
    }
}

/// SHA-256 over config.json and every weight file with its name, in the order given.
pub(crate) fn fingerprint<'a>(
    folder: &Path,
    files: impl Iterator<Item = (&'a Path, &'a [u8])>,
) -> Result<ContentHash, LoadError> {
    let config = config::bytes(folder)?;
    let mut digest = Sha256::new();
    let mut part = |bytes: &[u8]| {
        digest.update((bytes.len() as u64).to_le_bytes());
        digest.update(bytes);
    };
    part(&config);
    for (file, bytes) in files {
        part(file.file_name().unwrap_or_default().as_encoded_bytes());
        part(bytes);
    }
    Ok(ContentHash::from_bytes(digest.finalize().into()))
}
