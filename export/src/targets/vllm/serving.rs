//! What vLLM is to do: which layers have a cache in few bits, and which a window, or why vLLM cannot be told.

use attune_core::exporter::ExportError;
use attune_core::facts::Facts;
use attune_core::plan::{Edit, Plan};
use attune_vocabulary::edits::{AttentionSpan, KvBits, SilenceExperts};
use attune_vocabulary::{CacheGrid, ModelEdit as _, ModelFacts, cache_layers};

use super::experts::Silenced;
use super::windows::Windows;
use super::{DESCRIPTION, TARGET, refuse};
use crate::description::Answer;

/// The only grid that is taken.
const GRID: CacheGrid = CacheGrid::Fp8E4m3;

/// A plan, as vLLM can be told it.
#[derive(Debug)]
pub(super) struct Serving {
    /// Layers whose keys and values are rounded, ascending.
    pub(super) rounded: Vec<u32>,
    /// Layers with a cache that keep the model's type, ascending.
    pub(super) kept: Vec<u32>,
    /// Layers with a window.
    pub(super) windows: Option<Windows>,
    /// Experts that add nothing.
    pub(super) silenced: Silenced,
}

impl Serving {
    pub(super) fn new(plan: &Plan, facts: &Facts) -> Result<Self, ExportError> {
        let model = ModelFacts::of(facts);
        if let Some((one, other)) = attune_vocabulary::model().conflict(plan) {
            return Err(refuse(one, format!("the plan also holds {other}, and both cannot be honoured")));
        }
        let cached = cache_layers(facts).unwrap_or_else(|| (0..model.layers).collect());
        let (mut rounded, mut spans) = (Vec::new(), Vec::new());
        let mut silenced = Silenced::default();
        for edit in plan.edits() {
            if let Answer::Not(why) = DESCRIPTION.answer(&edit.kind) {
                return Err(refuse(edit, why));
            }
            if edit.kind == SilenceExperts::KIND {
                let experts = SilenceExperts::read(edit).map_err(|error| refuse(edit, error.to_string()))?;
                silenced.add(&experts, facts).map_err(|reason| refuse(edit, reason))?;
                continue;
            }
            let in_model = |layer: u32| match cached.contains(&layer) {
                true => Ok(()),
                false => {
                    Err(refuse(edit, format!("layer {layer} of the model has no cache of keys and values")))
                }
            };
            if edit.kind == AttentionSpan::KIND {
                let span = AttentionSpan::read(edit).map_err(|error| refuse(edit, error.to_string()))?;
                in_model(span.layer)?;
                spans.push((edit, span));
                continue;
            }
            let bits = KvBits::read(edit).map_err(|error| refuse(edit, error.to_string()))?;
            in_model(bits.layer)?;
            if rounds(&bits, facts).map_err(|reason| refuse(edit, reason))? {
                rounded.push(bits.layer);
            }
        }
        let windows = Windows::new(&spans, &model)?;
        let kept = cached.into_iter().filter(|layer| !rounded.contains(layer)).collect();
        if rounded.is_empty() && windows.is_none() && silenced.is_empty() {
            let edit = plan.edits().first().map_or("(the plan has none)".to_owned(), Edit::to_string);
            let reason =
                "nothing is rounded, nothing has a window and all experts answer, and vLLM serves the model as it is".to_owned();
            return Err(ExportError::Inexpressible { target: TARGET, edit, reason });
        }
        Ok(Self { rounded, kept, windows, silenced })
    }
}

/// Whether an edit rounds the cache of its layer.
fn rounds(edit: &KvBits, facts: &Facts) -> Result<bool, String> {
    let exact = |bits: u32| bits >= 16;
    if exact(edit.keys) && exact(edit.values) {
        return Ok(false);
    }
    if facts.values.contains_key(attune_vocabulary::CACHE_ELEMENTS) {
        return Err("the cache of this model holds one latent per token for all heads, which is not what was scored; use `--to plan`"
            .to_owned());
    }
    if edit.kv_head.is_some() {
        return Err("vLLM stores the heads of a layer alike; search with `heads: \"layer\"`".to_owned());
    }
    for (part, bits, grid) in [("keys", edit.keys, edit.key_grid), ("values", edit.values, edit.value_grid)] {
        if exact(bits) || grid != Some(GRID) {
            let has = match grid {
                _ if exact(bits) => "exact".to_owned(),
                Some(grid) => format!("on the grid {}", grid.name()),
                None => format!("in {bits} bits without `{}-grid`", &part[..part.len() - 1]),
            };
            return Err(format!(
                "{part} are {has}, and vLLM has keys and values of a layer on the grid {}; search with `target: \"{TARGET}\"`",
                GRID.name()
            ));
        }
    }
    let options = [
        ("sink", edit.sink > 0),
        ("recent", edit.recent > 0),
        ("smoothing", edit.smoothing.is_some_and(|exponent| exponent > 0.0)),
        ("shrink-from", edit.shrink_from.is_some_and(|from| from > 8)),
    ];
    match options.into_iter().find(|(_, used)| *used) {
        Some((name, _)) => {
            Err(format!("vLLM rounds every position, once and as it is; search without `{name}`"))
        }
        None => Ok(true),
    }
}
