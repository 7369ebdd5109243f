//! What config.json says about latent attention.

use super::fields::{Fields, Found};
use crate::error::ConfigError;
use crate::schema::LatentRule;

/// Latent attention of a model (DeepSeek-V2, arXiv 2405.04434, §2.1).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Latent {
    /// Channels of the latent that queries are made of, where they are.
    pub query_rank: Option<usize>,
    /// Channels of the latent that keys and values are made of.
    pub rank: usize,
    /// Channels of a query or key head that do not turn, its first ones.
    pub unrotated: usize,
    /// Channels that turn, the last ones; even.
    pub rotated: usize,
    /// Channels of a value head.
    pub value: usize,
    /// How its tensors are stored.
    pub rule: LatentRule,
}

impl Latent {
    pub(super) fn read(
        fields: &Fields<'_>,
        rule: LatentRule,
        (heads, kv_heads): (usize, usize),
    ) -> Result<Self, ConfigError> {
        if kv_heads != heads {
            let expected =
                format!("{heads}, as `num_attention_heads`: the latent gives each head keys of its own");
            return Err(fields.bad("num_key_value_heads", kv_heads, expected));
        }
        let query_rank = match fields.whole("q_lora_rank")? {
            Found::Null => None,
            _ => Some(fields.size_or("q_lora_rank", Some(rule.query_rank))?),
        };
        let latent = Self {
            query_rank,
            rank: fields.size_or("kv_lora_rank", Some(rule.rank))?,
            unrotated: fields.size_or("qk_nope_head_dim", Some(rule.unrotated))?,
            rotated: fields.size_or("qk_rope_head_dim", Some(rule.rotated))?,
            value: fields.size_or("v_head_dim", Some(rule.value))?,
            rule,
        };
        if !latent.rotated.is_multiple_of(2) {
            let expected = "an even number: rotary embedding turns pairs";
            return Err(fields.bad("qk_rope_head_dim", latent.rotated, expected));
        }
        // Both follow from the others, and newer files have them, too.
        let follows = [
            ("head_dim", latent.rotated, "`qk_rope_head_dim`"),
            ("qk_head_dim", latent.head_dim(), "the sum of `qk_nope_head_dim` and `qk_rope_head_dim`"),
        ];
        for (key, value, of) in follows {
            match fields.whole(key)? {
                Found::Is(found) if found != value => {
                    return Err(fields.bad(key, found, format!("{value}, {of}")));
                }
                _ => {}
            }
        }
        Ok(latent)
    }

    /// Channels of a query or key head.
    pub fn head_dim(&self) -> usize {
        self.unrotated + self.rotated
    }

    /// Numbers that a token leaves in the cache of a layer: its latent, normalised, and the channels of keys that all heads
    /// share, rotated.
    pub fn cached(&self) -> usize {
        self.rank + self.rotated
    }
}
