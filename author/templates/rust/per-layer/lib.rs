//! A choice for every layer: how many bits its weights get. Nothing bounds the choices; a search weighs quality against bits.

use attune_guest::{
    Baseline, Config, Cost, Description, Dimension, Domain, Edit, LinearModule, Model, OptionSpec,
    Options, Signals, Space, Technique, Value,
};

struct Mine;

/// Bits of a weight that is left as it is.
const EXACT: u32 = 16;

impl Technique for Mine {
    fn describe() -> Description {
        Description::new(
            env!("CARGO_PKG_NAME"),
            env!("CARGO_PKG_VERSION"),
            "Chooses bits for the weights of every layer.",
        )
        .option(OptionSpec::ints(
            "levels",
            "bits to choose from: 2, 3, 4, 5, 6, 8, or 16 for none",
            2..=16,
            &[3, 4, 8],
        ))
        .edit("weight-bits")
    }

    fn space(model: &Model, options: &Options) -> Result<Space, String> {
        let levels = levels(options.ints("levels"))?
            .into_iter()
            .map(f64::from)
            .collect();
        let bits = Dimension::new(
            "bits",
            "bits of the weights of a layer",
            Domain::Level(levels),
        );
        Ok(Space::new(vec![bits.axis("layer", model.layers)]))
    }

    fn lower(model: &Model, options: &Options, config: &Config) -> Result<Vec<Edit>, String> {
        edits(model, &levels(options.ints("levels"))?, config)
    }

    fn cost(model: &Model, options: &Options, config: &Config) -> Result<Vec<Cost>, String> {
        let bits = average(model, &levels(options.ints("levels"))?, config)?;
        Ok(vec![Cost::new(
            "bits",
            "bits/weight",
            bits,
            f64::from(EXACT),
        )])
    }

    fn baselines(model: &Model, options: &Options, _: &Signals) -> Result<Vec<Baseline>, String> {
        let levels = levels(options.ints("levels"))?;
        let everywhere =
            |option: usize| vec![vec![Value::Index(option as u32); model.layers as usize]];
        let last = levels.len() - 1;
        let mut baselines = vec![Baseline::new(
            "default",
            "the most bits everywhere",
            everywhere(last),
        )];
        for (option, bits) in levels.iter().enumerate() {
            let help = format!("{bits} bits everywhere");
            baselines.push(Baseline::new(
                &format!("uniform-{bits}"),
                &help,
                everywhere(option),
            ));
        }
        Ok(baselines)
    }
}

/// The option `levels`, ascending.
fn levels(option: &[i64]) -> Result<Vec<u32>, String> {
    let mut levels: Vec<u32> = option.iter().map(|&bits| bits as u32).collect();
    levels.sort_unstable();
    levels.dedup();
    match levels
        .iter()
        .find(|bits| ![2, 3, 4, 5, 6, 8, EXACT].contains(bits))
    {
        Some(bits) => Err(format!(
            "`levels` contains {bits}; bits are 2, 3, 4, 5, 6 or 8, and 16 leaves a layer as it is"
        )),
        None => Ok(levels),
    }
}

/// Input channels that share a scale and a zero point.
fn group(module: &LinearModule) -> u32 {
    [64, 32, 16]
        .into_iter()
        .find(|group| module.inputs % group == 0)
        .unwrap_or(module.inputs)
}

fn edits(model: &Model, levels: &[u32], config: &Config) -> Result<Vec<Edit>, String> {
    let mut edits = Vec::new();
    for ((layer, modules), value) in (0..).zip(model.linear_modules()?).zip(&config[0]) {
        let bits = levels[value.option()];
        // What stays as it is gets no edit: equal models are then equal plans.
        for module in modules.iter().filter(|_| bits < EXACT) {
            let edit = Edit::new("weight-bits")
                .int("layer", layer)
                .text("module", &module.name);
            edits.push(edit.int("bits", bits).int("group-size", group(module)));
        }
    }
    Ok(edits)
}

/// Bits of a weight on average, with a scale and a zero point of 16 bits each for every group.
fn average(model: &Model, levels: &[u32], config: &Config) -> Result<f64, String> {
    let (mut bits, mut weights) = (0.0, 0.0);
    for (modules, value) in model.linear_modules()?.iter().zip(&config[0]) {
        for module in modules {
            let each = match levels[value.option()] {
                EXACT => f64::from(EXACT),
                few => f64::from(few) + 32.0 / f64::from(group(module)),
            };
            bits += each * module.weights();
            weights += module.weights();
        }
    }
    if weights == 0.0 {
        return Err(format!(
            "model `{}` has no linear modules that are known here",
            model.name
        ));
    }
    Ok(bits / weights)
}

attune_guest::export!(Mine);

#[cfg(test)]
mod tests;
