//! Number grids as arguments of edits: by their names.

use attune_core::options::OptionValue;
use attune_grids::{CacheGrid, NumberGrid};

use crate::view::Field;

impl Field for NumberGrid {
    const EXPECTED: &'static str = "one of affine-int, symmetric, q4_0, q4_1, q5_0, q5_1, q8_0, q2_k, q3_k, q4_k, q5_k, q6_k, fp8-e4m3-tensor, fp8-e4m3-channel, fp8-e4m3-block, mxfp4, nvfp4";

    fn get(value: &OptionValue) -> Option<Self> {
        named(value, Self::from_name)
    }

    fn put(&self) -> Option<OptionValue> {
        Some(OptionValue::Text(self.name().to_owned()))
    }
}

impl Field for CacheGrid {
    const EXPECTED: &'static str = "one of fp8-e4m3, q4_0, q4_1, q5_0, q5_1, q8_0";

    fn get(value: &OptionValue) -> Option<Self> {
        named(value, Self::from_name)
    }

    fn put(&self) -> Option<OptionValue> {
        Some(OptionValue::Text(self.name().to_owned()))
    }
}

fn named<G>(value: &OptionValue, from_name: fn(&str) -> Option<G>) -> Option<G> {
    match value {
        OptionValue::Text(name) => from_name(name),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_name_every_grid() {
        let listed = |names: &[&str]| format!("one of {}", names.join(", "));
        assert_eq!(NumberGrid::EXPECTED, listed(&NumberGrid::ALL.map(NumberGrid::name)));
        assert_eq!(CacheGrid::EXPECTED, listed(&CacheGrid::ALL.map(CacheGrid::name)));
        for grid in NumberGrid::ALL {
            assert_eq!(NumberGrid::get(&NumberGrid::put(&grid).unwrap()), Some(grid));
        }
        for grid in CacheGrid::ALL {
            assert_eq!(CacheGrid::get(&CacheGrid::put(&grid).unwrap()), Some(grid));
        }
    }
}
