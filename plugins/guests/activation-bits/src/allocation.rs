//! Options and model facts, checked together, and where a config holds what.

use attune_guest::{Config, LinearModule, Model, Options, Value};

use crate::levels::{Cell, EXACT, Levels, Names};
use crate::limits;
use crate::modules::{Input, group_size, inputs, modules};

/// Bits of the scale and the zero point of one group of weights: two 16-bit floats.
const OVERHEAD: f64 = 32.0;

/// What can be allotted: bits of activations and bits of weights. Where only one of the two is a choice, a config
/// holds no other; where neither is, it holds the activations'.
pub(crate) struct Allocation {
    /// Of each block.
    pub(crate) inputs: Vec<Vec<Input>>,
    /// Of each block, with the input channels that share a scale.
    pub(crate) modules: Vec<Vec<(LinearModule, u32)>>,
    pub(crate) activations: Levels,
    pub(crate) weights: Levels,
    /// Weights of all modules of all layers.
    pub(crate) count: f64,
}

impl Allocation {
    pub(crate) fn new(model: &Model, options: &Options) -> Result<Self, String> {
        let blocks = modules(model)?;
        limits::check(model, options, &blocks)?;
        let inputs: Vec<Vec<Input>> = blocks.iter().map(|block| inputs(block)).collect();
        for input in inputs.iter().flatten() {
            group_size(model, options, "group-size", &input.modules[0], input.channels)?;
        }
        let row =
            |input: &Input| Cell { weight: f64::from(input.channels) * f64::from(input.rows), overhead: 0.0 };
        let rows: Vec<Vec<Cell>> = inputs.iter().map(|block| block.iter().map(row).collect()).collect();
        let names = Names { levels: "levels", average: "average" };
        let activations = Levels::new(options, &names, &rows)?;
        let quantised = options.ints("weight-levels").iter().any(|&bits| bits != i64::from(EXACT));
        let group = |module: LinearModule| {
            let group = match quantised {
                true => group_size(model, options, "weight-group-size", &module.name, module.inputs)?,
                // A size that does not divide is no fault where nothing is divided.
                false => module.inputs,
            };
            Ok((module, group))
        };
        let block = |block: Vec<LinearModule>| block.into_iter().map(group).collect();
        let modules = blocks.into_iter().map(block).collect::<Result<Vec<Vec<_>>, String>>()?;
        let cell = |(module, group): &(LinearModule, u32)| Cell {
            weight: module.weights(),
            overhead: OVERHEAD / f64::from(*group),
        };
        let cells: Vec<Vec<Cell>> = modules.iter().map(|block| block.iter().map(cell).collect()).collect();
        let names = Names { levels: "weight-levels", average: "weight-average" };
        let weights = Levels::new(options, &names, &cells)?;
        let count = modules.iter().flatten().map(|(module, _)| module.weights()).sum();
        Ok(Self { inputs, modules, activations, weights, count })
    }

    /// Whether a config holds bits of activations.
    pub(crate) fn searches_activations(&self) -> bool {
        self.activations.is_choice() || !self.weights.is_choice()
    }

    /// The cells of activations and of weights, whether a config holds them or not.
    pub(crate) fn cells(&self, config: &Config) -> (Vec<Value>, Vec<Value>) {
        let mut dimensions = config.iter().cloned();
        let mut cells = |levels: &Levels, held: bool| {
            let found = if held { dimensions.next() } else { None };
            found.unwrap_or_else(|| levels.everywhere(0))
        };
        let activations = cells(&self.activations, self.searches_activations());
        (activations, cells(&self.weights, self.weights.is_choice()))
    }

    /// The config that has these two levels everywhere.
    pub(crate) fn uniform(&self, activations: usize, weights: usize) -> Config {
        let mut config = Vec::new();
        if self.searches_activations() {
            config.push(self.activations.everywhere(activations));
        }
        if self.weights.is_choice() {
            config.push(self.weights.everywhere(weights));
        }
        config
    }
}
