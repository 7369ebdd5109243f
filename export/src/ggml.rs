//! What GGUF files call types and matrices: what is read of other files, and what is written.

use attune_vocabulary::{Module, NumberGrid};

/// A type of tensors.
#[derive(Debug)]
pub(crate) struct Type {
    /// Its number (`ggml.h`).
    pub(crate) number: u32,
    /// As llama.cpp calls it.
    pub(crate) name: &'static str,
    /// The grid that its blocks are on; none of numbers that are stored one by one.
    pub(crate) grid: Option<NumberGrid>,
    /// The number of files of which most tensors have it (`llama.h`; for grids of which there are several mixes, the smallest).
    pub(crate) file: u32,
}

const fn blocks(grid: NumberGrid, name: &'static str, number: u32, file: u32) -> Type {
    Type { number, name, grid: Some(grid), file }
}

/// Numbers that are stored one by one.
pub(crate) const F32: Type = Type { number: 0, name: "f32", grid: None, file: 0 };
pub(crate) const F16: Type = Type { number: 1, name: "f16", grid: None, file: 1 };
pub(crate) const BF16: Type = Type { number: 30, name: "bf16", grid: None, file: 32 };

/// All types that plans have an equal of.
pub(crate) const TYPES: &[Type] = &[
    F32,
    F16,
    blocks(NumberGrid::Q4_0, "q4_0", 2, 2),
    blocks(NumberGrid::Q4_1, "q4_1", 3, 3),
    blocks(NumberGrid::Q5_0, "q5_0", 6, 8),
    blocks(NumberGrid::Q5_1, "q5_1", 7, 9),
    blocks(NumberGrid::Q8_0, "q8_0", 8, 7),
    blocks(NumberGrid::Q2K, "q2_k", 10, 10),
    blocks(NumberGrid::Q3K, "q3_k", 11, 11),
    blocks(NumberGrid::Q4K, "q4_k", 12, 14),
    blocks(NumberGrid::Q5K, "q5_k", 13, 16),
    blocks(NumberGrid::Q6K, "q6_k", 14, 18),
    BF16,
    blocks(NumberGrid::Mxfp4, "mxfp4", 39, 38),
];

/// What the matrix of a module is called within its block.
pub(crate) fn stem(module: Module) -> &'static str {
    match module {
        Module::Query => "attn_q",
        Module::Key => "attn_k",
        Module::Value => "attn_v",
        Module::Output => "attn_output",
        Module::QueryDown => "attn_q_a",
        Module::QueryUp => "attn_q_b",
        Module::KeyValueDown => "attn_kv_a_mqa",
        Module::KeyValueUp => "attn_kv_b",
        Module::Gate => "ffn_gate",
        Module::Up => "ffn_up",
        Module::Down => "ffn_down",
    }
}
