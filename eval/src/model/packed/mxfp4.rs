//! 4-bit floating point with a power of two for each 32 (OCP Microscaling Formats 1.0, MXFP4), as GPT-OSS stores experts.

use safetensors::Dtype;

use super::Packed;
use crate::error::LoadError;
use crate::model::checkpoint::Checkpoint;
use crate::model::pages::Pages;
use crate::model::stored_matrix::Codes;

/// Numbers that share a scale.
const BLOCK: usize = 32;
/// What the lower three bits of a code mean (E2M1); the fourth is the sign.
const VALUES: [f32; 8] = [0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0];

struct Blocks {
    codes: Pages,
    scales: Pages,
}

/// `[experts, inputs, outputs]` in `…_blocks: [experts, outputs, inputs/32, 16]` and `…_scales`: a row of codes for each
/// output of each expert.
pub(super) fn find(
    checkpoint: &Checkpoint,
    name: &str,
    shape: &[usize],
) -> Result<Option<Packed>, LoadError> {
    let parts @ [blocks, scales] = &["blocks", "scales"].map(|part| format!("{name}_{part}"));
    let &[experts, inputs, outputs] = shape else { return Ok(None) };
    if checkpoint.stored(blocks).is_none() || !inputs.is_multiple_of(BLOCK) {
        return Ok(None);
    }
    let across = inputs / BLOCK;
    let codes = checkpoint.codes(blocks, &[experts, outputs, across, BLOCK / 2], &[Dtype::U8])?.pages();
    let exponents = checkpoint.codes(scales, &[experts, outputs, across], &[Dtype::U8])?.pages();
    let packed = Packed::new(Blocks { codes, scales: exponents }, parts.clone());
    Ok(Some(Packed { turned: true, ..packed }))
}

impl Codes for Blocks {
    fn row(&self, row: usize, out: &mut [f32]) {
        let across = out.len() / BLOCK;
        let codes = self.codes.bytes()[row * out.len() / 2..][..out.len() / 2].chunks_exact(BLOCK / 2);
        let scales = &self.scales.bytes()[row * across..][..across];
        for ((codes, &scale), out) in codes.zip(scales).zip(out.chunks_exact_mut(BLOCK)) {
            let scale = exp2(scale);
            for (pair, out) in codes.iter().zip(out.chunks_exact_mut(2)) {
                out[0] = value(pair & 15) * scale;
                out[1] = value(pair >> 4) * scale;
            }
        }
    }
}

fn value(code: u8) -> f32 {
    let magnitude = VALUES[usize::from(code & 7)];
    if code & 8 == 0 { magnitude } else { -magnitude }
}

/// A scale of eight bits of exponent with bias 127 (E8M0); all ones are NaN.
fn exp2(scale: u8) -> f32 {
    match scale {
        0 => f32::from_bits(1 << 22),
        u8::MAX => f32::NAN,
        _ => f32::from_bits(u32::from(scale) << 23),
    }
}
