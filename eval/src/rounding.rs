//! Weights that are rounded with error feedback (`attune_grids::feedback`): made once for each module and level, before plans that have them run.
//!
//! A module's inputs are those of the dense model on the calibration text, whatever else a plan edits, so that the codes of a module and level are
//! the same in every plan, as those of rounding to the nearest are. An expert's are the rows that are routed to it. Layers are
//! passed once, in their order; sums are taken in the order of the text, so the codes do not depend on who else is rounded, on threads, or on how
//! the text is cut into batches.

mod dense_pass;

pub(crate) use dense_pass::Text;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use attune_core::evaluator::EvalFailure;
use attune_grids::feedback::{self, Factor, Moments};
use attune_vocabulary::Module;

use crate::edits::{Codes, EditedModel, Level, Watched};
use crate::model::{ByteLru, Model, Site};
use dense_pass::DensePass;

/// Bytes that codes may take beside those of the plans at hand: 1 GiB, one byte for each weight.
const CODES_MEMORY: u64 = 1 << 30;
/// Bytes that factors may take so that another level of the same module finds them: 1 GiB, and as much again while a layer is passed (a
/// single module whose inputs need more is passed alone).
const FACTORS_MEMORY: u64 = 1 << 30;

/// What was rounded before.
pub(crate) struct Rounded {
    codes: ByteLru<(Site, Level), Codes>,
    /// By the first module that has the input.
    factors: ByteLru<Site, Arc<Factor>>,
}

/// Codes of a module, or of one of its experts, at a level.
type Made = ((Site, Level), Codes);
/// Modules and their levels, by the input that they share: the first module that has it, and its expert.
type ByInput = BTreeMap<(Module, usize), Vec<(Site, Level)>>;
/// Some of them.
type Inputs<'a> = Vec<(&'a (Module, usize), &'a Vec<(Site, Level)>)>;

impl Default for Rounded {
    fn default() -> Self {
        Self { codes: ByteLru::new(CODES_MEMORY), factors: ByteLru::new(FACTORS_MEMORY) }
    }
}

impl Rounded {
    /// Gives modules with error feedback in `plans` their codes. `text` is what they are calibrated on, asked for when that is needed;
    /// `go_on` is asked between layers.
    pub(crate) fn round(
        &self,
        model: &Model,
        plans: &mut [&mut EditedModel],
        text: &dyn Fn() -> Result<Vec<Text>, EvalFailure>,
        go_on: &dyn Fn() -> Result<(), EvalFailure>,
    ) -> Result<(), EvalFailure> {
        let (mut found, mut missing) = (HashMap::new(), BTreeMap::<usize, ByInput>::new());
        for (layer, weights) in plans.iter_mut().flat_map(|plan| plan.weights_mut().enumerate()) {
            for (module, expert, level) in weights.with_feedback() {
                let key = (Site { layer, expert, module }, level);
                if let Some(codes) = self.codes.get(&key) {
                    found.insert(key, codes);
                    continue;
                }
                let input = (model.entered_with(module), expert);
                let keys = missing.entry(layer).or_default().entry(input).or_default();
                if !keys.contains(&key) {
                    keys.push(key);
                }
            }
        }
        if !missing.is_empty() {
            found.extend(self.make(model, &missing, text()?, go_on)?);
        }
        for (layer, weights) in plans.iter_mut().flat_map(|plan| plan.weights_mut().enumerate()) {
            for (module, expert, level) in weights.with_feedback().collect::<Vec<_>>() {
                if let Some(codes) = found.get(&(Site { layer, expert, module }, level)) {
                    weights.give(module, expert, Arc::clone(codes));
                }
            }
        }
        Ok(())
    }

    /// Codes of what is `missing`, by layer.
    fn make(
        &self,
        model: &Model,
        missing: &BTreeMap<usize, ByInput>,
        text: Vec<Text>,
        go_on: &dyn Fn() -> Result<(), EvalFailure>,
    ) -> Result<Vec<Made>, EvalFailure> {
        let mut pass = DensePass::new(model, text);
        let mut made = Vec::new();
        for (&layer, inputs) in missing {
            for part in parts(model, layer, inputs) {
                go_on()?;
                let factors = self.factors(model, &mut pass, layer, &part, go_on)?;
                for ((_, keys), factor) in part.iter().zip(&factors) {
                    for &(site, level) in keys.iter() {
                        go_on()?;
                        let lost = || EvalFailure::Internal(format!("no weights of {site:?}"));
                        let rows = model.module_rows(site).ok_or_else(lost)?;
                        let grid = level.feedback.ok_or_else(lost)?;
                        let codes = feedback::codes(&rows, grid, level.bits, level.group, factor);
                        let codes = self.codes.get_or_make(
                            (site, level),
                            |codes| codes.len() as u64,
                            || Codes::from(codes),
                        );
                        made.push(((site, level), codes));
                    }
                }
            }
        }
        Ok(made)
    }

    /// The factors of inputs of one layer, in their order.
    fn factors(
        &self,
        model: &Model,
        pass: &mut DensePass<'_>,
        layer: usize,
        inputs: &Inputs<'_>,
        go_on: &dyn Fn() -> Result<(), EvalFailure>,
    ) -> Result<Vec<Arc<Factor>>, EvalFailure> {
        let site = |&(module, expert): &(Module, usize)| Site { layer, expert, module };
        let mut known: Vec<Option<Arc<Factor>>> =
            inputs.iter().map(|(input, _)| self.factors.get(&site(input))).collect();
        let wanted: Watched = inputs
            .iter()
            .zip(&known)
            .filter(|(_, known)| known.is_none())
            .map(|(&(&input, _), _)| (input, Moments::new(model.config.layer(layer).inputs(input.0))))
            .collect();
        let mut seen = if wanted.is_empty() { wanted } else { pass.watched(layer, wanted, go_on)? };
        let mut factors = Vec::with_capacity(inputs.len());
        for ((input, _), known) in inputs.iter().zip(&mut known) {
            let factor = match (known.take(), seen.remove(*input)) {
                (Some(known), _) => known,
                (None, Some(moments)) => {
                    go_on()?;
                    let made = Arc::new(Factor::of(moments));
                    self.factors.get_or_make(site(input), |factor| factor.bytes(), || made)
                }
                (None, None) => {
                    return Err(EvalFailure::Internal(format!("nobody watched {:?}", site(input))));
                }
            };
            factors.push(factor);
        }
        Ok(factors)
    }
}

/// Inputs of a layer in parts whose moments fit into memory together.
fn parts<'a>(model: &Model, layer: usize, inputs: &'a ByInput) -> Vec<Inputs<'a>> {
    let mut parts: Vec<Inputs<'a>> = Vec::new();
    let mut room = 0;
    for (input, keys) in inputs {
        let bytes = Moments::bytes(model.config.layer(layer).inputs(input.0));
        match parts.last_mut() {
            Some(part) if bytes <= room => {
                part.push((input, keys));
                room -= bytes;
            }
            _ => {
                parts.push(vec![(input, keys)]);
                room = FACTORS_MEMORY.saturating_sub(bytes);
            }
        }
    }
    parts
}
