//! Values as the schema of a family asks for them.

use serde_json::Value;

use super::fields::{Fields, Found};
use crate::error::ConfigError;
use crate::schema::{Activation, ActivationKey, Count, FeedForward, Flag, Number};

impl Fields<'_> {
    /// A switch of the family.
    pub(super) fn of(&self, flag: Flag) -> Result<bool, ConfigError> {
        match flag {
            Flag::Always(value) => Ok(value),
            Flag::Key(key, default) => self.flag_or(key, default),
        }
    }

    /// A number of the family; `hidden` is the width of the residual stream.
    pub(super) fn number(&self, number: Number, hidden: usize) -> Result<Option<f64>, ConfigError> {
        let at = |key: &'static str, default: f64| match self.real(key)? {
            Found::Absent => Ok(default),
            Found::Is(value) if value.is_finite() => Ok(value),
            Found::Is(value) => Err(self.bad(key, value, "a finite number")),
            Found::Null => Err(self.null(key, "a number")),
        };
        let divisor = |key, default| match at(key, default)? {
            value if value > 0.0 => Ok(value),
            value => Err(self.bad(key, value, "a number above 0")),
        };
        Ok(match number {
            Number::None => None,
            Number::Key(key, default) => Some(at(key, default)?),
            Number::Inverse(key, default) => Some(1.0 / divisor(key, default)?),
            Number::InverseRoot(key, default) => Some(1.0 / divisor(key, default)?.sqrt()),
            Number::Optional(key, default) => match self.real(key)? {
                Found::Absent => default,
                Found::Null => None,
                Found::Is(_) => Some(divisor(key, 0.0)?),
            },
            Number::RootOfHidden => Some((hidden as f64).sqrt()),
        })
    }

    /// A number of things under any of its names.
    pub(super) fn count(&self, count: Count) -> Result<usize, ConfigError> {
        self.count_by_layer(count, &[], 0)
    }

    /// The same; at the keys `by_layer` it may be a list with one number for each of the `layers`, all alike.
    pub(super) fn count_by_layer(
        &self,
        count: Count,
        by_layer: &[&str],
        layers: usize,
    ) -> Result<usize, ConfigError> {
        let mut known: Option<(&'static str, usize)> = None;
        for &key in count.keys {
            let value = match self.raw(key) {
                Found::Absent => continue,
                Found::Is(Value::Array(_)) if by_layer.contains(&key) => self.alike(key, layers)?,
                _ => self.size(key)?,
            };
            match known {
                Some((other, agreed)) if agreed != value => {
                    return Err(self.bad(key, value, format!("{agreed}, as `{other}`: they are one thing")));
                }
                _ => known = Some((key, value)),
            }
        }
        match known {
            Some((_, value)) => Ok(value),
            None => self.size_or(count.keys[0], count.default),
        }
    }

    /// The number that a list has for every layer.
    fn alike(&self, key: &'static str, layers: usize) -> Result<usize, ConfigError> {
        let list = self.wholes(key)?.value().unwrap_or_default();
        if list.len() != layers {
            let found = format!("a list of {}", list.len());
            return Err(self.bad(key, found, format!("one number, or one for each of the {layers} layers")));
        }
        if let Some(layer) = list.iter().position(|number| *number != list[0]) {
            let (found, expected) =
                (format!("{} in layer {layer}", list[layer]), format!("{}, as in layer 0", list[0]));
            return Err(self.bad(key, found, format!("{expected}: layers that differ are not computed")));
        }
        match list[0] {
            0 => Err(self.bad(key, 0, "a number above 0")),
            number => Ok(number),
        }
    }

    /// The function between the matrices of a feed-forward part.
    pub(super) fn activation(&self, rule: &ActivationKey) -> Result<Activation, ConfigError> {
        let known = || {
            let mut words: Vec<&str> = Vec::new();
            for (place, (word, activation)) in rule.words.iter().enumerate() {
                if rule.words[..place].iter().all(|(_, other)| other != activation) {
                    words.push(word);
                }
            }
            words.join(" or ")
        };
        match self.word(rule.key)? {
            Found::Absent => Ok(rule.default),
            Found::Null => Err(self.null(rule.key, &known())),
            Found::Is(word) => match rule.words.iter().find(|(known, _)| *known == word) {
                Some((_, activation)) => Ok(*activation),
                None => Err(self.bad(rule.key, word, known())),
            },
        }
    }

    /// The inner width of a feed-forward part; `hidden` is the width of the residual stream.
    pub(super) fn inner(&self, rule: &FeedForward, hidden: usize) -> Result<usize, ConfigError> {
        match (self.whole(rule.inner)?, rule.inner_times) {
            (Found::Absent | Found::Null, Some(times)) => Ok(hidden * times),
            _ => self.size(rule.inner),
        }
    }

    /// ε of the norms.
    pub(super) fn eps(&self, key: &'static str, default: f64) -> Result<f64, ConfigError> {
        match self.real(key)? {
            Found::Absent => Ok(default),
            // Newer versions of transformers want a decimal point.
            Found::Is(value) if self.whole(key).is_ok() => {
                Err(self.bad(key, value, "a number with a decimal point"))
            }
            Found::Is(value) if value >= 0.0 => Ok(value),
            Found::Is(value) => Err(self.bad(key, value, "a number that is not negative")),
            Found::Null => Err(self.null(key, "a number")),
        }
    }
}
