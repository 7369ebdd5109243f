//! Mixtures of checkpoints, folded into one: `Σ αᵢ·θᵢ` in float32, term by term in the order of the checkpoints, which
//! is how the evaluator computes them.

use safetensors::tensor::Dtype;
use serde::Serialize;
use serde_json::{Map, Value};

use attune_core::exporter::{ExportError, ExportInput, FileSink, ModelFiles};
use attune_core::plan::{Edit, Plan};
use attune_vocabulary::ModelFacts;
use attune_vocabulary::edits::CombineCheckpoints;
use attune_vocabulary::{ModelEdit as _, checkpoint_mix};

use super::{
    Bytes, CONFIG, Piece, SINGLE, Shard, Tensor, bad, floats, has_floats, no_floats, read, read_part,
    with_manifest, write, write_tensors,
};

/// `model_type` of the generators whose checkpoints are mixed.
pub(crate) const GENERATOR: &str = "attune_denoiser";

/// The list of checkpoints in config.json.
const CHECKPOINTS: &str = "checkpoints";

/// The coefficients of every layer.
pub(crate) struct Mix {
    target: &'static str,
    coefficients: Vec<Vec<f64>>,
}

impl Mix {
    /// Those of a plan for an image generator, for a target.
    pub(crate) fn new(target: &'static str, plan: &Plan, model: &ModelFacts) -> Result<Self, ExportError> {
        let refuse = |edit: &Edit, reason: String| ExportError::Inexpressible {
            target,
            edit: edit.to_string(),
            reason,
        };
        let foreign = plan.edits().iter().find(|edit| edit.kind != CombineCheckpoints::KIND);
        if let Some(edit) = foreign {
            let reason = "an image generator takes combine-checkpoints only; use `--to plan`";
            return Err(refuse(edit, reason.to_owned()));
        }
        if let Some((one, other)) = attune_vocabulary::model().conflict(plan) {
            let reason = format!("the plan also holds {other}, and both cannot be honoured");
            return Err(refuse(one, reason));
        }
        let mix = checkpoint_mix(plan, model.layers, model.checkpoints);
        mix.map(|coefficients| Self { target, coefficients }).map_err(|(edit, reason)| refuse(edit, reason))
    }

    /// By layer, then by checkpoint.
    pub(crate) fn coefficients(&self) -> &[Vec<f64>] {
        &self.coefficients
    }

    /// Refuses a config.json that lists other checkpoints than the model has.
    pub(crate) fn check_config(files: &dyn ModelFiles, model: &ModelFacts) -> Result<(), ExportError> {
        checkpoints(&parsed(files)?, model).map(|_| ())
    }

    /// Writes the mixed checkpoint, what `beside` writes of the names of the checkpoints, a config.json that no longer lists them,
    /// and the manifest with the command that checks all of it.
    pub(crate) fn export(
        &self,
        input: &ExportInput<'_>,
        model: &ModelFacts,
        verify: Option<&'static str>,
        sink: &mut dyn FileSink,
        beside: impl FnOnce(&[String], &mut dyn FileSink) -> Result<(), ExportError>,
    ) -> Result<(), ExportError> {
        let mut config = parsed(input.files)?;
        let names = checkpoints(&config, model)?;
        let opened: Result<Vec<Shard>, _> = names.iter().map(|name| Shard::open(input.files, name)).collect();
        let opened = opened?;
        let sums = self.sums(&opened)?;
        config.remove(CHECKPOINTS);

        with_manifest(self.target, input, verify, sink, |sink| {
            let pieces = sums.iter().map(|sum| (sum.name, sum.piece(input.files))).collect();
            write_tensors(sink, SINGLE, "pt", pieces)?;
            beside(&names, sink)?;
            write(sink, CONFIG, &crate::wire::to_bytes(CONFIG, &config)?)?;
            Ok(Done { exact: EXACT, checkpoints: names, coefficients: &self.coefficients })
        })
    }

    /// What every tensor is a sum of; the checkpoints have to have the same ones.
    fn sums<'a>(&self, checkpoints: &'a [Shard]) -> Result<Vec<Sum<'a>>, ExportError> {
        let Some(first) = checkpoints.first() else { return Ok(Vec::new()) };
        // A tensor without elements is a mere name.
        let stored = |of: &'a Shard| of.tensors.iter().filter(|tensor| tensor.bytes > 0);
        let mut sums =
            stored(first).map(|tensor| self.sum(&first.file, tensor)).collect::<Result<Vec<_>, _>>()?;
        for (position, checkpoint) in checkpoints.iter().enumerate() {
            let count = stored(checkpoint).count();
            if count != sums.len() {
                let found = format!("{count} tensors");
                return Err(bad(&checkpoint.file, found, format!("{}, as in {}", sums.len(), first.file)));
            }
            // Both are in the order of names.
            for (sum, tensor) in sums.iter_mut().zip(stored(checkpoint)) {
                sum.add(self.coefficients[sum.layer][position], &checkpoint.file, tensor)?;
            }
        }
        Ok(sums)
    }

    /// A sum without terms of the shape of a tensor.
    fn sum<'a>(&self, file: &str, tensor: &'a Tensor) -> Result<Sum<'a>, ExportError> {
        let (name, layers) = (tensor.name.as_str(), self.coefficients.len());
        let layer = layer(name, layers).ok_or_else(|| {
            let expected = format!("the tensors of an image generator of {layers} layers");
            bad(file, format!("tensor `{name}`"), expected)
        })?;
        Ok(Sum { name, shape: &tensor.shape, layer, terms: Vec::new() })
    }
}

/// One tensor of the mixture.
struct Sum<'a> {
    name: &'a str,
    shape: &'a [usize],
    layer: usize,
    /// In the order of the checkpoints, without those whose coefficient is 0.
    terms: Vec<Term<'a>>,
}

/// A tensor of a checkpoint and its coefficient.
struct Term<'a> {
    factor: f32,
    file: &'a str,
    tensor: &'a Tensor,
}

impl<'a> Sum<'a> {
    fn add(&mut self, coefficient: f64, file: &'a str, tensor: &'a Tensor) -> Result<(), ExportError> {
        if tensor.name != self.name || tensor.shape != self.shape {
            let found = format!("tensor `{}` of shape {:?}", tensor.name, tensor.shape);
            return Err(bad(file, found, "the tensors of the first checkpoint"));
        }
        if coefficient != 0.0 {
            if !has_floats(tensor.dtype) {
                return Err(no_floats(file, self.name, tensor.dtype));
            }
            self.terms.push(Term { factor: coefficient as f32, file, tensor });
        }
        Ok(())
    }

    /// The tensor, which is computed when it is written: a mixture may be larger than memory.
    fn piece<'s>(&'s self, files: &'s dyn ModelFiles) -> Piece<'s> {
        let elements: usize = self.shape.iter().product();
        let make = Box::new(move || self.bytes(files, elements));
        let bytes = Bytes::Made { len: elements * size_of::<f32>(), make };
        Piece { dtype: Dtype::F32, shape: self.shape.to_vec(), bytes }
    }

    fn bytes(&self, files: &dyn ModelFiles, elements: usize) -> Result<Vec<u8>, ExportError> {
        let mut sum = vec![0.0_f32; elements];
        for Term { factor, file, tensor } in &self.terms {
            let stored = read_part(files, file, tensor.place.clone())?;
            let values = floats(file, self.name, tensor.dtype, &stored)?;
            sum.iter_mut().zip(values).for_each(|(sum, value)| *sum += value * factor);
        }
        Ok(sum.into_iter().flat_map(f32::to_le_bytes).collect())
    }
}

const EXACT: &str =
    "every tensor is the sum of those of the checkpoints times their coefficients, in float32";

/// What was done.
#[derive(Serialize)]
struct Done<'a> {
    exact: &'static str,
    checkpoints: Vec<String>,
    /// By layer, then by checkpoint.
    coefficients: &'a [Vec<f64>],
}

fn parsed(files: &dyn ModelFiles) -> Result<Map<String, Value>, ExportError> {
    let bytes = read(files, CONFIG)?;
    serde_json::from_slice(&bytes).map_err(|error| bad(CONFIG, error.to_string(), "a JSON object"))
}

/// The weight files; a model without a list has one.
fn checkpoints(config: &Map<String, Value>, model: &ModelFacts) -> Result<Vec<String>, ExportError> {
    let names: Vec<String> = match config.get(CHECKPOINTS) {
        None => vec![SINGLE.to_owned()],
        Some(value) => serde_json::from_value(value.clone())
            .map_err(|error| bad(CONFIG, format!("`{CHECKPOINTS}`: {error}"), "a list of names of files"))?,
    };
    if names.len() != model.checkpoints as usize {
        let found = format!("`{CHECKPOINTS}` lists {} files", names.len());
        return Err(bad(CONFIG, found, model.checkpoints.to_string()));
    }
    Ok(names)
}

/// The layer of a tensor, as edits count them: the input with the time embedding, the blocks, the output.
fn layer(name: &str, layers: usize) -> Option<usize> {
    let mut parts = name.split('.');
    let layer = match parts.next()? {
        "input" | "time" => 0,
        "blocks" => parts.next()?.parse::<usize>().ok()?.checked_add(1)?,
        "norm" | "output" => return layers.checked_sub(1),
        _ => return None,
    };
    (layer + 1 < layers).then_some(layer)
}
