//! Saves of a run: tensors of weights, and the optimiser's moments where they are there.

/// What a tensor belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Embeddings of tokens and of positions.
    Embedding,
    /// Projections of attention.
    Attention,
    /// The feed-forward parts, and whatever else there is.
    Mlp,
    /// Gains of norms.
    Norm,
}

/// All classes, in the order in which policies have them.
pub const CLASSES: [Class; 4] = [Class::Embedding, Class::Attention, Class::Mlp, Class::Norm];

impl Class {
    /// Its name in plans.
    pub fn name(self) -> &'static str {
        ["embedding", "attention", "mlp", "norm"][self as usize]
    }

    /// The class of a tensor by the words in its name.
    pub fn of(name: &str) -> Self {
        let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
        if has(&["norm", "ln_", "layernorm"]) {
            Self::Norm
        } else if has(&["embed", "wte", "wpe", "lm_head"]) {
            Self::Embedding
        } else if has(&["attn", "attention"]) {
            Self::Attention
        } else {
            Self::Mlp
        }
    }
}

/// A tensor of a save.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    /// What it is called.
    pub name: String,
    /// What it belongs to.
    pub class: Class,
    /// Its weights, 16 bits each.
    pub weights: Vec<u16>,
    /// What is left of the master weights; empty where a save has none.
    pub remainders: Vec<i16>,
    /// The two moments; empty where a save has none.
    pub moments: [Vec<f32>; 2],
}

/// What a run writes at one step. All saves of a run have the same tensors.
#[derive(Clone, Debug, PartialEq)]
pub struct Save {
    /// Its tensors.
    pub tensors: Vec<Tensor>,
}

impl Save {
    /// Bytes of the weights as they are.
    pub fn weight_bytes(&self) -> usize {
        self.tensors.iter().map(|tensor| 2 * tensor.weights.len()).sum()
    }

    /// Bytes of the two moments as they are.
    pub fn moment_bytes(&self) -> usize {
        self.tensors.iter().flat_map(|tensor| &tensor.moments).map(|moment| 4 * moment.len()).sum()
    }

    /// Bytes of everything as it is.
    pub fn bytes(&self) -> usize {
        let remainders: usize = self.tensors.iter().map(|tensor| 2 * tensor.remainders.len()).sum();
        self.weight_bytes() + self.moment_bytes() + remainders
    }
}
