//! How many bits the weights of each linear module get, under a budget on their average.
//!
//! The space of EvoPress (arXiv 2410.14649, §4.3): a level per module, the sum of bits bounded. Every module counts by its
//! weights, and scales and zero points are counted, which the paper leaves out. The strategy `evopress` finds the
//! paper's moves here: one module down and another one of the same size up keeps the budget exactly.
//!
//! Levels are round-to-nearest unless `rounding` asks for the error-correcting GPTQ of the paper; without it few bits cost more. Measure on weights that
//! were never rounded before: a checkpoint that was made from 4-bit weights (attune's copy of SmolLM2 was, Q4_1) sits on
//! a grid already, and its figures for 4 bits and more are too good.
//!
//! With `embeddings` the matrices outside of the layers have levels too, in a dimension of their own, and count among the weights. Error
//! feedback is for linear modules: these matrices are rounded to the nearest.
//!
//! Every number of bits is one number grid of a family, so that levels stay numbers which a step goes up or down by. Where a target or
//! the option `grid` says which, bytes are those of the exported files.

mod allocation;
mod baselines;
mod embeddings;
mod formats;
mod limits;
mod modules;
mod parts;
mod rounding;

use allocation::Allocation;
use attune_guest::{
    Baseline, Config, Constraint, Cost, Description, Dimension, Domain, Edit, Model, OptionSpec, Options,
    Signals, Space, Technique, Value,
};
use formats::EXACT;
use modules::Cell;
use parts::Part;

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
            2.0..=32.0,
            4.5,
        ))
        .option(OptionSpec::int(
            "bytes",
            "most bytes of the weight files, of everything that they hold but headers; 0 goes by `average`",
            0..=1 << 50,
            0,
        ))
        .option(OptionSpec::one_of(
            "grid",
            "number grids that codes are on: the first of the target, or MLX's (auto); whole numbers (affine, symmetric, affine-int); \
             types of GGUF (gguf: q2_k to q6_k and q8_0, or the older q4_0 and q5_0 where rows are no multiples of 256); 8-bit floats \
             (fp8), with 4-bit ones beside them (mxfp4, nvfp4)",
            &formats::words(),
        ))
        .option(OptionSpec::int(
            "group-size",
            "input channels that share a scale and a zero point, where the grid leaves that open; 0 takes whole rows",
            0..=1_048_576,
            64,
        ))
        .option(OptionSpec::int(
            "overhead-bits",
            "bits of the scale and the zero point of one group, where neither `grid`, `bytes` nor a target says what is stored; 32 for \
             two 16-bit floats",
            0..=128,
            32,
        ))
        .option(OptionSpec::one_of(
            "experts",
            "whether the experts of a layer share the bits of a module or have their own",
            &["together", "apart"],
        ))
        .option(OptionSpec::one_of(
            "rounding",
            "how weights become codes: each to the nearest, or with error feedback over calibration data (gptq), on grids of whole \
             numbers and for targets that store such codes",
            &rounding::WORDS,
        ))
        .option(OptionSpec::one_of(
            "embeddings",
            "whether the embedding of tokens and the output matrix stay as they are stored (exact) or get bits of their own (searched), \
             one level for both where they are one matrix; a target may take the output matrix alone",
            &embeddings::WORDS,
        ))
        .edit("weight-bits")
        .edit(embeddings::EDIT)
        .heeds(&[
            "weight-bits-levels",
            "weight-bits-groups",
            "weight-bits-grids",
            "weight-bits-expert-grids",
            "weight-bits-roundings",
            "weight-bits-together",
            "embedding-bits-levels",
            "embedding-bits-grids",
            "embedding-bits-only",
            "edits",
            "other-bytes",
            "alignment",
        ])
    }

    fn space(model: &Model, options: &Options) -> Result<Space, String> {
        let allocation = Allocation::new(model, options)?;
        let dimension = |part: &Part| {
            let levels = part.levels.iter().copied().map(f64::from).collect();
            let help = format!("{}{}", help(&allocation.parts, part), allocation.grids(part));
            let dimension = Dimension::new(&part.name, &help, Domain::Level(levels));
            match part.of_embeddings {
                true => dimension.axis(part.axis, part.width() as u32),
                false => {
                    dimension.axis(part.axis, part.layers.len() as u32).axis("module", part.width() as u32)
                }
            }
        };
        let dimensions = allocation.parts.iter().map(dimension).collect();
        Ok(Space::new(dimensions).with(Constraint::Budget(allocation.budget())))
    }

    fn lower(model: &Model, options: &Options, config: &Config) -> Result<Vec<Edit>, String> {
        let allocation = Allocation::new(model, options)?;
        let mut edits = Vec::new();
        for (layer, cell, bits) in chosen(&allocation, config) {
            // An exact module gets no edit, so that an exact config is the dense model itself.
            if bits == EXACT {
                continue;
            }
            let grid = allocation.formats.grid(cell, bits).flatten();
            edits.extend(cell.members.iter().map(|member| {
                let edit = match cell.of_embeddings {
                    true => Edit::new(embeddings::EDIT).text("matrix", &member.name),
                    false => Edit::new("weight-bits").int("layer", layer).text("module", &member.name),
                };
                let mut edit =
                    edit.int("bits", bits).int("group-size", allocation.formats.group(grid, member.inputs));
                if let Some(expert) = cell.expert {
                    edit = edit.int("expert", expert);
                }
                if let Some(grid) = grid {
                    edit = edit.text("grid", grid.name());
                }
                match allocation.rounding.filter(|_| !cell.of_embeddings) {
                    Some(rounding) => edit.text("rounding", rounding),
                    None => edit,
                }
            }));
        }
        Ok(edits)
    }

    fn cost(model: &Model, options: &Options, config: &Config) -> Result<Vec<Cost>, String> {
        let allocation = Allocation::new(model, options)?;
        let cells = chosen(&allocation, config).map(|(_, cell, bits)| (cell, bits));
        let [bits, bytes] = allocation.cost(cells);
        let mut costs = vec![
            Cost::new("bits", "bits/weight", bits.0, bits.1),
            Cost::new("weights", "bytes", bytes.0, bytes.1),
        ];
        // People look at the first: what is bounded.
        if allocation.bounds_bytes() {
            costs.reverse();
        }
        Ok(costs)
    }

    fn baselines(model: &Model, options: &Options, _signals: &Signals) -> Result<Vec<Baseline>, String> {
        Ok(baselines::all(&Allocation::new(model, options)?))
    }
}

/// The cells of a config with their layers and bits.
fn chosen<'a>(allocation: &'a Allocation, config: &'a Config) -> impl Iterator<Item = (u32, &'a Cell, u32)> {
    allocation.parts.iter().zip(config).flat_map(|(part, values)| {
        let bits =
            |((layer, cell), value): ((u32, &'a Cell), &Value)| (layer, cell, part.levels[value.option()]);
        part.cells().zip(values).map(bits)
    })
}

/// What the cells are. Journals hold the sentence, so that of the modules which Llama and Mixtral have stays as it was.
fn help(parts: &[Part], part: &Part) -> String {
    const USUAL: [&str; 7] = ["q", "k", "v", "o", "gate", "up", "down"];
    let names = |part: &Part| {
        let first = part.layers.first().map_or(&[][..], |(_, cells)| cells);
        let shown = first.iter().filter(|cell| cell.expert.is_none_or(|expert| expert == 0));
        shown.map(|cell| cell.name()).collect::<Vec<String>>()
    };
    if part.of_embeddings {
        let listed = names(part).join(", ");
        return format!(
            "bits per weight of the embeddings; matrices are {listed}, input for both where they are one"
        );
    }
    // One sentence for all where they differ in their layers alone.
    let alike = parts.iter().filter(|other| !other.of_embeddings).all(|other| other.levels == part.levels);
    let listed = names(if alike { &parts[0] } else { part });
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
