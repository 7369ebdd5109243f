//! The linear modules of a transformer block.

/// A linear module of a transformer block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Module {
    /// The way to the latent of queries, in latent attention (`q_a_proj`).
    QueryDown,
    /// From there to queries (`q_b_proj`).
    QueryUp,
    /// Queries (`q_proj`).
    Query,
    /// The way to the latent of keys and values, and to the channels of keys that turn, in latent attention
    /// (`kv_a_proj_with_mqa`).
    KeyValueDown,
    /// From there to keys and values (`kv_b_proj`).
    KeyValueUp,
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
    pub const ALL: [Self; 11] = [
        Self::QueryDown,
        Self::QueryUp,
        Self::Query,
        Self::KeyValueDown,
        Self::KeyValueUp,
        Self::Key,
        Self::Value,
        Self::Output,
        Self::Gate,
        Self::Up,
        Self::Down,
    ];

    /// The name in plans.
    pub fn name(self) -> &'static str {
        match self {
            Self::QueryDown => "q-a",
            Self::QueryUp => "q-b",
            Self::Query => "q",
            Self::KeyValueDown => "kv-a",
            Self::KeyValueUp => "kv-b",
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
