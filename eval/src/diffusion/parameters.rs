//! Which parameters a denoiser has, and in which layer.

use attune_vocabulary::{LinearModules, Matrices, Module, NamedModule};

use super::config::DenoiserConfig;

/// One tensor of the checkpoint.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Parameter {
    pub(super) name: String,
    /// As stored: `[out, in]` for matrices, `[width]` for biases and norms.
    pub(super) shape: Vec<usize>,
}

impl Parameter {
    fn new(name: impl Into<String>, shape: &[usize]) -> Self {
        Self { name: name.into(), shape: shape.to_vec() }
    }

    pub(super) fn elements(&self) -> usize {
        self.shape.iter().product()
    }
}

/// The parameters of every layer, in the order in which the forward pass takes them.
pub(super) fn of(config: &DenoiserConfig) -> Vec<Vec<Parameter>> {
    layers(config).collect()
}

/// As [`of`], one layer at a time.
pub(super) fn layers(config: &DenoiserConfig) -> impl Iterator<Item = Vec<Parameter>> {
    let (pixels, hidden, inner) = (config.pixels(), config.hidden, config.inner);
    let input = vec![
        Parameter::new("input.weight", &[hidden, pixels]),
        Parameter::new("input.bias", &[hidden]),
        Parameter::new("time.weight", &[hidden, 2 * config.frequencies]),
        Parameter::new("time.bias", &[hidden]),
    ];
    let block = move |number: usize| {
        let name = |part: &str| format!("blocks.{number}.{part}");
        vec![
            Parameter::new(name("norm.weight"), &[hidden]),
            Parameter::new(name("norm.bias"), &[hidden]),
            Parameter::new(name("up.weight"), &[inner, hidden]),
            Parameter::new(name("up.bias"), &[inner]),
            Parameter::new(name("time.weight"), &[inner, hidden]),
            Parameter::new(name("down.weight"), &[hidden, inner]),
            Parameter::new(name("down.bias"), &[hidden]),
        ]
    };
    let output = vec![
        Parameter::new("norm.weight", &[hidden]),
        Parameter::new("norm.bias", &[hidden]),
        Parameter::new("output.weight", &[pixels, hidden]),
        Parameter::new("output.bias", &[pixels]),
    ];
    std::iter::once(input).chain((0..config.blocks).map(block)).chain([output])
}

/// The linear modules that edits name: those of the blocks, which stand between the input's layer and the output's.
pub(super) fn linear_modules(config: &DenoiserConfig) -> LinearModules {
    let count = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
    let (hidden, inner) = (count(config.hidden), count(config.inner));
    let module = |(number, module): (usize, Module)| NamedModule {
        name: module.name().to_owned(),
        input: number,
        tensor: number,
    };
    let matrix = |outputs, inputs| Some(Matrices { outputs, inputs, count: 1, rows: 1 });
    let mut layers = vec![vec![matrix(inner, hidden), matrix(hidden, inner)]; config.layers()];
    for layer in [0, config.layers() - 1] {
        layers[layer] = vec![None; 2];
    }
    LinearModules {
        modules: [Module::Up, Module::Down].into_iter().enumerate().map(module).collect(),
        layers,
    }
}
