//! Codes that an evaluator chose for weights (`rounding` of `weight-bits`), row by row of the stored tensors.

use std::collections::BTreeMap;
use std::sync::Arc;

use attune_core::exporter::{ExportError, ExportInput};
use attune_core::plan::{Edit, Plan};
use attune_families::tensors::{self, LinearModule, MatrixSlice};
use attune_vocabulary::ModelEdit as _;
use attune_vocabulary::edits::WeightBits;

use crate::checkpoint::{CONFIG, Tensor, bad, config_text};
use crate::one_window::read_config;

/// Codes and where their matrix lies in a stored tensor.
type Part = (MatrixSlice, Arc<[u8]>);

/// All of them.
#[derive(Debug, Default)]
pub(crate) struct ChosenCodes {
    /// By the name of the stored tensor.
    parts: BTreeMap<String, Vec<Part>>,
}

/// Those of one tensor.
#[derive(Debug)]
pub(crate) struct ChosenRows<'a>(Vec<Option<&'a [u8]>>);

/// An edit with codes that were chosen.
fn rounded(edit: &Edit) -> Option<WeightBits> {
    WeightBits::of(edit).filter(|bits| bits.bits < 16 && bits.rounding.is_some())
}

/// Whether an evaluator chose codes for some edit of a plan.
pub(crate) fn has(plan: &Plan) -> bool {
    plan.edits().iter().any(|edit| rounded(edit).is_some())
}

impl ChosenCodes {
    /// Those that the evaluator handed out; none where the plan has no such edit, and config.json is not read then.
    ///
    /// # Errors
    /// [`ExportError::Inexpressible`] for an edit whose codes were not handed out, [`ExportError::BadModel`] for a model that they are
    /// not of.
    pub(crate) fn of(target: &'static str, input: &ExportInput<'_>) -> Result<Self, ExportError> {
        let mut chosen = Self::default();
        let edits = || input.plan.edits().iter().filter_map(|edit| Some((edit, rounded(edit)?)));
        if edits().next().is_none() {
            return Ok(chosen);
        }
        let keys = serde_json::from_str(&config_text(input.files)?)
            .map_err(|error| bad(CONFIG, error.to_string(), "a JSON object, as Transformers writes it"))?;
        let config = read_config(&keys)?;
        for (edit, bits) in edits() {
            let refuse = |reason: &str| {
                let edit = edit.to_string();
                ExportError::Inexpressible { target, edit, reason: reason.to_owned() }
            };
            let parts = input.files.chosen(edit).ok_or_else(|| {
                refuse("codes that error feedback chose are known to the evaluator that scored them alone, and it did not hand them out")
            })?;
            let of = |found: &LinearModule| {
                let expert = bits.expert.map(|expert| expert as usize);
                found.module == bits.module && (expert.is_none() || found.expert == expert)
            };
            let all = if (bits.layer as usize) < config.layers {
                tensors::modules(&config, bits.layer as usize)
            } else {
                Vec::new()
            };
            let modules: Vec<LinearModule> = all.into_iter().filter(of).collect();
            let fits = |(module, codes): (&LinearModule, &Arc<[u8]>)| {
                let weight = &module.part.weight;
                let row = weight.shape.last().copied().unwrap_or_default();
                let of_whole_rows = weight.shape.len() == 2 && weight.inputs == row && weight.strides[1] == 1;
                of_whole_rows && weight.place(0, 0) % row.max(1) == 0 && weight.elements() == codes.len()
            };
            if modules.len() != parts.len() || !modules.iter().zip(parts).all(fits) {
                return Err(refuse(
                    "the evaluator handed out codes of other matrices than the model stores as rows of weights; search without \
                     `rounding`, or use `--to plan`",
                ));
            }
            for (module, codes) in modules.into_iter().zip(parts) {
                let LinearModule { part, .. } = module;
                let of_tensor = chosen.parts.entry(part.weight.tensor.clone()).or_default();
                of_tensor.push((part.weight, Arc::clone(codes)));
            }
        }
        Ok(chosen)
    }

    /// The codes of rows of a matrix; `None` for one without any.
    pub(crate) fn rows(&self, tensor: &Tensor) -> Option<ChosenRows<'_>> {
        let (parts, &[outputs, inputs]) = (self.parts.get(&tensor.name)?, &tensor.shape[..]) else {
            return None;
        };
        let mut rows = vec![None; outputs];
        for (slice, codes) in parts {
            for (row, codes) in codes.chunks_exact(slice.inputs.max(1)).enumerate() {
                if let Some(found) = rows.get_mut(slice.place(row, 0) / inputs.max(1)) {
                    *found = Some(codes).filter(|codes| codes.len() == inputs);
                }
            }
        }
        Some(ChosenRows(rows))
    }
}

impl<'a> ChosenRows<'a> {
    /// The codes of a row, counted from the least one; `None` where each weight is rounded to the nearest.
    pub(crate) fn row(&self, row: usize) -> Option<&'a [u8]> {
        self.0.get(row).copied().flatten()
    }
}
