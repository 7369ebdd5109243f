//! Mixtures of checkpoints, folded into one: `Σ αᵢ·θᵢ` in float32, term by term in the order of the checkpoints, which
//! is how the evaluator computes them.

use std::collections::BTreeMap;

use safetensors::SafeTensors;
use safetensors::tensor::Dtype;
use serde::Serialize;
use serde_json::{Map, Value};

use attune_core::exporter::{ExportError, ExportInput, FileSink, ModelFiles};
use attune_core::plan::{Edit, Plan};
use attune_vocabulary::ModelFacts;
use attune_vocabulary::edits::CombineCheckpoints;
use attune_vocabulary::{ModelEdit as _, checkpoint_mix};

use super::{CONFIG, Piece, SINGLE, bad, floats, parse, read, with_manifest, write, write_tensors};

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
        let mut tensors: BTreeMap<String, (Vec<usize>, Vec<f32>)> = BTreeMap::new();
        for (position, name) in names.iter().enumerate() {
            let bytes = read(input.files, name)?;
            let file = parse(name, &bytes)?;
            // A tensor without elements is a mere name.
            let stored: Vec<&str> =
                file.iter().filter(|(_, view)| !view.data().is_empty()).map(|(name, _)| name).collect();
            if position > 0 && stored.len() != tensors.len() {
                let found = format!("{} tensors", stored.len());
                return Err(bad(name, found, format!("{}, as in {}", tensors.len(), names[0])));
            }
            for tensor in stored {
                self.add(&mut tensors, position, name, tensor, &file)?;
            }
        }
        let pieces: Vec<(&String, Piece<'_>)> = tensors
            .iter()
            .map(|(name, (shape, values))| {
                let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
                (name, Piece { dtype: Dtype::F32, shape: shape.clone(), bytes: bytes.into() })
            })
            .collect();
        config.remove(CHECKPOINTS);

        with_manifest(self.target, input, verify, sink, |sink| {
            write_tensors(sink, SINGLE, "pt", pieces)?;
            beside(&names, sink)?;
            write(sink, CONFIG, &crate::wire::to_bytes(CONFIG, &config)?)?;
            Ok(Done { exact: EXACT, checkpoints: names, coefficients: &self.coefficients })
        })
    }

    /// Adds the term of one checkpoint to one tensor.
    fn add(
        &self,
        tensors: &mut BTreeMap<String, (Vec<usize>, Vec<f32>)>,
        position: usize,
        file: &str,
        name: &str,
        source: &SafeTensors<'_>,
    ) -> Result<(), ExportError> {
        let layers = self.coefficients.len();
        let layer = layer(name, layers).ok_or_else(|| {
            bad(
                file,
                format!("tensor `{name}`"),
                format!("the tensors of an image generator of {layers} layers"),
            )
        })?;
        let view = source.tensor(name).map_err(|error| bad(file, error.to_string(), format!("`{name}`")))?;
        if position == 0 {
            let zeros = vec![0.0; view.shape().iter().product()];
            tensors.insert(name.to_owned(), (view.shape().to_vec(), zeros));
        }
        let sum = tensors.get_mut(name).filter(|(shape, _)| shape == view.shape());
        let Some((_, sum)) = sum else {
            let found = format!("tensor `{name}` of shape {:?}", view.shape());
            return Err(bad(file, found, "the tensors of the first checkpoint"));
        };
        let factor = self.coefficients[layer][position];
        if factor != 0.0 {
            let values = floats(file, name, &view)?;
            sum.iter_mut().zip(values).for_each(|(sum, value)| *sum += value * factor as f32);
        }
        Ok(())
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
