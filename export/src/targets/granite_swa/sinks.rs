//! The logits without a value that the carrier has and the model has not.

use attune_core::exporter::{ExportError, ModelFiles};
use safetensors::tensor::Dtype;

use crate::checkpoint::{INDEX, Layout, Piece, SINGLE, bad, has_floats, push};
use crate::one_window::{More, model_config};

/// Their value: `exp` of it is 0 beside that of any score. In float16, whose least number is −65504, a little more.
const NOTHING: f32 = -1e30;
const NOTHING_IN_F16: f32 = -6e4;

/// One per query head of each layer, in the type that the model is stored in.
pub(super) fn pieces(files: &dyn ModelFiles, layout: &Layout) -> Result<More, ExportError> {
    let (_, _, model) = model_config(files)?;
    let dtype = stored(layout, model.heads, model.head_dim)?;
    let nothing = if dtype == Dtype::F16 { NOTHING_IN_F16 } else { NOTHING };
    let mut bytes = Vec::new();
    (0..model.heads).for_each(|_| push(&mut bytes, dtype, nothing));
    let piece = || Piece { dtype, shape: vec![model.heads], bytes: bytes.clone().into() };
    Ok((0..model.layers).map(|layer| (format!("model.layers.{layer}.self_attn.sinks"), piece())).collect())
}

/// The type of a model that is stored as a Llama is, and has no sinks.
fn stored(layout: &Layout, heads: usize, head_dim: usize) -> Result<Dtype, ExportError> {
    let file = if layout.sharded { INDEX } else { SINGLE };
    let name = "model.layers.0.self_attn.q_proj.weight";
    let found = layout.tensors().find(|tensor| tensor.name == name);
    let found =
        found.ok_or_else(|| bad(file, format!("tensor `{name}` is missing"), "the tensors of a Llama"))?;
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
    Ok(found.dtype)
}
