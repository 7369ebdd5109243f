//! Facts and fingerprint of a model.

use std::path::Path;

use attune_core::facts::Facts;
use attune_core::hash::ContentHash;
use attune_vocabulary::ModelFacts;
use sha2::{Digest, Sha256};

use super::checkpoint::Checkpoint;
use super::config::{self, DecoderConfig};
use crate::error::LoadError;

/// Facts of a model whose fingerprint is known: its weights are not read.
pub(super) fn facts(
    folder: &Path,
    config: &DecoderConfig,
    checkpoint: &Checkpoint,
    fingerprint: ContentHash,
) -> Facts {
    let count = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
    let name = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let mixture = config.mixture;
    let parameters = parameters(config);
    Facts::from(ModelFacts {
        name: name.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
        fingerprint,
        family: config.family.name().to_owned(),
        layers: count(config.layers),
        hidden: count(config.hidden),
        heads: count(config.heads),
        kv_heads: count(config.kv_heads),
        head_dim: count(config.head_dim),
        experts: mixture.map_or(0, |mixture| count(mixture.experts)),
        experts_per_token: mixture.map_or(0, |mixture| count(mixture.per_token)),
        context: count(config.context),
        vocab: count(config.vocab),
        checkpoints: 1,
        parameters,
        feed_forward: count(config.feed_forward),
        expert_parameters: mixture.map_or(0, |_| gated(config)),
        bytes_per_parameter: checkpoint.stored_bytes() as f64 / checkpoint.stored_elements() as f64,
    })
}

/// Parameters of one gated feed-forward part without biases.
fn gated(config: &DecoderConfig) -> u64 {
    3 * config.hidden as u64 * config.feed_forward as u64
}

fn parameters(config: &DecoderConfig) -> u64 {
    let size = |rows: usize, columns: usize| rows as u64 * columns as u64;
    let (queries, kv) = (config.heads * config.head_dim, config.kv_heads * config.head_dim);
    let attention = size(config.hidden, 2 * queries + 2 * kv)
        + if config.qkv_bias { size(1, queries + 2 * kv) } else { 0 }
        + if config.output_bias { size(1, config.hidden) } else { 0 }
        + if config.qk_norm { size(2, config.head_dim) } else { 0 };
    let feed_forward = match config.mixture {
        Some(mixture) => size(mixture.experts, config.hidden) + mixture.experts as u64 * gated(config),
        None => {
            let biases = if config.mlp_bias { size(1, 2 * config.feed_forward + config.hidden) } else { 0 };
            gated(config) + biases
        }
    };
    let layer = attention + feed_forward + size(2, config.hidden);
    let matrices = if config.tied { 1 } else { 2 };
    matrices * size(config.vocab, config.hidden) + config.layers as u64 * layer + size(1, config.hidden)
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
