//! The matrices outside of the layers that plans store in few bits, by the names of their tensors.

use attune_core::facts::Facts;
use attune_families::Family;
use attune_vocabulary::edits::EmbeddingBits;
use attune_vocabulary::{Embedding, EmbeddingMatrix, embeddings};

use crate::checkpoint::WEIGHT;

/// The name of a matrix without `.weight`, as a family has it.
pub(crate) fn name(family: &Family, embedding: Embedding) -> &'static str {
    let name = match embedding {
        Embedding::Input => family.names.embedding,
        Embedding::Output => family.names.output,
    };
    name.strip_suffix(WEIGHT).unwrap_or(name)
}

/// What the model has of the matrix of an edit.
///
/// # Errors
/// Why there is none, or why it cannot be stored so, in words.
pub(crate) fn matrix(edit: &EmbeddingBits, facts: &Facts) -> Result<EmbeddingMatrix, String> {
    let known = embeddings(facts);
    let Some(found) = known.iter().find(|matrix| matrix.embedding == edit.matrix) else {
        return Err(match known.is_empty() {
            true => "nothing is said of the embeddings of this model; use `--to plan`".to_owned(),
            false => "the model has one matrix for both embeddings; name it `input`".to_owned(),
        });
    };
    if let Some(grid) = edit.grid.filter(|_| edit.bits < 16) {
        grid.check(edit.bits, edit.group_size, found.channels)?;
    }
    match edit.group_size == 0 || !found.channels.is_multiple_of(edit.group_size) {
        true => Err(format!(
            "a group of {} channels does not divide its rows of {} channels",
            edit.group_size, found.channels
        )),
        false => Ok(*found),
    }
}
