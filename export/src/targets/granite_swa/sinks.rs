//! The logits without a value that the carrier has and the model has not.

use std::collections::BTreeMap;

use attune_core::exporter::{ExportError, FileSink, ModelFiles};
use safetensors::tensor::Dtype;

use crate::checkpoint::{
    INDEX, Layout, Piece, SINGLE, bad, copy_shards, has_floats, parse, push, read, write_index, write_tensors,
};

/// The file that they are in, beside weights in several files.
const FILE: &str = "model-sinks.safetensors";
/// Their value: `exp` of it is 0 beside that of any score. In float16, whose least number is −65504, a little more.
const NOTHING: f32 = -1e30;
const NOTHING_IN_F16: f32 = -6e4;

/// What of a model's shape they depend on.
pub(super) struct Shape {
    pub(super) layers: usize,
    /// Query heads.
    pub(super) heads: usize,
    /// Channels of a head.
    pub(super) head_dim: usize,
}

/// One per query head of each layer.
pub(super) struct Sinks {
    layers: usize,
    heads: usize,
    dtype: Dtype,
}

impl Sinks {
    /// In the type that the model is stored in.
    pub(super) fn new(layout: &Layout, shape: &Shape) -> Result<Self, ExportError> {
        let &Shape { layers, heads, head_dim } = shape;
        let file = if layout.sharded { INDEX } else { SINGLE };
        let name = "model.layers.0.self_attn.q_proj.weight";
        let found = layout.tensors().find(|tensor| tensor.name == name);
        let found = found
            .ok_or_else(|| bad(file, format!("tensor `{name}` is missing"), "the tensors of a Llama"))?;
        if !has_floats(found.dtype) {
            return Err(bad(file, format!("`{name}` is stored as {:?}", found.dtype), "F32, F16 or BF16"));
        }
        if found.shape.first().copied() != heads.checked_mul(head_dim) {
            let expected = format!("{heads} heads of {head_dim} channels, as config.json says");
            return Err(bad(file, format!("`{name}` has the shape {:?}", found.shape), expected));
        }
        if let Some(tensor) = layout.tensors().find(|tensor| tensor.name.ends_with(".self_attn.sinks")) {
            return Err(bad(file, format!("tensor `{}`", tensor.name), "a model without sinks"));
        }
        Ok(Self { layers, heads, dtype: found.dtype })
    }

    fn pieces(&self) -> Vec<(String, Piece<'static>)> {
        let nothing = if self.dtype == Dtype::F16 { NOTHING_IN_F16 } else { NOTHING };
        let mut bytes = Vec::new();
        (0..self.heads).for_each(|_| push(&mut bytes, self.dtype, nothing));
        let piece = || Piece { dtype: self.dtype, shape: vec![self.heads], bytes: bytes.clone().into() };
        (0..self.layers).map(|layer| (format!("model.layers.{layer}.self_attn.sinks"), piece())).collect()
    }

    /// Writes the weights with them: into the one file, or as one more file.
    pub(super) fn write(
        &self,
        files: &dyn ModelFiles,
        layout: &Layout,
        sink: &mut FileSink<'_>,
    ) -> Result<(), ExportError> {
        let mut pieces = self.pieces();
        let added: u64 = pieces.iter().map(|(_, piece)| piece.bytes.len() as u64).sum();
        if layout.sharded {
            copy_shards(files, layout, sink)?;
            let names: Vec<String> = pieces.iter().map(|(name, _)| name.clone()).collect();
            write_tensors(sink, FILE, "pt", pieces)?;
            let mut places: BTreeMap<&str, &str> = names.iter().map(|name| (name.as_str(), FILE)).collect();
            let mut total = added;
            for shard in &layout.shards {
                places.extend(shard.tensors.iter().map(|tensor| (tensor.name.as_str(), shard.file.as_str())));
                total += shard.tensors.iter().map(|tensor| tensor.bytes as u64).sum::<u64>();
            }
            return write_index(sink, total, places);
        }
        let bytes = read(files, SINGLE)?;
        let source = parse(SINGLE, &bytes)?;
        for (name, view) in source.tensors() {
            // The views borrow from the file, which outlives them.
            let piece = Piece {
                dtype: view.dtype(),
                shape: view.shape().to_vec(),
                bytes: view.data().to_vec().into(),
            };
            pieces.push((name, piece));
        }
        write_tensors(sink, SINGLE, "pt", pieces)
    }
}
