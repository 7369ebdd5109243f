//! Store weights in few bits.

use attune_core::options::OptionValue;
use attune_core::plan::{Argument, Condition, EditSchema};
use attune_grids::{Grouping, NumberGrid, matrix_bytes};

use crate::grid_argument::GridArgument;
use crate::module::Module;
use crate::rounding::Rounding;
use crate::view::view;

/// Store the weights of one linear module in few bits.
///
/// Per output row over groups of `group_size` neighbouring input channels, asymmetric round-to-nearest:
/// `s = (max − min)/(2ᵇ − 1)`, `q = round((w − min)/s)` (half to even), `w' = q·s + min`; a group of equal weights
/// stays as it is. This is the grid that GPTQ (arXiv 2210.17323, §4) rounds to without its error feedback. With
/// [`grid`](field@Self::grid) it is that of an engine instead, rounded to as the engine's own tools do; with
/// [`rounding`](field@Self::rounding) scales stay as they are, and codes are others. Biases, norms and routers are never touched, and embeddings
/// by [`EmbeddingBits`](super::EmbeddingBits) alone.
#[derive(Clone, Debug, PartialEq)]
pub struct WeightBits {
    /// The layer, counted from 0.
    pub layer: u32,
    /// The module.
    pub module: Module,
    /// The expert whose module it is; `None` for a dense layer, and in a mixture for all of its experts.
    pub expert: Option<u32>,
    /// Bits per weight: one of [`WeightBits::LEVELS`].
    pub bits: u32,
    /// Input channels that share one scale and one zero point; divides the module's inputs.
    pub group_size: u32,
    /// The number grid of an engine; `None` for the one above, whose zero point is any number.
    pub grid: Option<NumberGrid>,
    /// How codes are made; `None` for the nearest.
    pub rounding: Option<Rounding>,
}

view!(
    WeightBits, "weight-bits",
    layer: "layer",
    module: "module",
    expert: "expert",
    bits: "bits",
    group_size: "group-size",
    grid: "grid",
    rounding: "rounding",
);

impl WeightBits {
    /// Numbers of bits that are understood; 16 leaves weights exact.
    pub const LEVELS: [u32; 7] = [2, 3, 4, 5, 6, 8, 16];

    /// Bytes that a matrix of the module takes, of `outputs` rows of `inputs` channels: codes, scales, zero points and padding.
    /// `element_bytes` is the size of a weight of the model as it is stored, and of a scale where that has the type of the
    /// model: 2 or 4.
    ///
    /// Without a grid it is MLX's affine mode: each row of codes in 32-bit words, and a scale and a minimum for each group.
    pub fn bytes(&self, outputs: u32, inputs: u32, element_bytes: u32) -> u64 {
        matrix_bytes(self.grid, self.bits, self.group_size, outputs, inputs, element_bytes)
    }

    pub(super) fn schema() -> EditSchema {
        let summary = "Store the weights of one linear module in few bits.";
        let source = "the round-to-nearest grid that GPTQ (arXiv 2210.17323) starts from, without its error feedback; \
                      per-module levels as in EvoPress (arXiv 2410.14649)";
        let modules = Module::ALL.map(Module::name);
        let shared = Module::ALL.into_iter().filter(|module| module.is_feed_forward()).map(Module::name);
        let schema = EditSchema::new("weight-bits", summary, source)
            .with(Argument::count("layer", "the transformer block"))
            .with(Argument::word(
                "module",
                modules,
                "`q`, `k`, `v`, `o`: the linear modules of attention; `q-a`, `q-b`, `kv-a`, `kv-b`: to and from the latents of \
                 latent attention, in the place of `q`, `k` and `v`; `gate`, `up`, `down`: those of the feed-forward part \
                 (`w1`, `w3`, `w2` of a Mixtral expert)",
            ))
            .with(
                Argument::count("expert", "whose `gate`, `up` or `down`")
                    .optional("those of all experts of the layer"),
            )
            .with(Argument::level("bits", Self::LEVELS, "bits per weight; 16 leaves the module exact"))
            .with(Argument::count(
                "group-size",
                "input channels that share a scale and a zero point; divides the module's inputs",
            ))
            .in_group("layer")
            .in_part("expert", 1)
            .in_part("module", 0)
            .once_per(&["layer", "module", "expert"])
            .excludes("merge-experts", &["layer"], Some(Condition::one_of("module", shared)))
            .reads("layer {layer}: {module}[ of expert {expert}] {bits} bits in groups of {group-size}[, {grid}][, rounded by {rounding}]");
        let grids = NumberGrid::ALL.map(|grid| {
            let group = if let Grouping::Of(own) = grid.grouping() { Some(own) } else { None };
            (grid.name(), grid.bits(), group)
        });
        let help = "the number grid, where an engine's own is meant; some have one number of bits and one size of groups";
        let absent = "round-to-nearest with the group's least value as zero point";
        GridArgument { name: "grid", help, absent, bits: "bits", group: "group-size" }
            .of(schema, &grids)
            .with(
                Argument::word(
                    "rounding",
                    Rounding::ALL.map(Rounding::name),
                    "how codes are made; `gptq`: with error feedback over the module's inputs in the dense model, on calibration \
                     data, for grids of whole numbers",
                )
                .optional("each weight to the nearest"),
            )
            .idle("rounding", Condition::is("bits", OptionValue::Int(16)))
    }
}
