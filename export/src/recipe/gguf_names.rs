//! What matrices are called in GGUF files.

use std::collections::BTreeMap;

use attune_vocabulary::{Embedding, EmbeddingMatrix, Module};

use crate::ggml::stem;
use crate::matrices::{Matrices, Matrix};

/// The numbers of matrices by the name of their tensor in a GGUF file. All experts of a layer are in one tensor there.
pub(super) fn by_name(matrices: &Matrices) -> BTreeMap<String, Vec<usize>> {
    let list = matrices.list();
    let mut names: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (number, matrix) in list.iter().enumerate() {
        names.entry(name(matrix, matrices)).or_default().push(number);
    }
    names
}

/// What GGUF calls the matrices outside of the blocks.
const EMBEDDINGS: [(&str, Embedding); 2] =
    [("token_embd.weight", Embedding::Input), ("output.weight", Embedding::Output)];

/// The matrix outside of the blocks of that name, if plans have one for it.
pub(super) fn embedding(name: &str, matrices: &Matrices) -> Option<EmbeddingMatrix> {
    let (_, embedding) = EMBEDDINGS.into_iter().find(|(known, _)| *known == name)?;
    matrices.of_embedding(embedding)
}

/// Tensors beside them that quantisers store in few bits, and that patterns may be of.
pub(super) fn beside(matrices: &Matrices) -> Vec<String> {
    let shared =
        |layer: u32| ["gate", "up", "down"].map(|name| format!("blk.{layer}.ffn_{name}_shexp.weight"));
    let layers = 0..if matrices.has_shared() { matrices.layers() } else { 0 };
    // A model that has one matrix for both has no other.
    let has = |embedding| {
        matrices.of_embedding(Embedding::Input).is_none() || matrices.of_embedding(embedding).is_some()
    };
    let ends =
        EMBEDDINGS.into_iter().filter(|(_, embedding)| has(*embedding)).map(|(name, _)| name.to_owned());
    ends.collect::<Vec<_>>().into_iter().chain(layers.flat_map(shared)).collect()
}

fn name(matrix: &Matrix, matrices: &Matrices) -> String {
    let fused = matrices.of_tensor(&matrix.tensor).len() > 1;
    let experts = if matrix.expert.is_some() { "_exps" } else { "" };
    let stem = match matrix.module {
        Module::Query | Module::Key | Module::Value if fused => "attn_qkv",
        // Gate and up in one matrix have the name of up.
        Module::Gate if fused => stem(Module::Up),
        module => stem(module),
    };
    format!("blk.{}.{stem}{experts}.weight", matrix.layer)
}
