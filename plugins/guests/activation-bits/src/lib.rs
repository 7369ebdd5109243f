//! How many bits the inputs of each linear module get, and its weights, under a budget on either average.
//!
//! The W and the A of the W/A/KV grid of qllm-eval (arXiv 2402.18158), which has one pair for the whole model. Ranges of
//! activations are those of the values themselves (dynamic quantisation), so nothing is stored beside the codes. An
//! input counts by its channels and by the rows that a token makes of it, once for all modules that read it, and has
//! one level, because an engine quantises it once. Weights are those of `weight-bits`.

mod allocation;
mod baselines;
mod levels;
mod limits;
mod modules;

use allocation::Allocation;
use attune_guest::{
    Baseline, Config, Cost, Description, Edit, Model, OptionSpec, Options, Signals, Space, Technique,
};
use levels::EXACT;
use modules::Input;

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
        .heeds(&[
            "activation-bits-levels",
            "activation-bits-groups",
            "activation-bits-grids",
            "activation-bits-together",
            "weight-bits-levels",
            "weight-bits-groups",
            "weight-bits-grids",
            "weight-bits-together",
            "edits",
        ])
    }

    fn space(model: &Model, options: &Options) -> Result<Space, String> {
        let allocation = Allocation::new(model, options)?;
        let mut space = Space::new(Vec::new());
        if allocation.searches_activations() {
            let inputs = allocation.inputs.first().map_or(&[][..], |block| block);
            let readers = |input: &Input| format!("of {}", list(&input.modules, " and "));
            let readers: Vec<String> = inputs.iter().map(readers).collect();
            let help = format!("bits per activation; inputs are those {}", list(&readers, ", and "));
            space.dimensions.push(allocation.activations.dimension("activations", &help, "input"));
            space = space.with(allocation.activations.budget(0, "activation-bits", "bits/activation"));
        }
        if allocation.weights.is_choice() {
            let modules = allocation.modules.iter().take(1).flatten();
            let modules: Vec<String> = modules.map(|(module, _)| module.name.clone()).collect();
            let help = format!("bits per weight; modules are {}", list(&modules, " and "));
            let dimension = space.dimensions.len() as u32;
            space.dimensions.push(allocation.weights.dimension("weights", &help, "module"));
            space = space.with(allocation.weights.budget(dimension, "bits", "bits/weight"));
        }
        Ok(space)
    }

    fn lower(model: &Model, options: &Options, config: &Config) -> Result<Vec<Edit>, String> {
        let allocation = Allocation::new(model, options)?;
        let (activations, weights) = allocation.cells(config);
        let inputs = (0..).zip(&allocation.inputs).flat_map(|(layer, block)| each(layer, block));
        let modules = (0..).zip(&allocation.modules).flat_map(|(layer, block)| each(layer, block));
        let mut edits = Vec::new();
        // What is exact gets no edit, so that an exact config is the dense model itself.
        for ((layer, input), cell) in inputs.zip(&activations) {
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
        for ((layer, (module, group_size)), cell) in modules.zip(&weights) {
            let bits = allocation.weights.bits[cell.option()];
            if bits != EXACT {
                edits.push(
                    Edit::new("weight-bits")
                        .int("layer", layer)
                        .text("module", &module.name)
                        .int("bits", bits)
                        .int("group-size", *group_size),
                );
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

/// What a block has, with the number of its layer.
fn each<T>(layer: u32, block: &[T]) -> impl Iterator<Item = (u32, &T)> {
    block.iter().map(move |of| (layer, of))
}

/// Words with commas between them, and `last` before the last.
fn list(words: &[String], last: &str) -> String {
    match words.split_last() {
        Some((end, rest)) if !rest.is_empty() => format!("{}{last}{end}", rest.join(", ")),
        _ => words.concat(),
    }
}

attune_guest::export!(ActivationBits);
