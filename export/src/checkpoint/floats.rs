//! Stored numbers.

use attune_core::exporter::ExportError;
use half::{bf16, f16};
use safetensors::tensor::Dtype;

use super::bad;

/// Whether elements of this type can be computed with here.
pub(crate) fn has_floats(dtype: Dtype) -> bool {
    matches!(dtype, Dtype::F32 | Dtype::F16 | Dtype::BF16)
}

/// One element; all three types widen exactly. `None` for another type, or another number of bytes.
pub(crate) fn float(dtype: Dtype, bytes: &[u8]) -> Option<f32> {
    match (dtype, bytes) {
        (Dtype::F32, &[a, b, c, d]) => Some(f32::from_le_bytes([a, b, c, d])),
        (Dtype::F16, &[a, b]) => Some(f16::from_le_bytes([a, b]).to_f32()),
        (Dtype::BF16, &[a, b]) => Some(bf16::from_le_bytes([a, b]).to_f32()),
        _ => None,
    }
}

/// The refusal of a tensor whose elements cannot be computed with.
pub(crate) fn no_floats(file: &str, name: &str, dtype: Dtype) -> ExportError {
    bad(file, format!("`{name}` is stored as {dtype:?}"), "F32, F16 or BF16")
}

/// All elements of a tensor.
pub(crate) fn floats(file: &str, name: &str, dtype: Dtype, bytes: &[u8]) -> Result<Vec<f32>, ExportError> {
    let refusal = || no_floats(file, name, dtype);
    if !has_floats(dtype) {
        return Err(refusal());
    }
    let elements = bytes.chunks_exact(dtype.bitsize() / 8);
    elements.map(|element| float(dtype, element).ok_or_else(refusal)).collect()
}

/// Appends `value`, rounded to `dtype` (to nearest, ties to even; a type other than the two of 16 bits is F32).
pub(crate) fn push(bytes: &mut Vec<u8>, dtype: Dtype, value: f32) {
    match dtype {
        Dtype::F16 => bytes.extend(f16::from_f32(value).to_le_bytes()),
        Dtype::BF16 => bytes.extend(bf16::from_f32(value).to_le_bytes()),
        _ => bytes.extend(value.to_le_bytes()),
    }
}

/// What is left of `value` when it is stored as `dtype`, by [`push`].
pub(crate) fn rounded(dtype: Dtype, value: f32) -> f32 {
    match dtype {
        Dtype::F16 => f16::from_f32(value).to_f32(),
        Dtype::BF16 => bf16::from_f32(value).to_f32(),
        _ => value,
    }
}
