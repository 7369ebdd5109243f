//! Store weights in few bits.

use attune_core::plan::{Argument, Condition, EditSchema};

use crate::module::Module;
use crate::view::view;

/// Store the weights of one linear module in few bits.
///
/// Per output row over groups of `group_size` neighbouring input channels, asymmetric round-to-nearest:
/// `s = (max − min)/(2ᵇ − 1)`, `q = round((w − min)/s)` (half to even), `w' = q·s + min`; a group of equal weights
/// stays as it is. This is the grid that GPTQ (arXiv 2210.17323, §4) rounds to without its error feedback. Biases,
/// norms, routers and embeddings are never touched.
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
}

view!(
    WeightBits, "weight-bits",
    layer: "layer",
    module: "module",
    expert: "expert",
    bits: "bits",
    group_size: "group-size",
);

impl WeightBits {
    /// Numbers of bits that are understood; 16 leaves weights exact.
    pub const LEVELS: [u32; 7] = [2, 3, 4, 5, 6, 8, 16];

    pub(super) fn schema() -> EditSchema {
        let summary = "Store the weights of one linear module in few bits.";
        let source = "the round-to-nearest grid that GPTQ (arXiv 2210.17323) starts from, without its error feedback; \
                      per-module levels as in EvoPress (arXiv 2410.14649)";
        let modules = Module::ALL.map(Module::name);
        let shared = Module::ALL.into_iter().filter(|module| module.is_feed_forward()).map(Module::name);
        EditSchema::new("weight-bits", summary, source)
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
            .reads("layer {layer}: {module}[ of expert {expert}] {bits} bits in groups of {group-size}")
    }
}
