//! Quantise what enters linear modules.

use attune_core::options::OptionValue;
use attune_core::plan::{Argument, EditSchema};

use crate::module::Module;
use crate::view::{Field, view};

/// Over what the range of a grid is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Range {
    /// Each token has its own.
    Token,
    /// All tokens of an item have one.
    Tensor,
}

/// Where the levels of a grid lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Grid {
    /// From the least to the largest value.
    Affine,
    /// As far below 0 as above.
    Symmetric,
}

/// Quantise what enters the linear modules of one layer, right before each product, and give back what the codes stand
/// for: the A of the W/A/KV grid of qllm-eval (arXiv 2402.18158, §2.2).
///
/// Affine: `s = (max − min)/(2ᵇ − 1)`, `q = round((x − min)/s)`, `x' = q·s + min`. Symmetric:
/// `s = max|x|/(2ᵇ⁻¹ − 1)`, `q = round(x/s)`, `x' = q·s`. Halves are rounded to even; a range of equal values (of zeros)
/// stays as it is. Ranges are those of the values themselves (dynamic quantisation). Routers, norms, embeddings and the
/// output matrix are never touched.
#[derive(Clone, Debug, PartialEq)]
pub struct ActivationBits {
    /// The layer, counted from 0.
    pub layer: u32,
    /// The module whose input it is; `None` for every linear module of the layer.
    pub module: Option<Module>,
    /// Bits per value: one of [`ActivationBits::LEVELS`].
    pub bits: u32,
    /// Over what the range of a grid is taken.
    pub range: Range,
    /// Where the levels lie.
    pub grid: Grid,
    /// Channels of a token that share a range; divides the module's inputs; `None` for all of them.
    pub group_size: Option<u32>,
}

view!(
    ActivationBits, "activation-bits",
    layer: "layer",
    module: "module",
    bits: "bits",
    range: "range",
    grid: "grid",
    group_size: "group-size",
);

impl ActivationBits {
    /// Numbers of bits that are understood; 16 leaves values exact.
    pub const LEVELS: [u32; 7] = [2, 3, 4, 5, 6, 8, 16];

    pub(super) fn schema() -> EditSchema {
        let summary = "Quantise what enters the linear modules of one layer, right before each product.";
        let source = "the A of the W/A/KV grid of qllm-eval (arXiv 2402.18158), §2.2";
        EditSchema::new("activation-bits", summary, source)
            .with(Argument::count("layer", "the transformer block"))
            .with(
                Argument::word(
                    "module",
                    Module::ALL.map(Module::name),
                    "whose input; the experts of a layer share it",
                )
                .optional("every linear module of the layer"),
            )
            .with(Argument::level("bits", Self::LEVELS, "bits per value; 16 leaves values exact"))
            .with(Argument::word(
                "range",
                RANGES,
                "over what ranges are taken: each token, or all tokens of an item",
            ))
            .with(Argument::word(
                "grid",
                GRIDS,
                "from the least to the largest value, or as far below 0 as above",
            ))
            .with(
                Argument::count(
                    "group-size",
                    "channels of a token that share a range; divides the module's inputs",
                )
                .optional("all channels"),
            )
            .in_group("layer")
            .in_part("module", 1)
            .once_per(&["layer", "module"])
            .reads(
                "layer {layer}: [inputs of {module}|all inputs] in {bits} bits, {grid}, a range per {range}\
                 [ and {group-size} channels]",
            )
    }
}

const RANGES: [&str; 2] = ["token", "tensor"];
const GRIDS: [&str; 2] = ["affine", "symmetric"];

impl Field for Range {
    const EXPECTED: &'static str = "one of token, tensor";

    fn get(value: &OptionValue) -> Option<Self> {
        match value {
            OptionValue::Text(name) if name == RANGES[0] => Some(Self::Token),
            OptionValue::Text(name) if name == RANGES[1] => Some(Self::Tensor),
            _ => None,
        }
    }

    fn put(&self) -> Option<OptionValue> {
        Some(OptionValue::Text(RANGES[*self as usize].to_owned()))
    }
}

impl Field for Grid {
    const EXPECTED: &'static str = "one of affine, symmetric";

    fn get(value: &OptionValue) -> Option<Self> {
        match value {
            OptionValue::Text(name) if name == GRIDS[0] => Some(Self::Affine),
            OptionValue::Text(name) if name == GRIDS[1] => Some(Self::Symmetric),
            _ => None,
        }
    }

    fn put(&self) -> Option<OptionValue> {
        Some(OptionValue::Text(GRIDS[*self as usize].to_owned()))
    }
}
