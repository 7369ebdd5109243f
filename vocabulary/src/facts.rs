//! Facts of neural models: the typed view of what an evaluator says of one.

use attune_core::facts::Facts;
use attune_core::hash::ContentHash;
use attune_core::options::{OptionValue, Settings};

/// Facts of one loaded model. Counts that do not exist in a family are 0, and are not said.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelFacts {
    /// What people call it: the last component of its path.
    pub name: String,
    /// Hash of configuration and weights: results are never mixed between two of these.
    pub fingerprint: ContentHash,
    /// Architecture family, for example `llama` or `mixtral` (`model_type` of config.json).
    pub family: String,
    /// Transformer blocks.
    pub layers: u32,
    /// Width of the residual stream.
    pub hidden: u32,
    /// Query heads per layer.
    pub heads: u32,
    /// Key/value heads per layer (equal to `heads` without grouped-query attention, 1 where all heads share a latent).
    pub kv_heads: u32,
    /// Channels per head of queries and keys.
    pub head_dim: u32,
    /// Experts per layer that has any; 0 in a dense model.
    pub experts: u32,
    /// Experts that each token is routed to; 0 in a dense model.
    pub experts_per_token: u32,
    /// Longest context in tokens that the model was made for.
    pub context: u32,
    /// Entries of the vocabulary.
    pub vocab: u32,
    /// Saved checkpoints of one training run that the model's folder holds; 1 in an ordinary model.
    pub checkpoints: u32,
    /// Parameters of the whole model.
    pub parameters: u64,
    /// Inner width of a feed-forward part, or of one expert; [`LinearModules`](crate::LinearModules) says it layer by layer.
    pub feed_forward: u32,
    /// Parameters of one expert of one layer, biases included; 0 in a dense model.
    pub expert_parameters: u64,
    /// Bytes per parameter as stored on disk (2 for float16 and bfloat16).
    pub bytes_per_parameter: f64,
}

const FAMILY: &str = "family";
const LAYERS: &str = "layers";
const HIDDEN: &str = "hidden";
const HEADS: &str = "heads";
const KV_HEADS: &str = "kv-heads";
const HEAD_DIM: &str = "head-dim";
const EXPERTS: &str = "experts";
const EXPERTS_PER_TOKEN: &str = "experts-per-token";
const CONTEXT: &str = "context";
const VOCAB: &str = "vocab";
const CHECKPOINTS: &str = "checkpoints";
const PARAMETERS: &str = "parameters";
const FEED_FORWARD: &str = "feed-forward";
const EXPERT_PARAMETERS: &str = "expert-parameters";
const BYTES_PER_PARAMETER: &str = "bytes-per-parameter";

impl ModelFacts {
    /// The names of the facts that have a field here.
    pub const NAMES: [&str; 15] = [
        FAMILY,
        LAYERS,
        HIDDEN,
        HEADS,
        KV_HEADS,
        HEAD_DIM,
        EXPERTS,
        EXPERTS_PER_TOKEN,
        CONTEXT,
        VOCAB,
        CHECKPOINTS,
        PARAMETERS,
        FEED_FORWARD,
        EXPERT_PARAMETERS,
        BYTES_PER_PARAMETER,
    ];

    /// The view of `facts`.
    pub fn of(facts: &Facts) -> Self {
        let count = |name| u32::try_from(facts.count(name)).unwrap_or(u32::MAX);
        Self {
            name: facts.name.clone(),
            fingerprint: facts.fingerprint,
            family: facts.text(FAMILY).to_owned(),
            layers: count(LAYERS),
            hidden: count(HIDDEN),
            heads: count(HEADS),
            kv_heads: count(KV_HEADS),
            head_dim: count(HEAD_DIM),
            experts: count(EXPERTS),
            experts_per_token: count(EXPERTS_PER_TOKEN),
            context: count(CONTEXT),
            vocab: count(VOCAB),
            checkpoints: count(CHECKPOINTS).max(1),
            parameters: facts.count(PARAMETERS),
            feed_forward: count(FEED_FORWARD),
            expert_parameters: facts.count(EXPERT_PARAMETERS),
            bytes_per_parameter: facts.real(BYTES_PER_PARAMETER),
        }
    }
}

/// Name of the fact [`expert_layers`] reads.
pub const EXPERT_LAYERS: &str = "expert-layers";
/// `[layer]` and two whole numbers: the weights of attention and of the feed-forward part, of all its experts and their
/// router. Norms and biases are not among them.
pub const BLOCK_PARAMETERS: &str = "block-parameters";
/// Bytes of all stored tensors, without those of the linear modules: embeddings, norms, biases, routers and whatever else the files
/// hold. A whole number; headers of files are not counted. Said with [`MODULE_ELEMENT_BYTES`](crate::MODULE_ELEMENT_BYTES).
pub const OTHER_BYTES: &str = "other-bytes";
/// What the router of a layer has for each expert: its row, and where there are any its bias and its correction.
pub const ROUTER_PARAMETERS: &str = "router-parameters";
/// Which mappings of a router's scores are defined, where not all are: `one-hot` (each row is the score of one expert) beside a
/// correction, whose mixture means nothing; `none` where scores depend on each other beyond a softmax.
pub const ROUTER_MAPPING: &str = "router-mapping";

/// Keys of config.json that count the experts of a layer, with spaces between them: a text. With the two below, it is what an
/// evaluator says of a family that attune does not know, where a router with fewer rows computes what leaving out experts does.
pub const EXPERT_KEYS: &str = "expert-keys";
/// Names of the stored tensors that have a row or a number for each expert, with `{layer}` for the number of the layer: a text.
pub const ROUTER_TENSORS: &str = "router-tensors";
/// Names of the stored tensors of one expert, with `{layer}` and `{expert}`, or of all experts of a layer along the first axis,
/// with `{layer}` alone: a text.
pub const EXPERT_TENSORS: &str = "expert-tensors";

/// Numbers that a token leaves in the cache of one layer, where they are no key and no value for each KV head: latent
/// attention keeps one latent for all heads. A whole number.
pub const CACHE_ELEMENTS: &str = "cache-elements";
/// Name of the fact [`cache_layers`] reads.
pub const CACHE_LAYERS: &str = "cache-layers";

/// The layers that have experts, where a model says that not all of them do.
pub fn expert_layers(facts: &Facts) -> Option<Vec<u32>> {
    layers(facts, EXPERT_LAYERS)
}

/// The layers that attend to a cache of keys and values, ascending, where a model says that others have a convolution, a state space or
/// linear attention in its place.
pub fn cache_layers(facts: &Facts) -> Option<Vec<u32>> {
    layers(facts, CACHE_LAYERS)
}

fn layers(facts: &Facts, name: &str) -> Option<Vec<u32>> {
    match facts.values.get(name) {
        Some(OptionValue::Ints(layers)) => {
            Some(layers.iter().filter_map(|&layer| u32::try_from(layer).ok()).collect())
        }
        _ => None,
    }
}

impl From<ModelFacts> for Facts {
    fn from(model: ModelFacts) -> Self {
        let counts = [
            (LAYERS, model.layers.into()),
            (HIDDEN, model.hidden.into()),
            (HEADS, model.heads.into()),
            (KV_HEADS, model.kv_heads.into()),
            (HEAD_DIM, model.head_dim.into()),
            (EXPERTS, model.experts.into()),
            (EXPERTS_PER_TOKEN, model.experts_per_token.into()),
            (CONTEXT, model.context.into()),
            (VOCAB, model.vocab.into()),
            (CHECKPOINTS, model.checkpoints.into()),
            (PARAMETERS, model.parameters),
            (FEED_FORWARD, model.feed_forward.into()),
            (EXPERT_PARAMETERS, model.expert_parameters),
        ];
        let said = counts.into_iter().filter(|(_, count)| *count > 0);
        let mut values: Settings = said
            .map(|(name, count)| {
                (name.to_owned(), OptionValue::Int(i64::try_from(count).unwrap_or(i64::MAX)))
            })
            .collect();
        values.insert(FAMILY.to_owned(), OptionValue::Text(model.family));
        values.insert(BYTES_PER_PARAMETER.to_owned(), OptionValue::Real(model.bytes_per_parameter));
        Self { name: model.name, fingerprint: model.fingerprint, values }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model() -> ModelFacts {
        ModelFacts {
            name: "mixture".to_owned(),
            fingerprint: ContentHash::of(b"mixture"),
            family: "mixtral".to_owned(),
            layers: 2,
            hidden: 3,
            heads: 4,
            kv_heads: 5,
            head_dim: 6,
            experts: 7,
            experts_per_token: 8,
            context: 9,
            vocab: 10,
            checkpoints: 11,
            parameters: 12,
            feed_forward: 13,
            expert_parameters: 14,
            bytes_per_parameter: 1.5,
        }
    }

    #[test]
    fn every_fact_has_a_name_and_comes_back() {
        let facts = Facts::from(model());
        assert_eq!(ModelFacts::of(&facts), model());
        let mut names = ModelFacts::NAMES.to_vec();
        names.sort_unstable();
        assert!(facts.values.keys().eq(names.iter()), "{:?}", facts.values.keys());
    }

    #[test]
    fn layers_with_experts_and_with_a_cache_are_said_where_not_all_have_them() {
        let mut facts = Facts::from(model());
        assert_eq!((expert_layers(&facts), cache_layers(&facts)), (None, None));
        for (name, layer) in [(EXPERT_LAYERS, 0), (CACHE_LAYERS, 1)] {
            facts.values.insert(name.to_owned(), OptionValue::Ints(vec![layer]));
        }
        assert_eq!((expert_layers(&facts), cache_layers(&facts)), (Some(vec![0]), Some(vec![1])));
    }

    #[test]
    fn what_a_family_does_not_have_is_not_said() {
        let dense = ModelFacts { experts: 0, experts_per_token: 0, expert_parameters: 0, ..model() };
        let facts = Facts::from(dense.clone());
        assert!(!facts.values.contains_key(EXPERTS));
        assert_eq!(ModelFacts::of(&facts), dense);
        let silent = Facts { values: Settings::new(), ..facts };
        assert_eq!((ModelFacts::of(&silent).layers, ModelFacts::of(&silent).checkpoints), (0, 1));
    }
}
