//! Options and model facts, checked together, and where a config holds what.

use attune_guest::{Config, Model, Options, Value};

use crate::levels::{EXACT, Levels, Names};
use crate::modules::{Input, Module, group_size, inputs, modules};

/// Bits of the scale and the zero point of one group of weights: two 16-bit floats.
const OVERHEAD: f64 = 32.0;

/// What can be allotted: bits of activations and bits of weights. Where only one of the two is a choice, a config
/// holds no other; where neither is, it holds the activations'.
pub(crate) struct Allocation {
    pub(crate) inputs: [Input; 4],
    pub(crate) modules: [Module; 7],
    pub(crate) activations: Levels,
    pub(crate) weights: Levels,
    /// Input channels that share a scale, of each module.
    pub(crate) weight_groups: Vec<u32>,
    /// Weights of all modules of all layers.
    pub(crate) count: f64,
}

impl Allocation {
    pub(crate) fn new(model: &Model, options: &Options) -> Result<Self, String> {
        let (inputs, modules) = (inputs(model)?, modules(model)?);
        for input in &inputs {
            group_size(model, options, "group-size", input.modules[0], input.channels)?;
        }
        let rows: Vec<(f64, f64)> =
            inputs.iter().map(|input| (f64::from(input.channels) * f64::from(input.rows), 0.0)).collect();
        let names = Names { levels: "levels", average: "average" };
        let activations = Levels::new(options, &names, model.layers, &rows)?;
        let quantised = options.ints("weight-levels").iter().any(|&bits| bits != i64::from(EXACT));
        let group = |module: &Module| match quantised {
            true => group_size(model, options, "weight-group-size", module.name, module.inputs),
            // A size that does not divide is no fault where nothing is divided.
            false => Ok(module.inputs),
        };
        let weight_groups = modules.iter().map(group).collect::<Result<Vec<u32>, String>>()?;
        let cells = modules.iter().zip(&weight_groups);
        let cells: Vec<(f64, f64)> =
            cells.map(|(module, &group)| (module.weights, OVERHEAD / f64::from(group))).collect();
        let names = Names { levels: "weight-levels", average: "weight-average" };
        let weights = Levels::new(options, &names, model.layers, &cells)?;
        let count = f64::from(model.layers) * modules.iter().map(|module| module.weights).sum::<f64>();
        Ok(Self { inputs, modules, activations, weights, weight_groups, count })
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
