//! All checkpoints of a run, resident on the device, and mixtures of them.

use burn_tensor::Tensor;

use super::config::DenoiserConfig;
use super::edits::Edited;
use super::parameters::{self, Parameter};
use crate::compute::Compute;
use crate::error::LoadError;
use crate::model::{Checkpoint, quantise_rows};

/// The weights of every checkpoint, layer by layer.
pub(super) struct Checkpoints {
    layers: Vec<Layer>,
}

struct Layer {
    parameters: Vec<Parameter>,
    /// One vector per checkpoint: all parameters one after the other.
    weights: Vec<Tensor<1>>,
}

impl Checkpoints {
    /// Reads weight files that were found to hold what config.json asks for.
    pub(super) fn read(
        files: &[Checkpoint],
        config: &DenoiserConfig,
        compute: &Compute,
    ) -> Result<Self, LoadError> {
        let mut layers: Vec<Layer> = parameters::of(config)
            .into_iter()
            .map(|parameters| Layer { parameters, weights: Vec::new() })
            .collect();
        for file in files {
            for layer in &mut layers {
                let mut flat = Vec::new();
                for parameter in &layer.parameters {
                    flat.extend(file.read(&parameter.name, &parameter.shape)?);
                }
                let length = flat.len();
                layer.weights.push(compute.float32(flat, [length]));
            }
        }
        Ok(Self { layers })
    }

    /// Elements of one checkpoint.
    pub(super) fn elements(&self) -> usize {
        self.layers.iter().flat_map(|layer| &layer.parameters).map(Parameter::elements).sum()
    }

    /// The weights that `coefficients: [layers][checkpoints]` make, in float32, checkpoint after checkpoint:
    /// `Σ αᵢ·θᵢ`. As the coefficients sum to 1 this is `θ₀ + Σ αᵢ(θᵢ − θ₀)`; in this form a single checkpoint is
    /// itself to the bit.
    pub(super) fn mixed(&self, coefficients: &[Vec<f64>]) -> Mixed {
        let layer =
            |(layer, coefficients): (&Layer, &Vec<f64>)| {
                let terms = layer.weights.iter().zip(coefficients).filter(|(_, factor)| **factor != 0.0);
                terms
                    .map(|(weights, &factor)| {
                        if factor == 1.0 {
                            weights.clone()
                        } else {
                            weights.clone().mul_scalar(factor as f32)
                        }
                    })
                    .reduce(|sum, term| sum + term)
                    // Coefficients sum to 1, so there is a term.
                    .unwrap_or_else(|| layer.weights[0].zeros_like())
            };
        Mixed { layers: self.layers.iter().zip(coefficients).map(layer).collect() }
    }

    /// The weights of an edited model: the mixture, then its matrices in few bits.
    pub(super) fn edited(&self, edited: &Edited, compute: &Compute) -> Mixed {
        let mut mixed = self.mixed(&edited.coefficients);
        for (&(layer, module), &level) in &edited.levels {
            let name = format!(".{}.weight", module.name());
            let mut weights: Vec<f32> = mixed.layers[layer].clone().into_data().iter::<f32>().collect();
            let mut first = 0;
            for parameter in &self.layers[layer].parameters {
                let elements = parameter.elements();
                if let (true, &[_, inputs]) = (parameter.name.ends_with(&name), &parameter.shape[..]) {
                    quantise_rows(&mut weights[first..first + elements], inputs, level, None);
                }
                first += elements;
            }
            mixed.layers[layer] = compute.float32(weights, [first]);
        }
        mixed
    }

    /// Several mixtures side by side: the parameters of every layer, `[mixtures, in, out]` for matrices and
    /// `[mixtures, 1, width]` for the rest.
    pub(super) fn stacked(&self, mixtures: &[&Mixed]) -> Vec<Vec<Tensor<3>>> {
        let layer = |(number, layer): (usize, &Layer)| {
            let flat: Vec<Tensor<2>> =
                mixtures.iter().map(|mixed| mixed.layers[number].clone().unsqueeze()).collect();
            let flat = Tensor::cat(flat, 0);
            let mut first = 0;
            let take = |parameter: &Parameter| {
                let elements = parameter.elements();
                let part = flat.clone().narrow(1, first, elements);
                first += elements;
                match parameter.shape[..] {
                    [outputs, inputs] => part.reshape([mixtures.len(), outputs, inputs]).swap_dims(1, 2),
                    _ => part.reshape([mixtures.len(), 1, elements]),
                }
            };
            layer.parameters.iter().map(take).collect()
        };
        self.layers.iter().enumerate().map(layer).collect()
    }
}

/// The weights of one mixture: a vector per layer.
pub(super) struct Mixed {
    layers: Vec<Tensor<1>>,
}
