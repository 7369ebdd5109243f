//! Writes the weight files: matrices of the plan as codes and scales, all else byte for byte.

use attune_core::exporter::{ExportError, FileSink, ModelFiles};
use safetensors::tensor::Dtype;

use super::level::Level;
use super::levels::Levels;
use super::matrix::Matrix;
use crate::checkpoint::{
    self, Bytes, Layout, Piece, Rewritten, Tensor, WEIGHT, has_floats, level_of, push, rewrite,
};
use crate::chosen::ChosenCodes;

/// What Transformers wants to read in the metadata of a weight file.
const FRAMEWORK: &str = "pt";

/// Every matrix of the plan is stored, has whole groups, and is of a type that can be quantised. Levels learn whether their groups
/// are whole rows.
pub(super) fn complete(layout: &Layout, levels: &mut Levels) -> Result<(), ExportError> {
    let row = |inputs: usize| u32::try_from(inputs).unwrap_or(u32::MAX);
    checkpoint::complete(layout, &levels.matrices, |level, inputs| {
        let fits = level.grid.check(level.bits, level.group, row(inputs));
        fits.map_err(|words| format!("a matrix with inputs in whole groups ({words})"))
    })?;
    for tensor in layout.tensors() {
        let Some((level, &inputs)) = tensor
            .name
            .strip_suffix(WEIGHT)
            .and_then(|name| levels.matrices.get_mut(name))
            .zip(tensor.shape.last())
        else {
            continue;
        };
        level.whole_rows = Level::is_whole_rows(level.group, row(inputs));
    }
    Ok(())
}

/// The modules with a matrix that stays as it is; the embedding is none of them.
pub(super) fn others(layout: &Layout, levels: &Levels) -> Vec<String> {
    let embedding = levels.family.names.embedding;
    let matrices = layout.tensors().filter(|tensor| tensor.shape.len() == 2 && tensor.name != embedding);
    let names = matrices.filter_map(|tensor| tensor.name.strip_suffix(WEIGHT));
    let mut names: Vec<String> =
        names.filter(|name| !levels.matrices.contains_key(*name)).map(str::to_owned).collect();
    // Where it is the embedding, it has no tensor of its own.
    let output = levels.family.names.output.trim_end_matches(WEIGHT);
    if !names.iter().any(|name| name == output) && !levels.matrices.contains_key(output) {
        names.push(output.to_owned());
    }
    names
}

/// Writes the weight files.
pub(super) fn write_shards(
    files: &dyn ModelFiles,
    layout: &Layout,
    levels: &Levels,
    chosen: &ChosenCodes,
    sink: &mut dyn FileSink,
) -> Result<Rewritten, ExportError> {
    let mut made = |tensor: &Tensor, bytes: &Bytes<'_>| {
        let Some((name, level)) = level_of(&levels.matrices, tensor) else { return Ok(None) };
        let &[outputs, inputs] = &tensor.shape[..] else { return Ok(None) };
        let elements = &bytes.read()?;
        let matrix = Matrix { name, dtype: tensor.dtype, outputs, inputs, elements };
        Ok(matrix.pieces(level, chosen.rows(tensor).as_ref()))
    };
    rewrite(files, layout, FRAMEWORK, &mut made, scales(layout, levels), sink)
}

/// The scales of caches, which are 1, of the type of the model.
fn scales(layout: &Layout, levels: &Levels) -> Vec<(String, Piece<'static>)> {
    let family = levels.family;
    let dtype = layout.tensors().map(|tensor| tensor.dtype).find(|dtype| has_floats(*dtype));
    let dtype = dtype.unwrap_or(Dtype::F32);
    let scale = |name: String| {
        let mut bytes = Vec::new();
        push(&mut bytes, dtype, 1.0);
        (name, Piece { dtype, shape: vec![1], bytes: bytes.into() })
    };
    let place = |layer: u32| format!("{}{layer}.{}", family.names.layers, family.attention.place);
    let names = |layer| ["k_scale", "v_scale"].map(|scale| format!("{}.{scale}", place(layer)));
    (0..levels.cached).flat_map(names).map(scale).collect()
}
