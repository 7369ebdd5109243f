//! Stored tensors, checked to be finite.

use attune_families::tensors::MatrixSlice;
use safetensors::Dtype;

use super::checkpoint::{Checkpoint, Stored};
use super::stored_matrix::{Elements, StoredMatrix};
use crate::error::LoadError;

impl Checkpoint {
    /// The elements of a tensor of the expected shape as float32, row-major.
    ///
    /// # Errors
    /// No such tensor, another shape, an unsupported element type, or a NaN or infinite element.
    pub fn read(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, LoadError> {
        let columns = shape.last().copied().unwrap_or(1);
        let rows = shape.iter().product::<usize>() / columns.max(1);
        Ok(self.shaped(name, shape, [rows, columns])?.to_vec())
    }

    /// A matrix `[rows, columns]` as it is stored.
    ///
    /// # Errors
    /// As [`Checkpoint::read`].
    pub(crate) fn matrix(&self, name: &str, shape: [usize; 2]) -> Result<StoredMatrix, LoadError> {
        self.shaped(name, &shape, shape)
    }

    /// A module's matrix wherever it lies: as it is stored where its rows follow each other, else in memory of its own.
    ///
    /// # Errors
    /// As [`Checkpoint::read`].
    pub(crate) fn part(&self, part: &MatrixSlice) -> Result<StoredMatrix, LoadError> {
        let MatrixSlice { tensor, shape, outputs, inputs, offset, strides } = part;
        let stored = self.tensor(tensor, shape)?;
        let elements = elements(tensor, &stored)?;
        let all: usize = shape.iter().product();
        let not_finite = |index, value| LoadError::NotFinite {
            file: stored.file.to_owned(),
            tensor: tensor.to_owned(),
            index,
            value,
        };
        if part.contiguous().is_some() && offset.is_multiple_of(*inputs) {
            let first = offset / inputs;
            let matrix = StoredMatrix::new(elements, [all / inputs, *inputs]).slice(first..first + outputs);
            return match matrix.first_not_finite() {
                None => Ok(matrix),
                Some((index, value)) => Err(not_finite(offset + index, value)),
            };
        }
        let line = StoredMatrix::new(elements, [all, 1]);
        let mut values = vec![0.0; part.elements()];
        for (index, value) in values.chunks_exact_mut(1).enumerate() {
            let place = offset + index / inputs * strides[0] + index % inputs * strides[1];
            line.widen(place..place + 1, value);
            if !value[0].is_finite() {
                return Err(not_finite(place, value[0]));
            }
        }
        Ok(StoredMatrix::owned(values, *inputs))
    }

    /// A tensor of the expected shape, as a matrix.
    fn shaped(&self, name: &str, expected: &[usize], shape: [usize; 2]) -> Result<StoredMatrix, LoadError> {
        let stored = self.tensor(name, expected)?;
        let matrix = StoredMatrix::new(elements(name, &stored)?, shape);
        match matrix.first_not_finite() {
            None => Ok(matrix),
            Some((index, value)) => Err(LoadError::NotFinite {
                file: stored.file.to_owned(),
                tensor: name.to_owned(),
                index,
                value,
            }),
        }
    }
}

fn elements(name: &str, stored: &Stored<'_>) -> Result<Elements, LoadError> {
    match stored.info.dtype {
        Dtype::F32 => Ok(Elements::Float32(stored.pages())),
        Dtype::F16 => Ok(Elements::Float16(stored.pages())),
        Dtype::BF16 => Ok(Elements::BFloat16(stored.pages())),
        other => Err(LoadError::UnsupportedDtype {
            file: stored.file.to_owned(),
            tensor: name.to_owned(),
            found: format!("{other:?}"),
            advice: "save the model as float32",
        }),
    }
}
