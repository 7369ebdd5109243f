//! model.safetensors: renamed, dequantised and with the rows of queries and keys in Hugging Face order.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fs;
use std::path::Path;

use safetensors::tensor::{Dtype, View};

use super::config::Config;
use super::gguf::{Gguf, Tensor};
use super::{FetchError, GGUF};

/// Writes all tensors as float32, one at a time.
pub(super) fn write(gguf: &Gguf<'_>, config: &Config, file: &Path) -> Result<(), FetchError> {
    let mut names: Vec<String> = Vec::with_capacity(gguf.tensors.len());
    let mut converted = Vec::with_capacity(gguf.tensors.len());
    for tensor in &gguf.tensors {
        let place = || format!("{GGUF}, tensor `{}`", tensor.name);
        let (name, shape, heads) = target(&tensor.name, config)
            .ok_or_else(|| FetchError::bad(place(), &"no Llama tensor with tied embeddings has this name"))?;
        if tensor.shape != shape {
            let problem = format!("shape {:?}, expected {shape:?}", tensor.shape);
            return Err(FetchError::bad(place(), &problem));
        }
        if names.contains(&name) {
            return Err(FetchError::bad(place(), &"it is stored twice"));
        }
        names.push(name.clone());
        converted.push((name, Converted { tensor, heads }));
    }
    // Names are distinct and valid, so the number tells whether any is missing.
    let expected = 2 + PARTS.len() * config.num_hidden_layers;
    if names.len() != expected {
        let problem = format!("{} tensors, expected {expected}", names.len());
        return Err(FetchError::bad(GGUF, &problem));
    }
    let metadata = HashMap::from([("format".to_owned(), "pt".to_owned())]);
    // A torn file never has the final name.
    let partial = file.with_extension("partial");
    safetensors::serialize_to_file(converted, Some(metadata), &partial)
        .map_err(|error| FetchError::bad(partial.display(), &error))?;
    readable(&partial)?;
    fs::rename(&partial, file).map_err(FetchError::io("rename", &partial))
}

/// Names of the nine tensors of a layer: in GGUF, in Hugging Face, and what decides the shape.
const PARTS: [(&str, &str, Part); 9] = [
    ("attn_norm", "input_layernorm", Part::Norm),
    ("attn_q", "self_attn.q_proj", Part::Query),
    ("attn_k", "self_attn.k_proj", Part::Key),
    ("attn_v", "self_attn.v_proj", Part::Value),
    ("attn_output", "self_attn.o_proj", Part::Output),
    ("ffn_norm", "post_attention_layernorm", Part::Norm),
    ("ffn_gate", "mlp.gate_proj", Part::Up),
    ("ffn_up", "mlp.up_proj", Part::Up),
    ("ffn_down", "mlp.down_proj", Part::Down),
];

#[derive(Clone, Copy)]
enum Part {
    Norm,
    Query,
    Key,
    Value,
    Output,
    Up,
    Down,
}

/// Name, shape, and the number of heads whose rows are permuted (0: none).
fn target(name: &str, config: &Config) -> Option<(String, Vec<usize>, usize)> {
    let hidden = config.hidden_size;
    match name {
        "token_embd.weight" => {
            return Some(("model.embed_tokens.weight".into(), vec![config.vocab_size, hidden], 0));
        }
        "output_norm.weight" => return Some(("model.norm.weight".into(), vec![hidden], 0)),
        _ => {}
    }
    let (layer, part) = name.strip_prefix("blk.")?.strip_suffix(".weight")?.split_once('.')?;
    let layer: usize = layer.parse().ok().filter(|layer| *layer < config.num_hidden_layers)?;
    let (_, part, kind) = PARTS.into_iter().find(|(gguf, ..)| *gguf == part)?;
    let rows = |heads: usize| heads * config.head_dim;
    let (queries, keys) = (config.num_attention_heads, config.num_key_value_heads);
    let (shape, heads) = match kind {
        Part::Norm => (vec![hidden], 0),
        Part::Query => (vec![rows(queries), hidden], queries),
        Part::Key => (vec![rows(keys), hidden], keys),
        Part::Value => (vec![rows(keys), hidden], 0),
        Part::Output => (vec![hidden, rows(queries)], 0),
        Part::Up => (vec![config.intermediate_size, hidden], 0),
        Part::Down => (vec![hidden, config.intermediate_size], 0),
    };
    Some((format!("model.layers.{layer}.{part}.weight"), shape, heads))
}

/// A tensor that is converted when its turn comes.
struct Converted<'a> {
    tensor: &'a Tensor<'a>,
    heads: usize,
}

impl View for Converted<'_> {
    fn dtype(&self) -> Dtype {
        Dtype::F32
    }

    fn shape(&self) -> &[usize] {
        &self.tensor.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        let values = self.tensor.format.dequantise(self.tensor.bytes);
        Cow::Owned(if self.heads == 0 { values } else { unpermuted(&values, &self.tensor.shape, self.heads) })
    }

    fn data_len(&self) -> usize {
        4 * self.tensor.shape.iter().product::<usize>()
    }
}

/// GGUF keeps the two rows that rotary embeddings turn together as neighbours (2i, 2i + 1); Hugging Face
/// keeps them half a head apart (i, i + size/2). Undoes that, head by head.
pub(super) fn unpermuted(values: &[u8], shape: &[usize], heads: usize) -> Vec<u8> {
    let size = shape[0] / heads;
    let width = values.len() / shape[0];
    let source = |row: usize| {
        let (head, row) = (row / size, row % size);
        head * size + 2 * (row % (size / 2)) + row / (size / 2)
    };
    (0..shape[0]).flat_map(|row| &values[source(row) * width..][..width]).copied().collect()
}

/// The library writes files that only their owner can read.
#[cfg(unix)]
fn readable(file: &Path) -> Result<(), FetchError> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(file, fs::Permissions::from_mode(0o644))
        .map_err(FetchError::io("change the permissions of", file))
}

#[cfg(not(unix))]
fn readable(_file: &Path) -> Result<(), FetchError> {
    Ok(())
}
