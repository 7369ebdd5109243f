//! What a model keeps of each token.

use crate::{Model, Setting};

impl Model {
    /// The layers that have a cache of keys and values, ascending; others have a convolution, a state space or linear attention.
    pub fn cache_layers(&self) -> Vec<u32> {
        match self.whole_numbers("cache-layers") {
            Some(layers) => layers.iter().map(|&layer| layer as u32).collect(),
            None => (0..self.layers).collect(),
        }
    }

    /// Numbers that one token leaves in the key/value cache of one layer: a key and a value for each KV head, or what the host
    /// says where heads share a latent.
    pub fn cache_elements(&self) -> f64 {
        match self.latent_cache() {
            Some(elements) => elements,
            None => 2.0 * f64::from(self.kv_heads) * f64::from(self.head_dim),
        }
    }

    /// The same where all heads share a latent, so that there are no keys and values of heads; else `None`.
    pub fn latent_cache(&self) -> Option<f64> {
        match self.extra.iter().find(|(name, _)| name == "cache-elements") {
            Some((_, Setting::Int(elements))) => Some(*elements as f64),
            _ => None,
        }
    }
}
