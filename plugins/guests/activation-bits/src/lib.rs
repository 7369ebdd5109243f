//! How many bits the inputs of each linear module get, and its weights, under a budget on either average.
//!
//! The W and the A of the W/A/KV grid of qllm-eval (arXiv 2402.18158), which has one pair for the whole model. Ranges of
//! activations are those of the values themselves (dynamic quantisation), so nothing is stored beside the codes. An
//! input counts by its channels and by the rows that a token makes of it, once for all modules that read it, and has
//! one level, because an engine quantises it once. Weights are those of `weight-bits`.

mod allocation;
mod baselines;
mod levels;
mod modules;

use allocation::Allocation;
use attune_guest::{
    Baseline, Config, Cost, Description, Edit, Model, OptionSpec, Options, Signals, Space, Technique,
};
use levels::EXACT;

/// Option words, the default first.
const RANGES: [&str; 2] = ["token", "tensor"];
const GRIDS: [&str; 2] = ["affine", "symmetric"];

struct ActivationBits;

impl Technique for ActivationBits {
    fn describe() -> Description {
        Description::new(
            "activation-bits",
            env!("CARGO_PKG_VERSION"),
            "Gives the inputs of each linear module, and its weights, their own bits (the W/A grid of qllm-eval, arXiv 2402.18158).",
        )
        .option(OptionSpec::ints(
            "levels",
            "bits of activations to choose from: 2, 3, 4, 5, 6, 8, or 16 to leave an input exact",
            2..=16,
            &[4, 6, 8],
        ))
        .option(OptionSpec::real(
            "average",
            "most bits per activation on average; inputs count by their channels and rows",
            2.0..=16.0,
            6.0,
        ))
        .option(OptionSpec::one_of(
            "range",
            "over what the range of a grid is taken: each token, or all tokens of an item (tensor)",
            &RANGES,
        ))
        .option(OptionSpec::one_of(
            "grid",
            "levels from the least to the largest value (affine), or as far below 0 as above (symmetric)",
            &GRIDS,
        ))
        .option(OptionSpec::int(
            "group-size",
            "channels of an input that share a range; 0 takes all of them",
            0..=1_048_576,
            0,
        ))
        .option(OptionSpec::ints(
            "weight-levels",
            "bits of weights to choose from: 2, 3, 4, 5, 6, 8, or 16 for exact ones; one level is the same for all modules",
            2..=16,
            &[16],
        ))
        .option(OptionSpec::real(
            "weight-average",
            "most bits per weight on average, scales and zero points included",
            2.0..=16.0,
            16.0,
        ))
        .option(OptionSpec::int(
            "weight-group-size",
            "input channels whose weights share a scale and a zero point; 0 takes whole rows",
            0..=1_048_576,
            64,
        ))
        .edit("activation-bits")
        .edit("weight-bits")
    }

    fn space(model: &Model, options: &Options) -> Result<Space, String> {
        let allocation = Allocation::new(model, options)?;
        let mut space = Space::new(Vec::new());
        if allocation.searches_activations() {
            let help =
                "bits per activation; inputs are those of q, k and v, of o, of gate and up, and of down";
            space.dimensions.push(allocation.activations.dimension("activations", help, "input"));
            space = space.with(allocation.activations.budget(0, "activation-bits", "bits/activation"));
        }
        if allocation.weights.is_choice() {
            let help = "bits per weight; modules are q, k, v, o, gate, up and down";
            let dimension = space.dimensions.len() as u32;
            space.dimensions.push(allocation.weights.dimension("weights", help, "module"));
            space = space.with(allocation.weights.budget(dimension, "bits", "bits/weight"));
        }
        Ok(space)
    }

    fn lower(model: &Model, options: &Options, config: &Config) -> Result<Vec<Edit>, String> {
        let allocation = Allocation::new(model, options)?;
        let (activations, weights) = allocation.cells(config);
        let (inputs, modules) = (&allocation.inputs, &allocation.modules);
        let mut edits = Vec::new();
        // What is exact gets no edit, so that an exact config is the dense model itself.
        for (layer, cells) in (0..model.layers).zip(activations.chunks(inputs.len())) {
            for (input, cell) in inputs.iter().zip(cells) {
                let bits = allocation.activations.bits[cell.option()];
                for module in input.modules.iter().filter(|_| bits != EXACT) {
                    let edit = Edit::new("activation-bits")
                        .int("layer", layer)
                        .text("module", module)
                        .int("bits", bits)
                        .text("range", options.text("range"))
                        .text("grid", options.text("grid"));
                    edits.push(match options.int("group-size") {
                        0 => edit,
                        channels => edit.int("group-size", channels),
                    });
                }
            }
        }
        for (layer, cells) in (0..model.layers).zip(weights.chunks(modules.len())) {
            for ((module, cell), &group_size) in modules.iter().zip(cells).zip(&allocation.weight_groups) {
                let bits = allocation.weights.bits[cell.option()];
                if bits != EXACT {
                    edits.push(
                        Edit::new("weight-bits")
                            .int("layer", layer)
                            .text("module", module.name)
                            .int("bits", bits)
                            .int("group-size", group_size),
                    );
                }
            }
        }
        Ok(edits)
    }

    fn cost(model: &Model, options: &Options, config: &Config) -> Result<Vec<Cost>, String> {
        let allocation = Allocation::new(model, options)?;
        let (activations, weights) = allocation.cells(config);
        let (average, exact) = (allocation.weights.used(&weights), f64::from(EXACT));
        let (count, activations) = (allocation.count, allocation.activations.used(&activations));
        Ok(vec![
            Cost::new("activation-bits", "bits/activation", activations, exact),
            Cost::new("bits", "bits/weight", average, exact),
            Cost::new("weights", "bytes", (count * average / 8.0).round(), count * exact / 8.0),
        ])
    }

    fn baselines(model: &Model, options: &Options, _signals: &Signals) -> Result<Vec<Baseline>, String> {
        Ok(baselines::all(&Allocation::new(model, options)?))
    }
}

attune_guest::export!(ActivationBits);
