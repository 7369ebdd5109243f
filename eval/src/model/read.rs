//! Stored tensors as float32, checked to be finite.

use half::{bf16, f16};
use safetensors::Dtype;

use super::checkpoint::{Checkpoint, Stored};
use crate::error::LoadError;

impl Checkpoint {
    /// The elements of a tensor of the expected shape, row-major.
    ///
    /// # Errors
    /// No such tensor, another shape, an unsupported element type, or a NaN or infinite element.
    pub fn read(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, LoadError> {
        let stored = self.tensor(name, shape)?;
        let values = upcast(name, &stored)?;
        match values.iter().position(|value| !value.is_finite()) {
            None => Ok(values),
            Some(index) => Err(LoadError::NotFinite {
                file: stored.file.to_owned(),
                tensor: name.to_owned(),
                index,
                value: values[index],
            }),
        }
    }
}

/// All three element types widen exactly.
fn upcast(name: &str, stored: &Stored<'_>) -> Result<Vec<f32>, LoadError> {
    let pairs = || stored.bytes.chunks_exact(2).map(|bytes| [bytes[0], bytes[1]]);
    match stored.info.dtype {
        Dtype::F32 => {
            let words = stored.bytes.chunks_exact(4);
            Ok(words.map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect())
        }
        Dtype::F16 => Ok(pairs().map(|bytes| f16::from_le_bytes(bytes).to_f32()).collect()),
        Dtype::BF16 => Ok(pairs().map(|bytes| bf16::from_le_bytes(bytes).to_f32()).collect()),
        other => Err(LoadError::UnsupportedDtype {
            file: stored.file.to_owned(),
            tensor: name.to_owned(),
            found: format!("{other:?}"),
            advice: "save the model as float32",
        }),
    }
}
