//! Matrices in few bits: how a checkpoint stores them, as `quantization_config` of config.json says.
//!
//! Each format is one file: which tensors a matrix is made of, and the numbers of one of its rows. Rows are widened where
//! they are multiplied, as those of 16 bits are. Inputs of modules stay as they are, whatever the engine that a model was
//! packed for does to them: `activation-bits` is for that.

mod awq;
mod fp8;
mod gptq;
mod mxfp4;
mod words;

use std::sync::Arc;

use attune_families::tensors::MatrixSlice;
use safetensors::Dtype;

use super::checkpoint::{Checkpoint, Stored};
use super::packing::Packing;
use super::stored_matrix::Codes;
use crate::error::LoadError;

/// A tensor of the model that its checkpoint holds in few bits.
pub(super) struct Packed {
    pub(super) codes: Arc<dyn Codes>,
    /// The tensors that it is made of.
    pub(super) tensors: Vec<String>,
    /// Whether rows of codes are columns of the tensor, which is `[…, inputs, outputs]`.
    turned: bool,
}

impl Packed {
    fn new(codes: impl Codes + 'static, tensors: impl IntoIterator<Item = String>) -> Self {
        Self { codes: Arc::new(codes), tensors: tensors.into_iter().collect(), turned: false }
    }

    /// The row of codes that a matrix begins with, and how many rows further the next one is. Runs of rows follow from the
    /// elements of the tensor, as they do without codes.
    pub(super) fn rows(&self, part: &MatrixSlice) -> Option<(usize, usize)> {
        let &MatrixSlice { inputs, offset, strides: [down, across], runs, .. } = part;
        if runs.is_some_and(|runs| self.turned || !runs.stride.is_multiple_of(inputs)) {
            return None;
        }
        if self.turned {
            let all = across;
            let (outer, within) = (offset / (inputs * all), offset % (inputs * all));
            let whole = part.shape.ends_with(&[inputs, all]) && within < all;
            return whole.then_some((outer * all + within, down));
        }
        let whole = part.shape.ends_with(&[inputs]) && across == 1;
        (whole && offset.is_multiple_of(inputs) && down.is_multiple_of(inputs))
            .then(|| (offset / inputs, down / inputs))
    }
}

impl Checkpoint {
    /// The tensor `name` of this shape, if it is stored in few bits.
    ///
    /// # Errors
    /// Parts that are missing, or of another shape or type.
    pub(super) fn packed(&self, name: &str, shape: &[usize]) -> Result<Option<Packed>, LoadError> {
        match &self.packing {
            Packing::None => Ok(None),
            Packing::Fp8(format) => format.find(self, name, shape),
            Packing::Gptq(format) => format.find(self, name, shape),
            Packing::Awq(format) => format.find(self, name, shape),
            Packing::Mxfp4 => mxfp4::find(self, name, shape),
        }
    }

    /// A part of a packed matrix.
    fn codes(&self, name: &str, shape: &[usize], types: &[Dtype]) -> Result<Stored<'_>, LoadError> {
        let stored = self.tensor(name, shape)?;
        if types.contains(&stored.info.dtype) {
            return Ok(stored);
        }
        Err(LoadError::UnsupportedDtype {
            file: stored.file.to_owned(),
            tensor: name.to_owned(),
            found: format!("{:?}", stored.info.dtype),
            advice: "it is a part of a matrix in few bits that has another type in its format; was the model packed by \
                     another version?",
        })
    }
}
