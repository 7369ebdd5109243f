//! Reals that survive JSON bit for bit.
//!
//! Finite numbers are JSON numbers in the shortest form that reads back to the same bits (−0 included). JSON
//! has no other numbers, so those are texts: `"inf"`, `"-inf"`, `"NaN"`, and `"NaN:<16 hexadecimal digits of
//! the bits>"` for a NaN with another sign or payload than Rust's `f64::NAN`.

use std::fmt;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An `f64` on the wire.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Float(pub(crate) f64);

/// Reals as they are written.
pub(super) fn to_wire(values: &[f64]) -> Vec<Float> {
    values.iter().copied().map(Float).collect()
}

/// Reals as they are used.
pub(super) fn from_wire(values: Vec<Float>) -> Vec<f64> {
    values.into_iter().map(|value| value.0).collect()
}

impl Serialize for Float {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let value = self.0;
        if value.is_finite() {
            serializer.serialize_f64(value)
        } else if value.is_infinite() {
            serializer.serialize_str(if value > 0.0 { "inf" } else { "-inf" })
        } else if value.to_bits() == f64::NAN.to_bits() {
            serializer.serialize_str("NaN")
        } else {
            serializer.collect_str(&format_args!("NaN:{:016x}", value.to_bits()))
        }
    }
}

impl<'de> Deserialize<'de> for Float {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(FloatVisitor)
    }
}

struct FloatVisitor;

impl Visitor<'_> for FloatVisitor {
    type Value = Float;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a number, \"inf\", \"-inf\" or \"NaN\"")
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Float, E> {
        Ok(Float(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Float, E> {
        Ok(Float(value as f64))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Float, E> {
        Ok(Float(value as f64))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Float, E> {
        let other_nan = || {
            let digits = text.strip_prefix("NaN:").filter(|digits| digits.len() == 16)?;
            Some(f64::from_bits(u64::from_str_radix(digits, 16).ok()?)).filter(|value| value.is_nan())
        };
        match text {
            "inf" => Some(f64::INFINITY),
            "-inf" => Some(f64::NEG_INFINITY),
            "NaN" => Some(f64::NAN),
            _ => other_nan(),
        }
        .map(Float)
        .ok_or_else(|| E::custom(format!("`{text}` is not a number")))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn through_json(value: f64) -> f64 {
        let json = serde_json::to_string(&Float(value)).unwrap();
        serde_json::from_str::<Float>(&json).unwrap().0
    }

    #[test]
    fn what_json_cannot_write_is_written_as_text() {
        let json = serde_json::to_string(&to_wire(&[f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.0, 1.0]));
        assert_eq!(json.unwrap(), r#"["NaN","inf","-inf",-0.0,1.0]"#);
        for text in ["\"nan\"", "\"NaN:12\"", "\"NaN:3ff0000000000000\"", "true", "null"] {
            assert!(serde_json::from_str::<Float>(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_bit_pattern_survives(bits in any::<u64>()) {
            prop_assert_eq!(through_json(f64::from_bits(bits)).to_bits(), bits);
        }

        #[test]
        fn nan_payloads_and_subnormals_survive(low in any::<u64>(), sign in any::<bool>(), nan in any::<bool>()) {
            let exponent = if nan { 0x7ff << 52 } else { 0 };
            let bits = (u64::from(sign) << 63) | exponent | (low & ((1 << 52) - 1));
            prop_assert_eq!(through_json(f64::from_bits(bits)).to_bits(), bits);
        }
    }
}
