//! Configs: points of a space, in one canonical form.

use std::fmt::Write as _;

use super::Slot;
use crate::hash::ContentHash;

/// The value of one cell.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Option of a choice or level, by position.
    Index(u32),
    /// A whole number.
    Int(i64),
    /// A real number.
    Real(f64),
    /// A subset (ascending) or a permutation.
    Indices(Vec<u32>),
    /// Affine coefficients or a row-major matrix.
    Reals(Vec<f64>),
}

/// One point: the cells of every dimension, row-major.
///
/// Configs made by a [`Space`](super::Space) are canonical; [`Config::new`] takes values as they come and
/// [`Space::canonical`](super::Space::canonical) brings them into form.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    pub(super) dimensions: Vec<Vec<Value>>,
}

impl Config {
    /// A config from raw values, one list of cells per dimension.
    pub fn new(dimensions: Vec<Vec<Value>>) -> Self {
        Self { dimensions }
    }

    /// The cells of every dimension.
    pub fn dimensions(&self) -> &[Vec<Value>] {
        &self.dimensions
    }

    /// The cells of every dimension, by value.
    pub(super) fn into_dimensions(self) -> Vec<Vec<Value>> {
        self.dimensions
    }

    /// The value of one cell.
    pub fn get(&self, slot: Slot) -> &Value {
        &self.dimensions[slot.dimension][slot.cell]
    }

    /// Replaces the value of one cell and returns the old one.
    pub fn set(&mut self, slot: Slot, value: Value) -> Value {
        std::mem::replace(&mut self.dimensions[slot.dimension][slot.cell], value)
    }

    /// The content hash. Equal canonical configs of one space, and only those, are equal.
    pub fn hash(&self) -> ContentHash {
        let mut text = String::with_capacity(3 * self.dimensions.iter().map(Vec::len).sum::<usize>() + 8);
        for cells in &self.dimensions {
            for value in cells {
                // Shortest text that reads back to the same number: `Debug` of floats.
                let written = match value {
                    // Most values are, and a search hashes thousands of them for one proposal.
                    Value::Index(digit @ 0..=9) => {
                        text.extend(['#', char::from(b'0' + *digit as u8), ';']);
                        Ok(())
                    }
                    Value::Index(index) => write!(text, "#{index};"),
                    Value::Int(number) => write!(text, "{number};"),
                    Value::Real(number) => write!(text, "{number:?};"),
                    Value::Indices(indices) => {
                        write_indices(&mut text, indices);
                        Ok(())
                    }
                    Value::Reals(numbers) => write!(text, "{numbers:?};"),
                };
                debug_assert!(written.is_ok(), "writing to a string does not fail");
            }
            text.push('\n');
        }
        ContentHash::of(text.as_bytes())
    }
}

/// `[1, 12];` as `Debug` writes it: an order has thousands of them.
fn write_indices(text: &mut String, indices: &[u32]) {
    text.push('[');
    for (place, &index) in indices.iter().enumerate() {
        if place > 0 {
            text.push_str(", ");
        }
        let (mut digits, mut first, mut rest) = ([b'0'; 10], 9, index);
        while rest > 9 {
            digits[first] = b'0' + (rest % 10) as u8;
            (first, rest) = (first - 1, rest / 10);
        }
        digits[first] = b'0' + rest as u8;
        text.extend(digits[first..].iter().map(|digit| char::from(*digit)));
    }
    text.push_str("];");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_that_is_hashed_stays() {
        let indices = [0, 9, 10, 4_000_000_000].map(Value::Index).to_vec();
        let others = vec![
            Value::Int(-3),
            Value::Real(0.5),
            Value::Indices(vec![1, 12, 0, u32::MAX]),
            Value::Reals(vec![1.0]),
        ];
        let config = Config::new(vec![indices, others]);
        let text = "#0;#9;#10;#4000000000;\n-3;0.5;[1, 12, 0, 4294967295];[1.0];\n";
        assert_eq!(config.hash(), ContentHash::of(text.as_bytes()));
    }
}
