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
        let slice =
            MatrixSlice { shape: shape.to_owned(), ..MatrixSlice::whole(name.to_owned(), rows, columns) };
        Ok(self.part(&slice)?.to_vec())
    }

    /// A matrix `[rows, columns]` as it is stored.
    ///
    /// # Errors
    /// As [`Checkpoint::read`].
    pub(crate) fn matrix(&self, name: &str, [rows, columns]: [usize; 2]) -> Result<StoredMatrix, LoadError> {
        self.part(&MatrixSlice::whole(name.to_owned(), rows, columns))
    }

    /// A module's matrix wherever it lies, as it is stored.
    ///
    /// # Errors
    /// As [`Checkpoint::read`].
    pub(crate) fn part(&self, part: &MatrixSlice) -> Result<StoredMatrix, LoadError> {
        let MatrixSlice { tensor, shape, outputs, inputs, offset, strides, runs } = part;
        let own = [*outputs, *inputs];
        let matrix = match self.packed(tensor, shape)? {
            None => {
                let elements = elements(tensor, &self.tensor(tensor, shape)?)?;
                StoredMatrix::part(elements, own, *offset, *strides)
            }
            Some(packed) => {
                let Some((first, step)) = packed.rows(part) else {
                    return Err(LoadError::BadPacking {
                        file: self.place(tensor),
                        tensor: tensor.clone(),
                        found: "codes in another order than its matrices".to_owned(),
                        expected: "whole rows".to_owned(),
                    });
                };
                packed.codes.check()?;
                StoredMatrix::part(Elements::Packed(packed.codes), own, first * inputs, [step * inputs, 1])
            }
        };
        let matrix = matrix.in_runs(*runs);
        match matrix.first_not_finite() {
            None => Ok(matrix),
            Some(([output, input], value)) => Err(LoadError::NotFinite {
                file: self.place(tensor),
                tensor: tensor.clone(),
                index: part.place(output, input),
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
