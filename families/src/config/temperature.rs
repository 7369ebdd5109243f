//! What config.json says about attention that is sharper far into a text.

use super::fields::{Fields, Found};
use crate::error::ConfigError;
use crate::schema::TemperatureRule;

/// Queries at position `p` are multiplied by `1 + strength·ln(1 + ⌊(p + first)/every⌋)` (arXiv 2501.19399).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Temperature {
    /// β.
    pub strength: f64,
    /// Tokens from one step to the next.
    pub every: f64,
    /// The number of the first position.
    pub first: usize,
    /// Whether only layers without rotation do it.
    pub unrotated: bool,
}

impl Temperature {
    /// What the query at a position, counted from 0, is multiplied by; in float32, as `transformers` computes it.
    pub fn factor(&self, position: usize) -> f32 {
        let steps = ((position + self.first) as f32 / self.every as f32).floor();
        1.0 + self.strength as f32 * (1.0 + steps).ln()
    }

    /// That of [`TemperatureRule::WithRotation`]: the numbers are in `rope`, beside those of the rotation. `original` is the
    /// length of the first training where the rotation has one.
    pub(super) fn with_rotation(
        rope: &Fields<'_>,
        key: &'static str,
        original: Option<f64>,
    ) -> Result<Self, ConfigError> {
        let strength = match rope.real(key)? {
            Found::Is(strength) => strength,
            Found::Null => return Err(rope.bad(key, "null", "a number")),
            Found::Absent => {
                return Err(rope.bad(key, "absent", "a number, by which far queries are scaled"));
            }
        };
        let every = original.ok_or_else(|| {
            let expected = "a number above 0: far queries are scaled by it";
            rope.bad("original_max_position_embeddings", "absent", expected)
        })?;
        Ok(Self { strength, every, first: 0, unrotated: false })
    }

    /// That of [`TemperatureRule::Unrotated`], whose numbers are on top of the file.
    pub(super) fn of_unrotated(
        fields: &Fields<'_>,
        rule: TemperatureRule,
        hidden: usize,
    ) -> Result<Option<Self>, ConfigError> {
        let TemperatureRule::Unrotated { used, strength, every_key, every } = rule else { return Ok(None) };
        let strength = fields.number(strength, hidden)?.unwrap_or(0.0);
        let every = fields.size_or(every_key, Some(every))? as f64;
        let used = fields.of(used)?;
        Ok(used.then_some(Self { strength, every, first: 1, unrotated: true }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_scaled_by_how_many_steps_lie_before_them() {
        let plain = Temperature { strength: 0.5, every: 4.0, first: 0, unrotated: false };
        let factor = |steps: f32| 1.0 + 0.5 * (1.0 + steps).ln();
        assert_eq!([3, 4, 11].map(|position| plain.factor(position)), [0.0, 1.0, 2.0].map(factor));
        let ahead = Temperature { first: 1, ..plain };
        assert_eq!([2, 3, 10].map(|position| ahead.factor(position)), [0.0, 1.0, 2.0].map(factor));
    }
}
