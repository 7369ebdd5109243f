//! Outputs of the subject, a line for each sequence.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

/// Outputs of one sequence of an item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Outputs {
    /// The item.
    pub item: u32,
    /// What the subject read, as numbers of its alphabet: ids of tokens.
    pub inputs: Vec<u32>,
    /// Where it was listened to, ascending: the row of position *p* follows from the inputs 0 to *p*.
    pub positions: Vec<u32>,
    /// Values of a row: what can come next.
    pub width: usize,
    /// `positions × width` values, row by row: logarithms of probabilities, up to a constant in each row; float32, the lowest byte
    /// first, in base64 with padding.
    pub values: String,
}

impl TryFrom<Outputs> for attune_core::evaluator::Outputs {
    type Error = String;

    fn try_from(said: Outputs) -> Result<Self, String> {
        let Outputs { item, inputs, positions, width, values } = said;
        let bytes = STANDARD
            .decode(values)
            .map_err(|error| format!("`values` of item {item} are not base64 of float32: {error}"))?;
        let (numbers, rest) = bytes.as_chunks::<4>();
        if !rest.is_empty() {
            return Err(format!("`values` of item {item} are {} bytes, expected four each", bytes.len()));
        }
        let values = numbers.iter().map(|number| f32::from_le_bytes(*number)).collect();
        let outputs = Self { item, inputs, positions, width, values };
        outputs.fault().map_or(Ok(outputs), Err)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_as_they_were_and_anything_else_is_named() {
        let numbers = [0.5_f32, -1.25e-3, 3.0e20, f32::MIN_POSITIVE];
        let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
        let good = Outputs {
            item: 3,
            inputs: vec![1, 2, 3],
            positions: vec![0, 2],
            width: 2,
            values: STANDARD.encode(&bytes),
        };
        let read = |said: Outputs| attune_core::evaluator::Outputs::try_from(said);
        assert_eq!(read(good.clone()).unwrap().values, numbers);
        let faults = [
            (Outputs { values: "!".to_owned(), ..good.clone() }, "not base64"),
            (Outputs { values: STANDARD.encode(&bytes[..15]), ..good.clone() }, "15 bytes"),
            (Outputs { width: 3, ..good.clone() }, "4 values, expected 2 × 3"),
            (Outputs { values: STANDARD.encode(f32::NAN.to_le_bytes().repeat(4)), ..good }, "is NaN"),
        ];
        for (said, words) in faults {
            let fault = read(said).unwrap_err();
            assert!(fault.contains(words), "{fault}");
        }
    }
}
