//! Mixtures of experts: the router, the experts, and those that answer for every token.

use super::{Flag, Number, PartTensors};

/// A number of things: its keys, of which one is enough, and what their absence means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    /// The key, and other names of it. Where several are given, they have to agree.
    pub keys: &'static [&'static str],
    /// Where all are absent; `None`: one has to be there.
    pub default: Option<usize>,
}

/// Which layers have experts; the others have a feed-forward part as families without experts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MixtureLayers {
    /// All.
    All,
    /// All but the first ones, of which a key says the number.
    From {
        /// The key.
        key: &'static str,
        /// Where it is absent.
        default: usize,
    },
    /// From layer `moe_layer_start_index` to `moe_layer_end_index`, −1 being the last, every `moe_layer_interval`-th (ERNIE).
    Span,
    /// Every `decoder_sparse_step`-th, but for those in `mlp_only_layers` (Qwen).
    Every,
    /// Those for which a list says `sparse` and not `dense`.
    Listed {
        /// The key of the list.
        key: &'static str,
        /// Without the list, all but so many first ones.
        from: usize,
    },
    /// Those in `moe_layers`; without it, every `interleave_moe_layer_step`-th, by default all (Llama 4).
    Interleaved,
}

/// What the router makes of its logits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scores {
    /// A softmax over the experts that may be chosen. Where the weights of the chosen are rescaled to 1, a softmax over
    /// the logits of the chosen is the same.
    Softmax,
    /// A sigmoid of each.
    Sigmoid,
    /// A sigmoid of each behind the choice, which goes by logits (Llama 4).
    ChosenSigmoid,
    /// For each choice anew: a softmax over the logits that are near the best of those that are left, where near means
    /// `(best − z)/max(|z|, best) ≤ 2ε`, and the share of the best one as its weight (SparseMixer as in Phi-3.5-MoE, arXiv
    /// 2409.12136). Two experts are chosen.
    SparseMixer {
        /// The key of ε.
        key: &'static str,
    },
}

impl Scores {
    /// How many of a group, its best ones, say together how good the group is: one in DeepSeek V2 (arXiv 2405.04434,
    /// §2.2.2), two in V3.
    pub fn group_members(self) -> usize {
        match self {
            Self::Sigmoid => 2,
            Self::Softmax | Self::ChosenSigmoid | Self::SparseMixer { .. } => 1,
        }
    }
}

/// ε of SparseMixer where its key is absent.
pub const SPARSEMIXER_EPS: f64 = 0.01;

/// Groups of experts of which only the best ones are chosen from (DeepSeek V3, arXiv 2412.19437, §2.1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Groups {
    /// How many there are.
    pub count: Count,
    /// How many are chosen from.
    pub kept: Count,
    /// Whether groups are used at all, in families that may have them without.
    pub switch: Option<GroupSwitch>,
}

/// A key that says whether groups of experts are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupSwitch {
    /// The key.
    pub key: &'static str,
    /// With groups.
    pub on: &'static str,
    /// Without; the same as absence.
    pub off: &'static str,
}

/// A number per expert that is added to scores for the choice alone (arXiv 2408.15664).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Correction {
    /// The tensor.
    pub name: &'static str,
    /// Whether it is stored as a matrix of one row.
    pub row: bool,
}

/// How experts are chosen and weighed.
#[derive(Clone, Copy, Debug)]
pub struct Router {
    /// The matrix, under the place of the mixture.
    pub matrix: &'static str,
    /// Whether its logits have a bias.
    pub bias: bool,
    /// What is made of its logits.
    pub scores: Scores,
    /// What is added to scores for the choice alone, under the place of the mixture.
    pub correction: Option<Correction>,
    /// Whether the weights of the chosen experts are rescaled to a sum of 1.
    pub renormalised: Flag,
    /// What the weights are multiplied by.
    pub scale: Number,
    /// Whether weights multiply what enters an expert in the place of what it gives.
    pub weighs_input: bool,
    /// Groups of experts.
    pub groups: Option<Groups>,
}

/// How stacked matrices lie in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Orientation {
    /// `[experts, outputs, inputs]`, the gate's outputs before the others.
    Rows,
    /// `[experts, inputs, outputs]`, the gate's outputs before the others.
    Columns,
    /// `[experts, inputs, outputs]`, the gate's outputs and the others by turns.
    AlternatingColumns,
}

/// How the matrices of the experts are stored, under the place of the mixture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExpertTensors {
    /// `experts.N.` and a matrix each for gate, up and down.
    Apart([&'static str; 3]),
    /// All experts of a layer in one tensor for gate and up, and in one for down.
    Stacked {
        /// Gate and up.
        gate_up: &'static str,
        /// Down.
        down: &'static str,
        /// How they lie in memory.
        orientation: Orientation,
        /// Names of the biases, `[experts, outputs]`.
        biases: Option<[&'static str; 2]>,
    },
}

/// The inner width of the shared expert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SharedInner {
    /// That of an expert.
    AsExpert,
    /// At a key; 0 means that there is none.
    Key {
        /// The key.
        key: &'static str,
        /// Where it is absent.
        default: usize,
    },
    /// That of an expert times a number at a key; 0 and null mean that there is none.
    Times {
        /// The key.
        key: &'static str,
        /// Where it is absent.
        default: usize,
    },
}

/// An expert that answers for every token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SharedExpert {
    /// Its inner width.
    pub inner: SharedInner,
    /// The part of a layer that its tensors are under.
    pub place: &'static str,
    /// Its matrices.
    pub tensors: PartTensors,
    /// A matrix of one row, the sigmoid of whose product its answer is multiplied by; its place in a layer.
    pub gate: Option<&'static str>,
}

/// The experts of a family.
#[derive(Clone, Copy, Debug)]
pub struct MixtureRule {
    /// Experts per layer.
    pub experts: Count,
    /// Experts that each token is routed to.
    pub per_token: Count,
    /// The key of an expert's inner width, and what its absence means.
    pub inner: Count,
    /// Which layers have experts.
    pub layers: MixtureLayers,
    /// The part of a layer that router and experts are under.
    pub place: &'static str,
    /// How experts are chosen and weighed.
    pub router: Router,
    /// How their matrices are stored.
    pub tensors: ExpertTensors,
    /// An expert that answers for every token.
    pub shared: Option<SharedExpert>,
}

impl Router {
    /// A softmax over the experts whose chosen weights are rescaled to 1 (Mixtral, arXiv 2401.04088, §2.1).
    pub const SOFTMAX: Self = Self {
        matrix: "gate",
        bias: false,
        scores: Scores::Softmax,
        correction: None,
        renormalised: Flag::Always(true),
        scale: Number::None,
        weighs_input: false,
        groups: None,
    };
}
