//! A subset: which layers lose their attention, a given number of them. The size is part of the space, so no search leaves it.

use attune_guest::{
    Baseline, Config, Cost, Description, Dimension, Domain, Edit, Model, OptionSpec, Options,
    Signals, Space, Technique, Value,
};

struct Mine;

impl Technique for Mine {
    fn describe() -> Description {
        Description::new(
            env!("CARGO_PKG_NAME"),
            env!("CARGO_PKG_VERSION"),
            "Leaves out the attention of some layers, and searches which.",
        )
        .option(OptionSpec::int(
            "drop",
            "how many layers lose their attention",
            1..=1024,
            2,
        ))
        .edit("drop-block")
    }

    fn space(model: &Model, options: &Options) -> Result<Space, String> {
        let domain = Domain::subset_of(model.layers, count(model, options.int("drop"))?);
        Ok(Space::new(vec![Dimension::new(
            "dropped",
            "the layers without attention",
            domain,
        )]))
    }

    fn lower(_: &Model, _: &Options, config: &Config) -> Result<Vec<Edit>, String> {
        Ok(edits(config))
    }

    fn cost(model: &Model, _: &Options, config: &Config) -> Result<Vec<Cost>, String> {
        let blocks = model.block_parameters()?;
        // Of a block, the first number is that of attention.
        let saved: f64 = config[0][0]
            .elements()
            .iter()
            .map(|&layer| blocks[layer as usize][0])
            .sum();
        let (all, bytes) = (model.parameters as f64, model.bytes_per_parameter);
        let kept = f64::from(model.layers) - config[0][0].elements().len() as f64;
        Ok(vec![
            Cost::new("weights", "bytes", (all - saved) * bytes, all * bytes),
            Cost::new("caching", "layers", kept, f64::from(model.layers)),
        ])
    }

    fn baselines(model: &Model, options: &Options, _: &Signals) -> Result<Vec<Baseline>, String> {
        let drop = count(model, options.int("drop"))?;
        let even = vec![vec![Value::Indices(spread(model.layers, drop))]];
        let last = vec![vec![Value::Indices(
            (model.layers - drop..model.layers).collect(),
        )]];
        Ok(vec![
            Baseline::new("default", "evenly over depth: where a search starts", even),
            Baseline::new("last", "the last layers", last),
        ])
    }
}

/// The option `drop`, where the model has so many layers.
fn count(model: &Model, drop: i64) -> Result<u32, String> {
    match u32::try_from(drop) {
        Ok(drop) if drop < model.layers => Ok(drop),
        _ => Err(format!(
            "`drop` is {drop}, but `{}` has {} layers; one has to stay",
            model.name, model.layers
        )),
    }
}

/// The middles of `count` equal stretches of the layers.
fn spread(layers: u32, count: u32) -> Vec<u32> {
    (0..count)
        .map(|stretch| (2 * stretch + 1) * layers / (2 * count))
        .collect()
}

fn edits(config: &Config) -> Vec<Edit> {
    let edit = |&layer| {
        Edit::new("drop-block")
            .int("layer", layer)
            .text("part", "attention")
    };
    config[0][0].elements().iter().map(edit).collect()
}

attune_guest::export!(Mine);

#[cfg(test)]
mod tests;
