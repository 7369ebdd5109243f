//! Whether a checkpoint holds what config.json asks for, and nothing else.
//!
//! A tensor that nobody reads is a part of the model that would be left out without a word: biases, norms, a layer,
//! the scales of codes. One without elements is no part of anything.

use std::collections::HashSet;
use std::path::Path;

use attune_families::schema::{Flag, Names};
use attune_families::tensors;
use attune_families::{ConfigError, DecoderConfig};
use safetensors::Dtype;

use super::checkpoint::{Checkpoint, Stored};
use crate::error::LoadError;

/// Compares names, shapes and element types; reads no numbers but those of an output matrix that should not be there. Gives the
/// bytes of what is read.
pub(super) fn check(
    folder: &Path,
    checkpoint: &Checkpoint,
    config: &DecoderConfig,
) -> Result<u64, LoadError> {
    let mut wanted = HashSet::new();
    tensors::each(config, |(name, shape)| -> Result<(), LoadError> {
        if let Some(packed) = checkpoint.packed(&name, &shape)? {
            wanted.extend(packed.tensors);
            return Ok(());
        }
        if let Some(stored) = checkpoint.stored(&name) {
            readable(&name, &stored)?;
        }
        checkpoint.tensor(&name, &shape)?;
        wanted.insert(name);
        Ok(())
    })?;
    let bytes = |name: &String| checkpoint.stored(name).map_or(0, |stored| stored.bytes.len() as u64);
    let read = wanted.iter().map(bytes).sum();
    if config.tied {
        one_output(folder, checkpoint, &config.family.names)?;
        wanted.insert(config.family.names.output.to_owned());
    }
    let unread = |name: &String| {
        !wanted.contains(name)
            && !is_known_buffer(name, config)
            && !is_of_predictors(name, config)
            && !checkpoint.has_no_elements(name)
    };
    let mut unread: Vec<(String, &Path)> = checkpoint.names().filter(|(name, _)| unread(name)).collect();
    unread.sort();
    match unread.first() {
        None => Ok(read),
        Some((name, file)) => Err(LoadError::UnreadTensor {
            file: (*file).to_owned(),
            tensor: name.clone(),
            others: unread.len() - 1,
            reason: reason(name, config),
        }),
    }
}

fn readable(name: &str, stored: &Stored<'_>) -> Result<(), LoadError> {
    let advice = match stored.info.dtype {
        Dtype::F32 | Dtype::F16 | Dtype::BF16 => return Ok(()),
        Dtype::F64 => "save the model as float32",
        _ => {
            "these are codes of weights in few bits, and `quantization_config` of config.json does not say how to read them: \
             dequantise the model first, or take the one that it was made of"
        }
    };
    Err(LoadError::UnsupportedDtype {
        file: stored.file.to_owned(),
        tensor: name.to_owned(),
        found: format!("{:?}", stored.info.dtype),
        advice,
    })
}

/// Of an output matrix and an embedding that are said to be one, versions of transformers differ in which they take.
fn one_output(folder: &Path, checkpoint: &Checkpoint, names: &Names) -> Result<(), LoadError> {
    let matrices = (checkpoint.stored(names.output), checkpoint.stored(names.embedding));
    let (Some(output), Some(embedding)) = matrices else { return Ok(()) };
    let parts = |stored: &Stored<'_>| (stored.info.dtype, stored.info.shape.clone());
    if parts(&output) == parts(&embedding) && output.bytes == embedding.bytes {
        return Ok(());
    }
    Err(LoadError::Config(ConfigError::BadConfig {
        file: folder.join("config.json"),
        key: "tie_word_embeddings".to_owned(),
        found: "true".to_owned(),
        expected: format!(
            "false, as {} holds an output matrix `{}` that is not the embedding; set it to false, or remove that \
             tensor if it is a leftover",
            output.file.display(),
            names.output
        ),
    }))
}

/// Buffers that follow from config.json: tables of rotary embedding, which older versions stored, and masks.
fn is_known_buffer(name: &str, config: &DecoderConfig) -> bool {
    const TABLES: [&str; 3] = ["rotary_emb.inv_freq", "rotary_emb.cos_cached", "rotary_emb.sin_cached"];
    let family = config.family;
    let within = format!(".{}.", family.attention.place);
    match name.strip_prefix(family.names.layers).and_then(|rest| rest.split_once(&within)) {
        None => name.strip_prefix("model.").is_some_and(|own| TABLES.contains(&own)),
        Some((layer, own)) => {
            layer.parse().is_ok_and(|layer: usize| layer < config.layers)
                && (TABLES.contains(&own) || family.names.buffers.contains(&own))
        }
    }
}

/// Of layers behind the last one that predict tokens further on.
fn is_of_predictors(name: &str, config: &DecoderConfig) -> bool {
    super::missing::layer(name)
        .is_some_and(|layer| (config.layers..config.layers + config.predictors).contains(&layer))
}

/// Why nobody reads a tensor, and what may be done.
fn reason(name: &str, config: &DecoderConfig) -> String {
    let family = config.family.name;
    if let Some(layer) = super::missing::layer(name).filter(|layer| *layer >= config.layers) {
        let last = config.layers - 1;
        return format!(
            "it is of layer {layer}, and by `num_hidden_layers` of config.json the last one is {last}; is config.json of \
             the same model?"
        );
    }
    if name.contains("lora_") {
        return "it is of an adapter: merge the adapter into its model (`merge_and_unload` of peft)"
            .to_owned();
    }
    if name.contains("_scale") || name.ends_with(".scales") || name.contains("absmax") {
        return "it scales the codes of weights in few bits: dequantise the model first, or take the one that it was made of"
            .to_owned();
    }
    if name.ends_with(".bias") {
        let of_output = name.strip_suffix("bias") == config.family.names.output.strip_suffix("weight");
        let flag = match name.contains(".mlp.") {
            _ if of_output => config.family.logit_bias,
            true => config.family.feed_forward.bias,
            false if name.contains(config.family.attention.output) => config.family.attention.output_bias,
            false => config.family.attention.qkv_bias,
        };
        let key = match flag {
            Flag::Key(key, _) => format!(" with `{key}` false in config.json"),
            Flag::Always(_) => String::new(),
        };
        return format!("a {family} has no such bias{key}; is config.json of the same model?");
    }
    if name.ends_with("q_norm.weight") || name.ends_with("k_norm.weight") {
        return format!("a {family} has no norms of queries and keys, a qwen3 has; is `model_type` right?");
    }
    format!(
        "a {family} has no such part, and the numbers would be wrong without it; is config.json of the same model?"
    )
}
