//! What queries, keys and values of a layer are made by.

use attune_families::Latent;

use super::matrix::Linear;
use crate::ops::norm::Norm;

/// Of the residual stream at once, or by way of latents.
#[expect(clippy::large_enum_variant, reason = "there is one for each layer, and none of them moves")]
pub(crate) enum Projections {
    /// Queries, keys and values side by side.
    Heads(Linear),
    Latent(Box<LatentProjections>),
}

/// Latent attention (DeepSeek-V2, arXiv 2405.04434, §2.1).
pub(crate) struct LatentProjections {
    pub(crate) sizes: Latent,
    /// To queries, or to their latent.
    pub(crate) query: Linear,
    /// The norm of the latent of queries, and from there to queries.
    pub(crate) query_up: Option<(Norm, Linear)>,
    /// To the latent of keys and values, and behind it to the channels of keys that turn.
    pub(crate) kv_down: Linear,
    pub(crate) kv_norm: Norm,
    /// From the latent to each head's channels of keys that do not turn, and its values.
    pub(crate) kv_up: Linear,
}
