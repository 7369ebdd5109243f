//! Families that mlx-lm computes as transformers does, and reads few bits of.

use crate::matrices::Matrix;

/// Tiny models of the plain config of each agree to
/// 1e-6 of the range of their logits, and `unlike` refuses the configs that do not. With experts, what mlx-lm calls their
/// matrices together.
pub(super) const FAMILIES: [(&str, Option<&str>); 18] = [
    ("llama", None),
    ("mistral", None),
    ("qwen2", None),
    ("qwen3", None),
    ("mixtral", Some("block_sparse_moe.switch_mlp")),
    ("dots1", Some("mlp.experts")),
    ("ernie4_5", None),
    ("glm4", None),
    ("glm4_moe", Some("mlp.switch_mlp")),
    ("granite", None),
    ("helium", None),
    ("nemotron", None),
    ("olmo2", None),
    ("olmoe", Some("mlp.switch_mlp")),
    ("qwen2_moe", Some("mlp.switch_mlp")),
    ("seed_oss", None),
    ("smollm3", None),
    ("stablelm", None),
];

/// Their names.
pub(in crate::targets) fn names() -> Vec<&'static str> {
    FAMILIES.iter().map(|(name, _)| *name).collect()
}

/// What mlx-lm calls the module that holds a matrix; it has the matrices of all experts in one. `None` where that is not known.
pub(crate) fn path(matrix: &Matrix, family: &str) -> Option<String> {
    if matrix.expert.is_none() {
        return Some(matrix.tensor.clone());
    }
    let stacks = stacks(family).flatten()?;
    Some(format!("model.layers.{}.{stacks}.{}_proj", matrix.layer, matrix.module.name()))
}

/// What mlx-lm calls the matrices of a family's experts together, if it knows them; `None` for a family that is not listed.
fn stacks(family: &str) -> Option<Option<&'static str>> {
    FAMILIES.iter().find(|(name, _)| *name == family).map(|(_, stacks)| *stacks)
}
