//! An allocation under a budget: bits for the weights of every module of every layer, where the average is bounded.
//!
//! The budget is a constraint of the space. What attune draws, varies and crosses keeps it, so no trial is wasted on what is too large.

use attune_guest::{
    Baseline, Budget, BudgetTerm, Config, Constraint, Cost, Description, Dimension, Domain, Edit,
    LinearModule, Model, OptionSpec, Options, Signals, Space, Technique, Value,
};

struct Mine;

/// Bits to choose from.
const LEVELS: [u32; 5] = [2, 3, 4, 6, 8];
/// Bits of a weight of the model as it is.
const DENSE: f64 = 16.0;

impl Technique for Mine {
    fn describe() -> Description {
        Description::new(
            env!("CARGO_PKG_NAME"),
            env!("CARGO_PKG_VERSION"),
            "Distributes a budget of bits over the weights of all modules.",
        )
        .option(OptionSpec::real(
            "average",
            "most bits of a weight on average, scales included",
            2.0..=16.0,
            4.5,
        ))
        .edit("weight-bits")
    }

    fn space(model: &Model, options: &Options) -> Result<Space, String> {
        let modules = Modules::of(model)?;
        let (average, least) = (options.real("average"), modules.average(&|_| LEVELS[0]));
        if least > average {
            return Err(format!(
                "`average` is {average}, but {} bits everywhere take {least:.3} with scales; raise it to that or more",
                LEVELS[0]
            ));
        }
        let bits = Dimension::new(
            "bits",
            "bits of the weights of a module",
            Domain::Level(LEVELS.map(f64::from).to_vec()),
        );
        let bits = bits
            .axis("layer", modules.layers)
            .axis("module", modules.width);
        Ok(Space::new(vec![bits]).with(Constraint::Budget(modules.budget(average))))
    }

    fn lower(model: &Model, _: &Options, config: &Config) -> Result<Vec<Edit>, String> {
        Ok(Modules::of(model)?.edits(config))
    }

    fn cost(model: &Model, _: &Options, config: &Config) -> Result<Vec<Cost>, String> {
        let average = Modules::of(model)?.average(&|cell| LEVELS[config[0][cell].option()]);
        Ok(vec![Cost::new("bits", "bits/weight", average, DENSE)])
    }

    fn baselines(model: &Model, options: &Options, _: &Signals) -> Result<Vec<Baseline>, String> {
        let modules = Modules::of(model)?;
        let everywhere =
            |option: usize| vec![vec![Value::Index(option as u32); modules.cells.len()]];
        // The most bits that all can have at once.
        let fits =
            |option: &usize| modules.average(&|_| LEVELS[*option]) <= options.real("average");
        let most = (0..LEVELS.len()).rev().find(fits).unwrap_or_default();
        let help = format!("{} bits everywhere", LEVELS[most]);
        Ok(vec![
            Baseline::new(
                "default",
                &format!("{help}: where a search starts"),
                everywhere(most),
            ),
            Baseline::new("uniform", &help, everywhere(most)),
        ])
    }
}

/// All modules of a model, layer by layer: the cells of the dimension.
struct Modules {
    layers: u32,
    width: u32,
    cells: Vec<(u32, LinearModule)>,
    /// Weights of all of them.
    weights: f64,
}

impl Modules {
    fn of(model: &Model) -> Result<Self, String> {
        let modules = model.linear_modules()?;
        let width = modules.first().map_or(0, Vec::len);
        if width == 0 || modules.iter().any(|layer| layer.len() != width) {
            return Err(format!(
                "the layers of `{}` do not have the same modules, which this technique needs",
                model.name
            ));
        }
        let mut cells = Vec::new();
        for (layer, modules) in (0..).zip(modules) {
            cells.extend(modules.into_iter().map(|module| (layer, module)));
        }
        let weights = cells.iter().map(|(_, module)| module.weights()).sum();
        Ok(Self {
            layers: model.layers,
            width: width as u32,
            cells,
            weights,
        })
    }

    /// Bits of a weight on average, when the cells have these bits.
    fn average(&self, bits: &dyn Fn(usize) -> u32) -> f64 {
        self.cells
            .iter()
            .enumerate()
            .map(|(cell, (_, module))| self.share(module, bits(cell)))
            .sum()
    }

    /// What a module of so many bits adds to the average.
    fn share(&self, module: &LinearModule, bits: u32) -> f64 {
        taken(module, bits) * module.weights() / self.weights
    }

    /// One row of costs for every cell: what each of its options adds.
    fn budget(&self, average: f64) -> Budget {
        let row = |(_, module): &(u32, LinearModule)| {
            LEVELS.map(|bits| self.share(module, bits)).to_vec()
        };
        Budget {
            resource: "bits".to_owned(),
            unit: "bits/weight".to_owned(),
            limit: average,
            terms: vec![BudgetTerm {
                dimension: 0,
                costs: self.cells.iter().map(row).collect(),
            }],
        }
    }

    fn edits(&self, config: &Config) -> Vec<Edit> {
        let edit = |((layer, module), value): (&(u32, LinearModule), &Value)| {
            Edit::new("weight-bits")
                .int("layer", *layer)
                .text("module", &module.name)
                .int("bits", LEVELS[value.option()])
                .int("group-size", group(module))
        };
        self.cells.iter().zip(&config[0]).map(edit).collect()
    }
}

/// Input channels that share a scale and a zero point.
fn group(module: &LinearModule) -> u32 {
    [64, 32, 16]
        .into_iter()
        .find(|group| module.inputs % group == 0)
        .unwrap_or(module.inputs)
}

/// Bits of a weight with its part of a scale and a zero point of 16 bits each.
fn taken(module: &LinearModule, bits: u32) -> f64 {
    f64::from(bits) + 32.0 / f64::from(group(module))
}

attune_guest::export!(Mine);

#[cfg(test)]
mod tests;
