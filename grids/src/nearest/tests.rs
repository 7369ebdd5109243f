//! Grids against what the engines' own code made of the same numbers (`tests/golden/number_grids.py`).

use super::*;
use crate::Grouping;

/// A recorded file: tensors in float32 by name, all of one shape.
pub(crate) fn recorded(file: &str) -> (Vec<(String, Vec<f32>)>, usize) {
    let path = format!("{}/../tests/golden/{file}.safetensors", env!("CARGO_MANIFEST_DIR"));
    let bytes = std::fs::read(path).unwrap();
    let tensors = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let inputs = tensors.tensor("input").unwrap().shape()[1];
    let floats =
        |data: &[u8]| data.chunks_exact(4).map(|one| f32::from_le_bytes(one.try_into().unwrap())).collect();
    (tensors.iter().map(|(name, view)| (name.to_owned(), floats(view.data()))).collect(), inputs)
}

/// How many numbers are not those that were recorded, to the bit, and the first of them.
fn differences(found: &[f32], expected: &[f32]) -> (usize, Option<(usize, f32, f32)>) {
    let pairs = found.iter().zip(expected).enumerate();
    let mut other =
        pairs.filter(|(_, (found, expected))| found != expected).map(|(place, (&a, &b))| (place, a, b));
    let first = other.next();
    (usize::from(first.is_some()) + other.count(), first)
}

/// Compares every tensor of a file, whose names are `grid[.bits<b>.group<g>]`.
fn agrees(file: &str) -> usize {
    let (tensors, inputs) = recorded(file);
    let input = tensors.iter().find(|(name, _)| name == "input").unwrap().1.clone();
    for (name, expected) in tensors.iter().filter(|(name, _)| name != "input") {
        let parts: Vec<&str> = name.split('.').collect();
        let number =
            |place: usize| parts.get(place)?.trim_start_matches(char::is_alphabetic).parse::<u32>().ok();
        let grid = NumberGrid::from_name(parts[0]).unwrap();
        let own = match grid.grouping() {
            Grouping::Of(own) => own,
            Grouping::Any | Grouping::Row => inputs as u32,
        };
        let (bits, group) = (number(1).unwrap_or(grid.bits()[0]), number(2).unwrap_or(own));
        grid.check(bits, group, inputs as u32).unwrap();
        let mut found = input.clone();
        matrix(&mut found, inputs, grid, bits, group as usize);
        assert_eq!(differences(&found, expected), (0, None), "{name}");
        assert_ne!(found, input, "{name} changes nothing");
    }
    tensors.len() - 1
}

#[test]
fn blocks_of_gguf_are_those_of_llama_cpp() {
    assert_eq!(agrees("gguf-grids"), 10);
}

#[test]
fn grids_of_compressed_tensors_are_those_of_its_quantiser() {
    assert_eq!(agrees("compressed-tensors-grids"), 41);
}
