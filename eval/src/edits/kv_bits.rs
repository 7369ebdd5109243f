//! Caches in few bits.

use attune_vocabulary::edits::KvBits;

use super::HeadCache;
use super::LayerEdits;
use super::honour::{Apply, Context};

impl Apply for KvBits {
    fn check(&self, context: &Context<'_>) -> Result<(), String> {
        let (bits, config) = (self, context.config);
        if config.latent.is_some() {
            return Err(format!(
                "the cache of a {} holds one latent per token for all heads, and no keys and values of heads: few bits of it \
                 are not computed",
                config.family.name
            ));
        }
        for (what, bits) in [("keys", bits.keys), ("values", bits.values)] {
            if !matches!(bits, 1..=8 | 16) {
                return Err(format!("{what} in {bits} bits; expected 1 to 8, or 16 for exact"));
            }
        }
        if let Some(head) = bits.kv_head {
            context.kv_head(head)?;
        }
        if let Some(exponent) = bits.smoothing.filter(|exponent| !(0.0..=1.0).contains(exponent)) {
            return Err(format!("keys smoothed by the exponent {exponent}; expected 0 to 1"));
        }
        if bits.smoothing.is_some() && !config.turns_halves() {
            return Err(format!(
                "keys are smoothed by pairs of channels half a head apart, and a {} turns others, or not all of them",
                config.family.name
            ));
        }
        if let Some(from) = bits.shrink_from {
            if !matches!(from, 2 | 4 | 8 | 16) {
                return Err(format!("codes shrink from {from} bits; expected 2, 4, 8 or 16"));
            }
            for (what, bits) in [("keys", bits.keys), ("values", bits.values)] {
                if !shrinks_to(from, bits) {
                    return Err(format!(
                        "{what} in {bits} bits, which {from} bits halved any number of times are not"
                    ));
                }
            }
        }
        for (bits, grid) in [(self.keys, self.key_grid), (self.values, self.value_grid)] {
            let Some(grid) = grid.filter(|_| bits < 16) else { continue };
            grid.check(bits, self.group_size)?;
            if self.smoothing.is_some() || self.shrink_from.is_some() {
                return Err(format!("an engine with {} smooths no keys and shrinks no codes", grid.name()));
            }
        }
        if let (Some(order), true) = (self.key_order, !config.head_dim.is_multiple_of(2)) {
            return Err(format!(
                "channels of keys are {}, and a head of {} has no two halves",
                order.name(),
                config.head_dim
            ));
        }
        let group = bits.group_size as usize;
        if group == 0 || !config.head_dim.is_multiple_of(group) {
            return Err(format!(
                "a group of {group} channels does not divide the head of {}",
                config.head_dim
            ));
        }
        Ok(())
    }

    fn apply(self, context: &Context<'_>, layer: &mut LayerEdits) -> bool {
        if self.keys == 16 && self.values == 16 {
            return false;
        }
        let heads = match self.kv_head {
            Some(head) => head as usize..head as usize + 1,
            None => 0..context.config.kv_heads,
        };
        let edit = Self { kv_head: None, ..self };
        layer.caches.extend(heads.map(|head| HeadCache { head, edit: edit.clone(), scales: None }));
        true
    }
}

/// Whether `bits` are exact, or `from` halved some number of times.
fn shrinks_to(from: u32, bits: u32) -> bool {
    bits == 16 || (bits <= from && from.is_multiple_of(bits) && (from / bits).is_power_of_two())
}
