//! The tensors of one layer.

use super::{LatentTensors, LinearPart, LinearTensors, MatrixSlice, ProjectionTensors, Tensor, has_bias};
use crate::config::DecoderConfig;
use crate::schema::{
    Correction, ExpertTensors, MixtureRule, NormKind, Orientation, Over, PartTensors, Placement, Projections,
};

/// A norm's weight and bias, in families that have them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NormTensors {
    /// `[width]`, or `[heads, width]` where heads have weights of their own; none in families whose norms have no weights.
    pub weight: Option<Tensor>,
    /// The same.
    pub bias: Option<Tensor>,
}

impl NormTensors {
    pub(super) fn new(config: &DecoderConfig, name: &str, width: usize) -> Self {
        Self::shaped(config, name, &[width])
    }

    fn shaped(config: &DecoderConfig, name: &str, shape: &[usize]) -> Self {
        Self {
            weight: (config.family.norms.kind != NormKind::BareLayer)
                .then(|| (format!("{name}.weight"), shape.to_vec())),
            bias: has_bias(config.family.norms.kind).then(|| (format!("{name}.bias"), shape.to_vec())),
        }
    }

    pub(super) fn all(&self) -> impl Iterator<Item = Tensor> {
        [self.weight.clone(), self.bias.clone()].into_iter().flatten()
    }
}

/// The feed-forward part of a layer, or one expert of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedForwardTensors {
    /// Gate and up, or up alone where there is no gate.
    pub inner: LinearTensors,
    /// Down.
    pub down: LinearTensors,
}

impl FeedForwardTensors {
    fn new(tensors: PartTensors, place: &str, hidden: usize, inner: usize, biased: bool) -> Self {
        let down = |name| LinearTensors::apart(place, &[(name, hidden)], inner, biased);
        match tensors {
            PartTensors::Gated([gate, up, name]) => Self {
                inner: LinearTensors::apart(place, &[(gate, inner), (up, inner)], hidden, biased),
                down: down(name),
            },
            PartTensors::Fused([gate_up, name]) => Self {
                inner: LinearTensors::fused(place, gate_up, &[inner, inner], hidden, biased),
                down: down(name),
            },
            PartTensors::Plain([up, name]) => {
                Self { inner: LinearTensors::apart(place, &[(up, inner)], hidden, biased), down: down(name) }
            }
        }
    }

    fn all(&self) -> impl Iterator<Item = Tensor> {
        self.inner.all().chain(self.down.all())
    }
}

/// The router of a mixture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouterTensors {
    /// One row per expert.
    pub matrix: LinearTensors,
    /// What is added to scores for the choice alone, one number per expert.
    pub correction: Option<Tensor>,
}

/// The tensors of one layer.
#[derive(Clone, Debug)]
pub struct LayerTensors<'a> {
    pub(super) config: &'a DecoderConfig,
    number: usize,
    place: String,
}

impl<'a> LayerTensors<'a> {
    /// Those of layer `number`.
    pub fn new(config: &'a DecoderConfig, number: usize) -> Self {
        Self { config, number, place: format!("{}{number}", config.family.names.layers) }
    }

    fn norm(&self, name: &str) -> NormTensors {
        NormTensors::new(self.config, &format!("{}.{name}", self.place), self.config.hidden)
    }

    /// The norm of what enters attention.
    pub fn attention_norm(&self) -> Option<NormTensors> {
        match self.config.placement {
            Placement::Before { attention, .. }
            | Placement::Both { attention, .. }
            | Placement::Beside { attention, .. } => Some(self.norm(attention)),
            Placement::After { .. } => None,
        }
    }

    /// The norm of what attention gives.
    pub fn after_attention_norm(&self) -> Option<NormTensors> {
        match self.config.placement {
            Placement::After { attention, .. } => Some(self.norm(attention)),
            Placement::Both { after_attention, .. } => Some(self.norm(after_attention)),
            Placement::Before { .. } | Placement::Beside { .. } => None,
        }
    }

    /// The norm of what enters the feed-forward part, where it is not that of attention.
    pub fn feed_forward_norm(&self) -> Option<NormTensors> {
        match self.config.placement {
            Placement::Before { feed_forward, .. } | Placement::Both { feed_forward, .. } => {
                Some(self.norm(feed_forward))
            }
            Placement::Beside { feed_forward, .. } => feed_forward.map(|name| self.norm(name)),
            Placement::After { .. } => None,
        }
    }

    /// The norm of what the feed-forward part gives.
    pub fn after_feed_forward_norm(&self) -> Option<NormTensors> {
        match self.config.placement {
            Placement::After { feed_forward, .. } => Some(self.norm(feed_forward)),
            Placement::Both { after_feed_forward, .. } => Some(self.norm(after_feed_forward)),
            Placement::Before { .. } | Placement::Beside { .. } => None,
        }
    }

    /// Norms of queries and of keys, in families whose norms of them have weights.
    pub fn qk_norms(&self) -> Option<[NormTensors; 2]> {
        let (config, over) = (self.config, self.config.layer(self.number).qk_norm()?);
        let [queries, keys] = config.family.attention.qk_norm?.names?;
        let norm = |name: &str, heads: usize| {
            let shape = match over {
                Over::Head => vec![config.head_dim],
                Over::EachHead => vec![heads, config.head_dim],
                Over::Projection => vec![heads * config.head_dim],
            };
            NormTensors::shaped(config, &format!("{}.{name}", self.attention()), &shape)
        };
        Some([norm(queries, config.heads), norm(keys, config.kv_heads)])
    }

    /// What queries, keys and values are made by.
    pub fn projections(&self) -> ProjectionTensors {
        let config = self.config;
        if let Some(latent) = &config.latent {
            return ProjectionTensors::Latent(Box::new(LatentTensors::of(
                self.config,
                latent,
                &self.attention(),
            )));
        }
        let (queries, kv) = (config.heads * config.head_dim, config.kv_heads * config.head_dim);
        ProjectionTensors::Heads(match config.family.attention.projections {
            Projections::Apart([q, k, v]) => {
                let parts = [(q, queries), (k, kv), (v, kv)];
                LinearTensors::apart(&self.attention(), &parts, config.hidden, config.qkv_bias)
            }
            Projections::Fused(name) => {
                let outputs = [queries, kv, kv];
                LinearTensors::fused(&self.attention(), name, &outputs, config.hidden, config.qkv_bias)
            }
            Projections::Grouped(name) => {
                let head = config.head_dim;
                let runs = [config.heads / config.kv_heads * head, head, head];
                let place = self.attention();
                LinearTensors::in_turns(&place, name, &runs, config.kv_heads, config.hidden, config.qkv_bias)
            }
        })
    }

    /// The output of attention.
    pub fn attention_output(&self) -> LinearTensors {
        let config = self.config;
        let parts = [(config.family.attention.output, config.hidden)];
        LinearTensors::apart(&self.attention(), &parts, config.heads * config.value_dim(), config.output_bias)
    }

    /// A logit of each query head that no value belongs to.
    pub fn sinks(&self) -> Option<Tensor> {
        let name = self.config.family.attention.sinks?;
        Some((format!("{}.{name}", self.attention()), vec![self.config.heads]))
    }

    pub(super) fn attention(&self) -> String {
        format!("{}.{}", self.place, self.config.family.attention.place)
    }

    /// How the family of a layer with experts stores them.
    fn mixture(&self) -> Option<&'static MixtureRule> {
        self.config.layer(self.number).mixture()?;
        self.config.family.mixture.as_ref()
    }

    /// The router of a layer with experts.
    pub fn router(&self) -> Option<RouterTensors> {
        let (rule, mixture) = (self.mixture()?, self.config.mixture.as_ref()?);
        let place = format!("{}.{}", self.place, rule.place);
        let parts = [(rule.router.matrix, mixture.experts)];
        let correction = |Correction { name, row }: Correction| {
            let shape = if row { vec![1, mixture.experts] } else { vec![mixture.experts] };
            (format!("{place}.{name}"), shape)
        };
        Some(RouterTensors {
            matrix: LinearTensors::apart(&place, &parts, self.config.hidden, rule.router.bias),
            correction: rule.router.correction.map(correction),
        })
    }

    /// The matrices of an expert; those of the feed-forward part in a layer without experts.
    pub fn expert(&self, expert: usize) -> FeedForwardTensors {
        let (Some(rule), Some(mixture)) = (self.mixture(), self.config.mixture.as_ref()) else {
            return self.feed_forward();
        };
        let config = self.config;
        let place = format!("{}.{}", self.place, rule.place);
        match rule.tensors {
            ExpertTensors::Apart(names) => {
                let place = format!("{place}.experts.{expert}");
                let tensors = PartTensors::Gated(names);
                FeedForwardTensors::new(tensors, &place, config.hidden, mixture.inner, config.mlp_bias)
            }
            ExpertTensors::Stacked { gate_up, down, orientation, biases } => {
                let of = |name: &str, bias: Option<&str>, outputs: usize, inputs: usize| LinearPart {
                    weight: stacked(
                        format!("{place}.{name}"),
                        (expert, mixture.experts),
                        [outputs, inputs],
                        orientation,
                    ),
                    bias: bias.map(|name| MatrixSlice {
                        tensor: format!("{place}.{name}"),
                        shape: vec![mixture.experts, outputs],
                        outputs,
                        inputs: 1,
                        offset: expert * outputs,
                        strides: [1, 1],
                        runs: None,
                    }),
                };
                let [gate_up_bias, down_bias] = biases.map_or([None; 2], |names| names.map(Some));
                let both = of(gate_up, gate_up_bias, 2 * mixture.inner, config.hidden);
                let down = of(down, down_bias, config.hidden, mixture.inner);
                let inner = mixture.inner;
                FeedForwardTensors {
                    inner: match orientation {
                        Orientation::Rows | Orientation::Columns => {
                            LinearTensors::split(&both.weight, both.bias.as_ref(), &[inner; 2])
                        }
                        Orientation::AlternatingColumns => alternating(&both, inner),
                    },
                    down: LinearTensors { inputs: inner, parts: vec![down] },
                }
            }
        }
    }

    /// An expert that answers for every token, and the matrix of the gate of its answer.
    pub fn shared(&self) -> Option<(FeedForwardTensors, Option<LinearTensors>)> {
        self.mixture()?;
        let shared = self.config.mixture.as_ref()?.shared?;
        let place = format!("{}.{}", self.place, shared.rule.place);
        let (hidden, biased) = (self.config.hidden, self.config.mlp_bias);
        let part = FeedForwardTensors::new(shared.rule.tensors, &place, hidden, shared.inner, biased);
        let gate = |name| LinearTensors::apart(&self.place, &[(name, 1)], hidden, false);
        Some((part, shared.rule.gate.map(gate)))
    }

    /// The feed-forward part of a layer without experts.
    pub fn feed_forward(&self) -> FeedForwardTensors {
        let (config, rule) = (self.config, &self.config.family.feed_forward);
        let place = format!("{}.{}", self.place, rule.place);
        let inner = config.dense_feed_forward;
        FeedForwardTensors::new(rule.tensors, &place, config.hidden, inner, config.mlp_bias)
    }

    pub(super) fn each<E>(&self, visit: &mut impl FnMut(Tensor) -> Result<(), E>) -> Result<(), E> {
        let norms = |norm: Option<NormTensors>, visit: &mut dyn FnMut(Tensor) -> Result<(), E>| {
            norm.iter().flat_map(NormTensors::all).try_for_each(visit)
        };
        norms(self.attention_norm(), visit)?;
        self.projections().all().into_iter().try_for_each(&mut *visit)?;
        self.attention_output().all().try_for_each(&mut *visit)?;
        self.qk_norms().iter().flatten().flat_map(NormTensors::all).try_for_each(&mut *visit)?;
        self.sinks().into_iter().try_for_each(&mut *visit)?;
        norms(self.after_attention_norm(), visit)?;
        norms(self.feed_forward_norm(), visit)?;
        norms(self.after_feed_forward_norm(), visit)?;
        let (Some(router), Some(mixture)) = (self.router(), self.config.mixture.as_ref()) else {
            return self.feed_forward().all().try_for_each(visit);
        };
        // The router says how many experts there are before any of them is asked for.
        router.matrix.all().chain(router.correction).try_for_each(&mut *visit)?;
        if let Some((part, gate)) = self.shared() {
            part.all().chain(gate.iter().flat_map(LinearTensors::all)).try_for_each(&mut *visit)?;
        }
        let stacked =
            self.mixture().is_some_and(|rule| matches!(rule.tensors, ExpertTensors::Stacked { .. }));
        let tensors = if stacked { 1 } else { mixture.experts };
        (0..tensors).try_for_each(|expert| self.expert(expert).all().try_for_each(&mut *visit))
    }
}

/// The matrix of one expert of several in one tensor.
fn stacked(
    tensor: String,
    (expert, experts): (usize, usize),
    [outputs, inputs]: [usize; 2],
    orientation: Orientation,
) -> MatrixSlice {
    let offset = expert * outputs * inputs;
    let (shape, strides) = match orientation {
        Orientation::Rows => ([experts, outputs, inputs], [inputs, 1]),
        Orientation::Columns | Orientation::AlternatingColumns => ([experts, inputs, outputs], [1, outputs]),
    };
    MatrixSlice { tensor, shape: shape.to_vec(), outputs, inputs, offset, strides, runs: None }
}

/// Gate and up of a matrix whose outputs are theirs by turns.
fn alternating(both: &LinearPart, inner: usize) -> LinearTensors {
    let every_other = |matrix: &MatrixSlice, first: usize| MatrixSlice {
        offset: matrix.offset + first * matrix.strides[0],
        outputs: inner,
        strides: [2 * matrix.strides[0], matrix.strides[1]],
        ..matrix.clone()
    };
    let part = |first| LinearPart {
        weight: every_other(&both.weight, first),
        bias: both.bias.as_ref().map(|bias| every_other(bias, first)),
    };
    LinearTensors { parts: vec![part(0), part(1)], inputs: both.weight.inputs }
}
