//! How many bits the weights of each linear module get, under a budget on their average.
//!
//! The space of EvoPress (arXiv 2410.14649, §4.3): a level per module, the sum of bits bounded. Every module counts by its
//! weights, and scales and zero points are counted, which the paper leaves out. The strategy `evopress` finds the
//! paper's moves here: one module down and another one of the same size up keeps the budget exactly.
//!
//! Levels are round-to-nearest, not the error-correcting GPTQ of the paper, so few bits cost more here. Measure on weights that
//! were never rounded before: a checkpoint that was made from 4-bit weights (attune's copy of SmolLM2 was, Q4_1) sits on
//! a grid already, and its figures for 4 bits and more are too good.

mod allocation;
mod limits;
mod modules;

use allocation::{Allocation, EXACT};
use attune_guest::{
    Baseline, Budget, BudgetTerm, Config, Constraint, Cost, Description, Dimension, Domain, Edit, Model,
    OptionSpec, Options, Signals, Space, Technique, Value,
};
use modules::Part;

struct WeightBits;

impl Technique for WeightBits {
    fn describe() -> Description {
        Description::new(
            "weight-bits",
            env!("CARGO_PKG_VERSION"),
            "Gives the weights of each linear module their own bits (the space of EvoPress, arXiv 2410.14649).",
        )
        .option(OptionSpec::ints(
            "levels",
            "bits to choose from: 2, 3, 4, 5, 6, 8, or 16 to leave a module exact",
            2..=16,
            &[2, 3, 4, 5, 6, 8],
        ))
        .option(OptionSpec::real(
            "average",
            "most bits per weight on average, scales and zero points included",
            2.0..=16.0,
            4.5,
        ))
        .option(OptionSpec::int(
            "group-size",
            "input channels that share a scale and a zero point; 0 takes whole rows",
            0..=1_048_576,
            64,
        ))
        .option(OptionSpec::int(
            "overhead-bits",
            "bits of the scale and the zero point of one group; 32 for two 16-bit floats",
            0..=128,
            32,
        ))
        .option(OptionSpec::one_of(
            "experts",
            "whether the experts of a layer share the bits of a module or have their own",
            &["together", "apart"],
        ))
        .edit("weight-bits")
    }

    fn space(model: &Model, options: &Options) -> Result<Space, String> {
        let allocation = Allocation::new(model, options)?;
        let help = help(&allocation.parts);
        let (mut dimensions, mut terms) = (Vec::new(), Vec::new());
        for (number, part) in (0..).zip(&allocation.parts) {
            let levels = allocation.levels.iter().copied().map(f64::from).collect();
            let bits = Dimension::new(part.name, &help, Domain::Level(levels))
                .axis(part.axis, part.layers.len() as u32)
                .axis("module", part.width() as u32);
            let costs = |(_, module)| {
                (0..allocation.levels.len()).map(|level| allocation.share(module, level)).collect()
            };
            dimensions.push(bits);
            terms.push(BudgetTerm { dimension: number, costs: part.cells().map(costs).collect() });
        }
        Ok(Space::new(dimensions).with(Constraint::Budget(Budget {
            resource: "bits".to_owned(),
            unit: "bits/weight".to_owned(),
            limit: allocation.average,
            terms,
        })))
    }

    fn lower(model: &Model, options: &Options, config: &Config) -> Result<Vec<Edit>, String> {
        let allocation = Allocation::new(model, options)?;
        let mut edits = Vec::new();
        for (part, cells) in allocation.parts.iter().zip(config) {
            for ((layer, module), cell) in part.cells().zip(cells) {
                let bits = allocation.levels[cell.option()];
                // An exact module gets no edit, so that an exact config is the dense model itself.
                if bits == EXACT {
                    continue;
                }
                edits.extend(module.names.iter().map(|name| {
                    let edit = Edit::new("weight-bits")
                        .int("layer", layer)
                        .text("module", name)
                        .int("bits", bits)
                        .int("group-size", module.group_size);
                    match module.expert {
                        Some(expert) => edit.int("expert", expert),
                        None => edit,
                    }
                }));
            }
        }
        Ok(edits)
    }

    fn cost(model: &Model, options: &Options, config: &Config) -> Result<Vec<Cost>, String> {
        let allocation = Allocation::new(model, options)?;
        let cells = allocation.parts.iter().zip(config).flat_map(|(part, cells)| part.cells().zip(cells));
        let average: f64 = cells.map(|((_, module), cell)| allocation.share(module, cell.option())).sum();
        let (weights, exact) = (allocation.weights, f64::from(EXACT));
        Ok(vec![
            Cost::new("bits", "bits/weight", average, exact),
            Cost::new("weights", "bytes", (weights * average / 8.0).round(), weights * exact / 8.0),
        ])
    }

    fn baselines(model: &Model, options: &Options, _signals: &Signals) -> Result<Vec<Baseline>, String> {
        let allocation = Allocation::new(model, options)?;
        let average = allocation.average + 1e-9;
        let mut by_cost: Vec<usize> = (0..allocation.levels.len()).collect();
        by_cost.sort_by(|&a, &b| allocation.uniform(a).total_cmp(&allocation.uniform(b)));
        let mut baselines = Vec::new();
        let mut add = |name: &str, what: &str, level: usize| {
            let help = format!("{} bits everywhere{what}", allocation.levels[level]);
            let cells = |part: &Part| vec![Value::Index(level as u32); part.cells().count()];
            baselines.push(Baseline::new(name, &help, allocation.parts.iter().map(cells).collect()));
        };
        let affordable = by_cost.iter().take_while(|&&level| allocation.uniform(level) <= average);
        let affordable: Vec<usize> = affordable.copied().collect();
        if let Some(&level) = affordable.last() {
            add("default", ": the largest uniform level within the budget", level);
        }
        if let Some(&level) =
            by_cost.iter().find(|&&level| allocation.uniform(level) >= allocation.average - 1e-9)
        {
            let what = ": the smallest uniform level that costs as much as the budget or more";
            add("uniform", what, level);
        }
        for level in affordable {
            add(&format!("uniform-{}", allocation.levels[level]), "", level);
        }
        Ok(baselines)
    }
}

/// What the cells are. Journals hold the sentence, so that of the modules which Llama and Mixtral have stays as it was.
fn help(parts: &[Part]) -> String {
    const USUAL: [&str; 7] = ["q", "k", "v", "o", "gate", "up", "down"];
    let names = |part: &Part| {
        let first = part.layers.first().map_or(&[][..], |(_, cells)| cells);
        let shown = first.iter().filter(|cell| cell.expert.is_none_or(|expert| expert == 0));
        shown.map(|cell| cell.name()).collect::<Vec<String>>()
    };
    let listed = parts.first().map_or_else(Vec::new, names);
    if listed == USUAL || listed == ["up", "down"] {
        return "bits per weight; modules are q, k, v, o, then gate, up and down, of expert after expert where they \
                are apart; those of an image generator's blocks are up and down"
            .to_owned();
    }
    let modules = listed.join(", ");
    format!(
        "bits per weight; modules are {modules}, those of experts again for each expert where they are apart"
    )
}

attune_guest::export!(WeightBits);
