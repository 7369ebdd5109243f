//! The two matrices with a row for each token: the embedding, and the output matrix, which may be the same one.
//!
//! In few bits they are made whole, once for each level, and in float32: a grid may have a scale over all of a matrix, and every part of
//! the vocabulary is asked for anew for every item.

use attune_families::DecoderConfig;
use attune_families::tensors::output_bias;
use attune_vocabulary::Embedding;
use burn_tensor::{DType, Tensor};

use super::byte_lru::ByteLru;
use super::checkpoint::Checkpoint;
use super::quantised::quantise_rows;
use super::steady::{Lies, by_rows};
use super::stored_matrix::StoredMatrix;
use super::tiles::{Buffers, product_with_rows};
use crate::compute::Compute;
use crate::edits::Level;
use crate::error::LoadError;

/// `[vocab, hidden]` each.
pub(crate) struct TokenMatrices {
    /// On the host, where rows are looked up; the output matrix without.
    embedding: Option<StoredMatrix>,
    output: Output,
    /// What is added to the products of the output matrix: `[1, vocab]`, float32.
    bias: Option<Tensor<2>>,
    buffers: Buffers,
}

/// Matrices as levels give them back: `[vocab, hidden]`, float32.
pub(crate) type TokenLevels = ByteLru<(Embedding, Level), Tensor<2>>;

/// Float32 in products on every device: scores are differences of logits.
enum Output {
    Dense(Tensor<2>),
    Stored(StoredMatrix),
}

impl TokenMatrices {
    /// Reads the embedding, and the output matrix where it is another.
    pub(super) fn read(
        checkpoint: &Checkpoint,
        compute: &Compute,
        config: &DecoderConfig,
        buffers: &Buffers,
    ) -> Result<Self, LoadError> {
        let (shape, names) = ([config.vocab, config.hidden], &config.family.names);
        let embedding = checkpoint.matrix(names.embedding, shape)?;
        let output = (!config.tied).then(|| checkpoint.matrix(names.output, shape)).transpose()?;
        let bias = output_bias(config).map(|(name, shape)| checkpoint.read(&name, &shape)).transpose()?;
        let bias = bias.map(|bias| compute.float32(bias, [1, config.vocab]));
        let (embedding, output) = match output {
            None => (None, embedding),
            // A copy, so that a file whose other weights are copied need not stay in memory.
            Some(output) if embedding.is_float32() => (Some(embedding.copied()), output),
            Some(output) => (Some(embedding), output),
        };
        let output = if compute.on_host() && !output.is_float32() {
            Output::Stored(output)
        } else {
            Output::Dense(compute.float32(output.to_vec(), shape))
        };
        Ok(Self { embedding, output, bias, buffers: buffers.clone() })
    }

    /// The matrix that is used at one end of the model, at `level`: made when it is not among `levels`.
    pub(crate) fn at(
        &self,
        compute: &Compute,
        levels: &TokenLevels,
        end: Embedding,
        level: Level,
    ) -> Tensor<2> {
        // One matrix for both is kept once.
        let own = if self.embedding.is_none() { Embedding::Output } else { end };
        levels.get_or_make((own, level), bytes, || {
            let (mut rows, columns) = match (own, &self.embedding, &self.output) {
                (Embedding::Input, Some(stored), _) | (_, _, Output::Stored(stored)) => {
                    (stored.to_vec(), stored.columns())
                }
                (_, _, Output::Dense(output)) => {
                    (output.clone().into_data().iter().collect(), output.dims()[1])
                }
            };
            quantise_rows(&mut rows, columns, level, None);
            let shape = [rows.len() / columns, columns];
            compute.float32(rows, shape)
        })
    }

    /// Embeddings of `ids`: `[ids, hidden]`, in the element type of the device.
    pub(crate) fn embed(&self, compute: &Compute, ids: &[u32]) -> Tensor<2> {
        let stored = match (&self.embedding, &self.output) {
            (Some(embedding), _) | (None, Output::Stored(embedding)) => embedding,
            (None, Output::Dense(output)) => return rows_of(output, compute, ids),
        };
        let mut rows = vec![0.0; ids.len() * stored.columns()];
        for (&id, row) in ids.iter().zip(rows.chunks_exact_mut(stored.columns())) {
            stored.widen(id as usize..id as usize + 1, row);
        }
        compute.tensor(rows, [ids.len(), stored.columns()])
    }

    /// Logits of finished rows for the tokens `first..first + count`: `[rows, count]`, always float32; products with `edited` where the
    /// output matrix is not the stored one.
    pub(crate) fn logits(
        &self,
        finished: Tensor<2>,
        first: usize,
        count: usize,
        edited: Option<&Tensor<2>>,
    ) -> Tensor<2> {
        let finished = finished.cast(DType::F32);
        let products = by_rows(finished, count, Lies::Along, |finished| match (edited, &self.output) {
            (Some(output), _) | (None, Output::Dense(output)) => {
                finished.matmul(output.clone().narrow(0, first, count).transpose())
            }
            (None, Output::Stored(output)) => {
                product_with_rows(output, first..first + count, &finished, &self.buffers)
            }
        });
        match &self.bias {
            None => products,
            Some(bias) => products + bias.clone().narrow(1, first, count),
        }
    }
}

fn bytes(matrix: &Tensor<2>) -> u64 {
    4 * matrix.dims().iter().product::<usize>() as u64
}

/// Rows of a matrix on the device, in its element type.
pub(crate) fn rows_of(matrix: &Tensor<2>, compute: &Compute, ids: &[u32]) -> Tensor<2> {
    matrix.clone().select(0, compute.indices(ids)).cast(compute.dtype())
}
