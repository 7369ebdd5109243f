//! 8-bit floating point with a scale for each block (DeepSeek V3, arXiv 2412.19437, §3.3): `w = code·scale`.

use safetensors::Dtype;

use super::Packed;
use super::words::Scales;
use crate::error::LoadError;
use crate::model::checkpoint::Checkpoint;
use crate::model::packing::Fp8;
use crate::model::pages::Pages;
use crate::model::stored_matrix::Codes;

struct Blocks {
    codes: Pages,
    scales: Scales,
    columns: usize,
    block: [usize; 2],
    values: Box<[f32; 256]>,
}

impl Fp8 {
    /// A module's matrix in e4m3 and `…_scale_inv` beside it.
    pub(super) fn find(
        self,
        checkpoint: &Checkpoint,
        name: &str,
        shape: &[usize],
    ) -> Result<Option<Packed>, LoadError> {
        let (Some(stored), &[rows, columns]) = (checkpoint.stored(name), shape) else { return Ok(None) };
        if stored.info.dtype != Dtype::F8_E4M3 {
            return Ok(None);
        }
        let codes = checkpoint.tensor(name, shape)?.pages();
        let scale = format!("{name}_scale_inv");
        let grid = [rows.div_ceil(self.block[0]), columns.div_ceil(self.block[1])];
        let scales = Scales::new(&checkpoint.codes(&scale, &grid, &Scales::TYPES)?);
        let values = Box::new(std::array::from_fn(|code| e4m3(code as u8)));
        let blocks = Blocks { codes, scales, columns, block: self.block, values };
        Ok(Some(Packed::new(blocks, [name.to_owned(), scale])))
    }
}

impl Codes for Blocks {
    fn row(&self, row: usize, out: &mut [f32]) {
        let across = self.columns.div_ceil(self.block[1]);
        let codes = self.codes.bytes()[row * self.columns..][..self.columns].chunks(self.block[1]);
        for (block, (codes, out)) in codes.zip(out.chunks_mut(self.block[1])).enumerate() {
            let scale = self.scales.get(row / self.block[0] * across + block);
            for (out, &code) in out.iter_mut().zip(codes) {
                *out = self.values[usize::from(code)] * scale;
            }
        }
    }
}

/// One sign, four bits of exponent with bias 7, three of fraction; no infinities, and one NaN of either sign (OCP 8-bit
/// Floating Point Specification 1.0, E4M3).
fn e4m3(code: u8) -> f32 {
    let (exponent, fraction) = (i32::from(code >> 3 & 15), f32::from(code & 7));
    let magnitude = match (exponent, code & 7) {
        (15, 7) => f32::NAN,
        (0, _) => fraction / 512.0,
        _ => (1.0 + fraction / 8.0) * 2.0_f32.powi(exponent - 7),
    };
    if code & 0x80 == 0 { magnitude } else { -magnitude }
}

#[cfg(test)]
mod tests {
    use super::e4m3;

    #[test]
    fn codes_are_those_of_the_standard() {
        // The examples of its table 2.
        let cases = [
            (0x00, 0.0),
            (0x01, 2.0_f32.powi(-9)),
            (0x07, 0.875 * 2.0_f32.powi(-6)),
            (0x08, 2.0_f32.powi(-6)),
            (0x38, 1.0),
            (0x7e, 448.0),
            (0xfe, -448.0),
        ];
        for (code, value) in cases {
            assert_eq!(e4m3(code), value, "{code:#x}");
        }
        assert!(e4m3(0x7f).is_nan() && e4m3(0xff).is_nan() && e4m3(0x80).is_sign_negative());
    }
}
