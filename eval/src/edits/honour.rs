//! How the native evaluator honours edits: one file for each kind, and a line here.

use attune_core::evaluator::EvalFailure;
use attune_core::plan::Edit;
use attune_families::{DecoderConfig, Layer, Mixture};
use attune_vocabulary::edits::{
    ActivationBits, AttentionSpan, DropBlock, EmbeddingBits, ExpertsPerToken, KeepExperts, KvBits,
    MergeExperts, RouteExperts, SilenceExperts, WeightBits,
};
use attune_vocabulary::{ModelEdit, Module, layer};

use super::LayerEdits;
use super::experts::ExpertLayer;

/// Name of the evaluator in refusals and in its info.
pub(crate) const NATIVE: &str = "native";

/// A kind of edit that is honoured.
pub(super) struct Honoured {
    kind: &'static str,
    apply: fn(&Edit, &Context<'_>, &mut LayerEdits) -> Result<bool, String>,
}

/// All of them.
static HONOURED: [Honoured; 10] = [
    honoured::<KeepExperts>(),
    honoured::<KvBits>(),
    honoured::<AttentionSpan>(),
    honoured::<MergeExperts>(),
    honoured::<RouteExperts>(),
    honoured::<ExpertsPerToken>(),
    honoured::<WeightBits>(),
    honoured::<DropBlock>(),
    honoured::<ActivationBits>(),
    honoured::<SilenceExperts>(),
];

/// What an edit is applied to.
pub(super) struct Context<'a> {
    pub(super) config: &'a DecoderConfig,
    /// The layer that they are of.
    pub(super) layer: Layer<'a>,
    /// What all edits of its layer say about the experts.
    pub(super) experts: ExpertLayer,
}

/// An edit that the forward pass of decoders has.
pub(super) trait Apply: ModelEdit {
    /// Why it cannot be applied to a model of this shape beside the other edits of its layer, if it cannot.
    fn check(&self, context: &Context<'_>) -> Result<(), String>;

    /// Notes in `layer` what it changes, after [`check`](Self::check), and says whether it changes anything.
    fn apply(self, context: &Context<'_>, layer: &mut LayerEdits) -> bool;
}

const fn honoured<E: Apply>() -> Honoured {
    Honoured { kind: E::KIND, apply: read_and_apply::<E> }
}

fn read_and_apply<E: Apply>(
    edit: &Edit,
    context: &Context<'_>,
    layer: &mut LayerEdits,
) -> Result<bool, String> {
    let edit = E::read(edit).map_err(|error| error.to_string())?;
    edit.check(context)?;
    Ok(edit.apply(context, layer))
}

impl Context<'_> {
    /// The mixture that edits of experts need.
    pub(super) fn mixture(&self) -> Result<&Mixture, String> {
        self.layer.mixture().ok_or_else(|| match self.config.mixture {
            None => "the model has no experts".to_owned(),
            Some(_) => "this layer has no experts, but an ordinary feed-forward part".to_owned(),
        })
    }

    /// The mixture of edits that change which experts there are, or what the router says of them.
    pub(super) fn free_mixture(&self) -> Result<&Mixture, String> {
        let mixture = self.mixture()?;
        let family = self.config.family;
        match mixture.groups {
            Some((groups, _)) => Err(format!(
                "its router chooses from {groups} groups of experts, and what is left of groups is not defined in a {}",
                family.name
            )),
            None => Ok(mixture),
        }
    }

    /// Why the layer has no such module, if it has none.
    pub(super) fn module(&self, module: Module) -> Result<(), String> {
        match self.layer.modules().any(|known| known == module) {
            true => Ok(()),
            false => {
                let part = if module.is_feed_forward() { "feed-forward part" } else { "attention" };
                Err(format!("the {part} of this {} has no {}", self.config.family.name, module.name()))
            }
        }
    }

    /// Whether the router adds a number of its own to the score of each expert.
    pub(super) fn is_corrected(&self) -> bool {
        self.config.family.mixture.is_some_and(|rule| rule.router.correction.is_some())
    }

    /// Why there is no KV head of that number, if there is none.
    pub(super) fn kv_head(&self, head: u32) -> Result<(), String> {
        match head as usize >= self.config.cache_heads() {
            true => Err(format!("the model has KV heads 0 to {}", self.config.cache_heads() - 1)),
            false => Ok(()),
        }
    }
}

/// The kinds that are honoured: those of layers, and that of the matrices outside of them.
pub(crate) fn kinds() -> impl Iterator<Item = &'static str> {
    HONOURED.iter().map(|honoured| honoured.kind).chain([EmbeddingBits::KIND])
}

/// Applies `edits`, which are those of one layer, and returns those that change anything.
///
/// # Errors
/// [`EvalFailure::Unsupported`] for the first that cannot be applied, with the reason.
pub(super) fn apply<'a>(
    edits: &'a [Edit],
    config: &DecoderConfig,
    layers: &mut [LayerEdits],
) -> Result<Vec<&'a Edit>, EvalFailure> {
    let number = edits.first().map_or(0, layer) as usize;
    let context = Context { config, layer: config.layer(number), experts: ExpertLayer::of(edits) };
    let mut changes = Vec::new();
    for edit in edits {
        let applied = match HONOURED.iter().find(|honoured| honoured.kind == edit.kind) {
            None => Err(format!("it is none of {}", kinds().collect::<Vec<_>>().join(", "))),
            Some(honoured) => match layers.get_mut(layer(edit) as usize) {
                None => Err(format!("the model has layers 0 to {}", config.layers - 1)),
                Some(layer) => (honoured.apply)(edit, &context, layer),
            },
        };
        if applied.map_err(|reason| unsupported(edit, reason))? {
            changes.push(edit);
        }
    }
    Ok(changes)
}

pub(super) fn unsupported(edit: &Edit, reason: String) -> EvalFailure {
    EvalFailure::Unsupported { evaluator: NATIVE.to_owned(), edit: edit.to_string(), reason }
}
