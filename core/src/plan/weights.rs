//! Bits of weights.

/// A linear module of a transformer block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Module {
    /// Queries (`q_proj`).
    Query,
    /// Keys (`k_proj`).
    Key,
    /// Values (`v_proj`).
    Value,
    /// The output of attention (`o_proj`).
    Output,
    /// The gate of a feed-forward part (`gate_proj`; `w1` of a Mixtral expert).
    Gate,
    /// What the gate lets through (`up_proj`, `w3`).
    Up,
    /// The way back to the residual stream (`down_proj`, `w2`).
    Down,
}

impl Module {
    /// All of them, in the order of the forward pass.
    pub const ALL: [Self; 7] =
        [Self::Query, Self::Key, Self::Value, Self::Output, Self::Gate, Self::Up, Self::Down];

    /// The name in plans.
    pub fn name(self) -> &'static str {
        match self {
            Self::Query => "q",
            Self::Key => "k",
            Self::Value => "v",
            Self::Output => "o",
            Self::Gate => "gate",
            Self::Up => "up",
            Self::Down => "down",
        }
    }

    /// The module of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|module| module.name() == name)
    }

    /// Whether it belongs to the feed-forward part, of which a mixture has one per expert.
    pub fn is_feed_forward(self) -> bool {
        matches!(self, Self::Gate | Self::Up | Self::Down)
    }
}

/// Store the weights of one linear module in few bits.
///
/// Per output row over groups of `group_size` neighbouring input channels, asymmetric round-to-nearest:
/// `s = (max − min)/(2ᵇ − 1)`, `q = round((w − min)/s)` (half to even), `w' = q·s + min`; a group of equal weights
/// stays as it is. This is the grid that GPTQ (arXiv 2210.17323, §4) rounds to without its error feedback. Biases,
/// norms, routers and embeddings are never touched.
#[derive(Clone, Debug, PartialEq)]
pub struct WeightBits {
    /// The layer, counted from 0.
    pub layer: u32,
    /// The module.
    pub module: Module,
    /// The expert whose module it is; `None` for a dense layer, and in a mixture for all of its experts.
    pub expert: Option<u32>,
    /// Bits per weight: one of [`WeightBits::LEVELS`].
    pub bits: u32,
    /// Input channels that share one scale and one zero point; divides the module's inputs.
    pub group_size: u32,
}

impl WeightBits {
    /// Numbers of bits that are understood; 16 leaves weights exact.
    pub const LEVELS: [u32; 7] = [2, 3, 4, 5, 6, 8, 16];

    /// A number for the module that is touched within its layer.
    pub(super) fn part(&self) -> u32 {
        let block = self.expert.map_or(0, |expert| expert.saturating_add(1));
        block.saturating_mul(Module::ALL.len() as u32).saturating_add(self.module as u32)
    }

    /// Whether both touch the same weights.
    pub(super) fn overlaps(&self, other: &Self) -> bool {
        let expert = self.expert.is_none() || other.expert.is_none() || self.expert == other.expert;
        self.layer == other.layer && self.module == other.module && expert
    }
}
