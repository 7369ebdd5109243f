//! Blocks against those that llama.cpp makes (`tests/golden/number_grids.py gguf`), and read back by the format.

use super::*;
use crate::Grouping;
use crate::nearest::{self, tests::recorded};

#[test]
fn blocks_are_those_of_llama_cpp_to_the_byte() {
    let input = recorded("gguf-grids").0.into_iter().find(|(name, _)| name == "input").unwrap().1;
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/golden/gguf-blocks.safetensors");
    let file = std::fs::read(path).unwrap();
    let expected = safetensors::SafeTensors::deserialize(&file).unwrap();
    assert_eq!(expected.len(), 10);
    for (name, expected) in expected.iter() {
        let found = encode(&input, NumberGrid::from_name(name).unwrap()).unwrap();
        let other = found.iter().zip(expected.data()).position(|(found, expected)| found != expected);
        assert_eq!((found.len(), other), (expected.data().len(), None), "{name}");
    }
}

/// Numbers of all sizes, with rows of nothing and of one number.
fn numbers() -> Vec<f32> {
    let mut state = 18_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / 8_388_608.0 - 1.0
    };
    let mut numbers: Vec<f32> = (0..64 * 256).map(|at| next() * 10_f32.powi(at / 512 % 9 - 6)).collect();
    numbers[256..512].fill(0.0);
    numbers[512..768].fill(-0.375);
    numbers
}

#[test]
fn what_is_scored_is_what_a_block_holds() {
    for grid in NumberGrid::ALL {
        let Some(bytes) = encode(&numbers(), grid) else { continue };
        let Grouping::Of(group) = grid.grouping() else { panic!("{} has blocks", grid.name()) };
        let (bits, mut scored) = (grid.bits()[0], numbers());
        assert_eq!(bytes.len() as u64, grid.bytes(bits, group, 64, 256, 2), "{}", grid.name());
        nearest::matrix(&mut scored, 256, grid, bits, group as usize);
        let held = decode(&bytes, grid);
        let other = scored.iter().zip(&held).position(|(scored, held)| scored != held);
        assert_eq!((held.len(), other), (scored.len(), None), "{}", grid.name());
    }
}

#[test]
fn grids_that_gguf_lacks_have_no_blocks() {
    let of = |grid| encode(&[0.0; 256], grid);
    assert!(
        [NumberGrid::Symmetric, NumberGrid::Fp8Block, NumberGrid::Nvfp4]
            .into_iter()
            .all(|grid| of(grid).is_none())
    );
}

fn half_at(bytes: &[u8], at: usize) -> f32 {
    f16::from_le_bytes([bytes[at], bytes[at + 1]]).to_f32()
}

/// The numbers of blocks, by `ggml-common.h`: number `n` of a block is looked for, not written in order.
fn decode(bytes: &[u8], grid: NumberGrid) -> Vec<f32> {
    use NumberGrid as Grid;
    let Grouping::Of(group) = grid.grouping() else { panic!("{} has blocks", grid.name()) };
    let size = grid.bytes(grid.bits()[0], group, 1, group, 2) as usize;
    let four = |codes: &[u8], at: usize| (codes[at % 16] >> (4 * (at / 16))) & 15;
    let fifth = |high: &[u8], at: usize| ((high[at / 8] >> (at % 8)) & 1) << 4;
    let number = |block: &[u8], at: usize| -> f32 {
        let first = half_at(block, 0);
        match grid {
            Grid::Q4_0 => first * (f32::from(four(&block[2..], at)) - 8.0),
            Grid::Q4_1 => first * f32::from(four(&block[4..], at)) + half_at(block, 2),
            Grid::Q5_0 => first * (f32::from(four(&block[6..], at) | fifth(&block[2..], at)) - 16.0),
            Grid::Q5_1 => {
                first * f32::from(four(&block[8..], at) | fifth(&block[4..], at)) + half_at(block, 2)
            }
            Grid::Q8_0 => first * f32::from(i8::from_le_bytes([block[2 + at]])),
            Grid::Mxfp4 => {
                let code = four(&block[1..], at);
                let magnitude = [0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0][usize::from(code & 7)];
                let sign = if code & 8 == 0 { 1.0 } else { -1.0 };
                sign * magnitude * (f64::from(block[0]) - 127.0).exp2() as f32
            }
            Grid::Q2K => {
                let (scale, code) = (block[at / 16], block[16 + at / 128 * 32 + at % 32]);
                let code = f32::from((code >> (at % 128 / 32 * 2)) & 3);
                half_at(block, 80) * f32::from(scale & 15) * code - half_at(block, 82) * f32::from(scale >> 4)
            }
            Grid::Q4K | Grid::Q5K => {
                let ([scale, offset], codes) = (scale_and_offset(&block[4..16], at / 32), size - 128);
                let low = (block[codes + at / 64 * 32 + at % 32] >> (at % 64 / 32 * 4)) & 15;
                let high = if grid == Grid::Q5K { ((block[16 + at % 32] >> (at / 32)) & 1) << 4 } else { 0 };
                first * f32::from(scale) * f32::from(low | high) - half_at(block, 2) * f32::from(offset)
            }
            Grid::Q3K => {
                let low = (block[32 + at / 128 * 32 + at % 32] >> (at % 128 / 32 * 2)) & 3;
                let code = low | (((block[at % 32] >> (at / 32)) & 1) << 2);
                let (scales, of) = (&block[96..108], at / 16);
                let scale = ((scales[of % 8] >> (of / 8 * 4)) & 15)
                    | (((scales[8 + of % 4] >> (of / 4 * 2)) & 3) << 4);
                half_at(block, 108) * (f32::from(scale) - 32.0) * (f32::from(code) - 4.0)
            }
            Grid::Q6K => {
                let low = (block[at / 128 * 64 + at % 64] >> (at % 128 / 64 * 4)) & 15;
                let high = (block[128 + at / 128 * 32 + at % 32] >> (at % 128 / 32 * 2)) & 3;
                let scale = f32::from(i8::from_le_bytes([block[192 + at / 16]]));
                half_at(block, 208) * scale * (f32::from(low | (high << 4)) - 32.0)
            }
            _ => panic!("{} has no blocks", grid.name()),
        }
    };
    bytes.chunks_exact(size).flat_map(|block| (0..group as usize).map(|at| number(block, at))).collect()
}

fn scale_and_offset(packed: &[u8], block: usize) -> [u8; 2] {
    [0, 4].map(|first| match block {
        0..4 => packed[first + block] & 63,
        _ => ((packed[4 + block] >> first) & 15) | ((packed[first + block - 4] >> 6) << 4),
    })
}
