//! The linear modules of a transformer block.

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
