//! Which parameters a denoiser has, and in which layer.

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
