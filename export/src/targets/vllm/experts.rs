//! Experts that add nothing: `approximate_experts` of vLLM 0.33, which puts a constant in the place of an expert.
//!
//! config.json lists such experts by layer; the checkpoint holds, for each, a vector `….experts.E.approx_value` and none of its
//! matrices, and the others under their own numbers. Routers stay whole, and vLLM's choose among all: a weight that they give to a
//! constant is not given to others. With the constant 0 that is `silence-experts`.

use std::collections::{BTreeMap, BTreeSet};

use attune_core::exporter::{ExportError, FileSink, ModelFiles};
use attune_core::facts::Facts;
use attune_families::Family;
use attune_families::tensors::{ExpertNames, ExpertRole};
use attune_vocabulary::ModelFacts;
use attune_vocabulary::edits::SilenceExperts;
use serde_json::{Map, Value, json};

use super::families::SUBSTITUTED;
use crate::checkpoint::{
    self, Bytes, CONFIG, Layout, Piece, Rewritten, Tensor, bad, config_text, has_floats, rewrite,
};

/// The entry of config.json.
const ENTRY: &str = "approximate_experts";
/// How names of constants end, in the place of a part of an expert.
const VALUE: &str = "approx_value";
/// What Transformers wants to read in the metadata of a weight file.
const FRAMEWORK: &str = "pt";

/// Experts that add nothing, by layer.
#[derive(Debug, Default)]
pub(super) struct Silenced {
    layers: BTreeMap<u32, BTreeSet<u32>>,
    family: Option<&'static Family>,
}

impl Silenced {
    /// Adds what an edit says.
    ///
    /// # Errors
    /// Why vLLM cannot be told, in words.
    pub(super) fn add(&mut self, edit: &SilenceExperts, facts: &Facts) -> Result<(), String> {
        let model = ModelFacts::of(facts);
        let known = || SUBSTITUTED.join(", ");
        if !SUBSTITUTED.contains(&model.family.as_str()) {
            return Err(format!(
                "checkpoints without some experts are written for models of {}, and this one is of {}; use `--to plan`",
                known(),
                model.family
            ));
        }
        self.family = attune_families::find(&model.family);
        let mixtures = attune_vocabulary::expert_layers(facts).unwrap_or_else(|| (0..model.layers).collect());
        if model.experts == 0 || !mixtures.contains(&edit.layer) {
            return Err(format!("layer {} has no experts", edit.layer));
        }
        if let Some(expert) = edit.experts.iter().find(|expert| **expert >= model.experts) {
            return Err(format!(
                "there is no expert {expert}: layers have {}, counted from 0",
                model.experts
            ));
        }
        if edit.experts.len() >= model.experts as usize {
            return Err("vLLM wants one expert of each layer at least; keep one".to_owned());
        }
        if !edit.experts.is_empty() {
            self.layers.insert(edit.layer, edit.experts.iter().copied().collect());
        }
        Ok(())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.layers.is_empty()
    }

    /// Their numbers by layer, for the manifest.
    pub(super) fn layers(&self) -> &BTreeMap<u32, BTreeSet<u32>> {
        &self.layers
    }

    /// config.json with the entry; every byte that was there stays.
    ///
    /// # Errors
    /// A model of which vLLM would make something else.
    pub(super) fn config(&self, files: &dyn ModelFiles) -> Result<String, ExportError> {
        let text = config_text(files)?;
        let keys: Map<String, Value> = serde_json::from_str(&text)
            .map_err(|error| bad(CONFIG, error.to_string(), "a JSON object, as Transformers writes it"))?;
        let has = |key: &&str| keys.get(*key).is_some_and(|value| !value.is_null());
        if let Some(key) = ["quantization_config", "compression_config", ENTRY].into_iter().find(has) {
            let expected = "a model whose experts are all there, in 16 bits or more: vLLM puts constants in the place of no others; use \
                            `--to plan`";
            return Err(bad(CONFIG, format!("`{key}`"), expected));
        }
        let entry: Map<String, Value> =
            self.layers.iter().map(|(layer, experts)| (layer.to_string(), json!(experts))).collect();
        checkpoint::patched(&text, &BTreeMap::from([(ENTRY, Value::Object(entry).to_string())]))
    }

    /// Writes the weight files: a constant in the place of each expert that adds nothing, all else byte for byte.
    pub(super) fn write(
        &self,
        files: &dyn ModelFiles,
        layout: &Layout,
        hidden: usize,
        sink: &mut dyn FileSink,
    ) -> Result<Rewritten, ExportError> {
        let Some(names) = self.family.and_then(ExpertNames::of) else { return Ok(Rewritten::default()) };
        let is_silent =
            |layer, expert| self.layers.get(&layer).is_some_and(|experts| experts.contains(&expert));
        let mut made = |tensor: &Tensor, _: &Bytes<'_>| {
            let (layer, expert) = match names.role(&tensor.name) {
                // The first part gives its place to the constant.
                ExpertRole::Expert { layer, expert, part } if is_silent(layer, expert) && part > 0 => {
                    return Ok(Some(Vec::new()));
                }
                ExpertRole::Expert { layer, expert, .. } if is_silent(layer, expert) => (layer, expert),
                _ => return Ok(None),
            };
            let bytes = vec![0; hidden * tensor.dtype.bitsize() / 8];
            let piece = Piece { dtype: tensor.dtype, shape: vec![hidden], bytes: bytes.into() };
            Ok(Some(vec![(names.expert(layer, &expert.to_string(), VALUE), piece)]))
        };
        rewrite(files, layout, FRAMEWORK, &mut made, Vec::new(), sink)
    }

    /// Every part of every expert that adds nothing is stored, as numbers that a constant can stand in for.
    pub(super) fn complete(&self, layout: &Layout) -> Result<(), ExportError> {
        let Some(names) = self.family.and_then(ExpertNames::of) else { return Ok(()) };
        let mut found: BTreeMap<(u32, u32), usize> = BTreeMap::new();
        for tensor in layout.tensors().filter(|tensor| has_floats(tensor.dtype)) {
            if let ExpertRole::Expert { layer, expert, .. } = names.role(&tensor.name) {
                *found.entry((layer, expert)).or_default() += 1;
            }
        }
        let silenced = self
            .layers
            .iter()
            .flat_map(|(layer, experts)| experts.iter().map(move |expert| (*layer, *expert)));
        for (layer, expert) in silenced {
            let parts = found.get(&(layer, expert)).copied().unwrap_or_default();
            if parts != names.parts().len() {
                let found = format!("{parts} matrices of expert {expert} of layer {layer}");
                return Err(bad("the weights", found, format!("{}, each by itself", names.parts().len())));
            }
        }
        Ok(())
    }
}
