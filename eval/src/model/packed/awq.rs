//! AWQ (arXiv 2306.00978) as AutoAWQ writes it for its `gemm` kernels: `w[o, i] = scale[g, o]·(code[i, o] − zero[g, o])`, four
//! bits, where `g` is the group of input `i`.

use safetensors::Dtype;

use super::Packed;
use super::words::{Scales, Words};
use crate::error::LoadError;
use crate::model::checkpoint::Checkpoint;
use crate::model::packing::Awq;
use crate::model::stored_matrix::Codes;

const BITS: u32 = 4;
/// Codes in a word.
const EACH: usize = 8;
/// Where the outputs of a word are in it: even ones before odd ones.
const PLACES: [usize; EACH] = [0, 4, 1, 5, 2, 6, 3, 7];

struct Groups {
    /// `[inputs, outputs/8]`: words run along the outputs.
    codes: Words,
    /// `[groups, outputs/8]`.
    zeros: Words,
    /// `[groups, outputs]`.
    scales: Scales,
    outputs: usize,
    group: usize,
}

impl Awq {
    pub(super) fn find(
        self,
        checkpoint: &Checkpoint,
        name: &str,
        shape: &[usize],
    ) -> Result<Option<Packed>, LoadError> {
        let (Some(stem), &[outputs, inputs]) = (name.strip_suffix("weight"), shape) else { return Ok(None) };
        let names = ["qweight", "qzeros", "scales"].map(|part| format!("{stem}{part}"));
        if checkpoint.stored(&names[0]).is_none() || checkpoint.stored(name).is_some() {
            return Ok(None);
        }
        let group = self.group.unwrap_or(inputs).max(1);
        let groups = inputs.div_ceil(group);
        let across = outputs.div_ceil(EACH);
        let words = |name: &str, rows: usize| -> Result<Words, LoadError> {
            Ok(Words::new(&checkpoint.codes(name, &[rows, across], &[Dtype::I32])?, BITS))
        };
        let scales = Scales::new(&checkpoint.codes(&names[2], &[groups, outputs], &Scales::TYPES)?);
        let (codes, zeros) = (words(&names[0], inputs)?, words(&names[1], groups)?);
        Ok(Some(Packed::new(Groups { codes, zeros, scales, outputs, group }, names)))
    }
}

impl Codes for Groups {
    fn row(&self, row: usize, out: &mut [f32]) {
        let across = self.outputs.div_ceil(EACH);
        let (word, place) = (row / EACH, PLACES[row % EACH]);
        for (group, out) in out.chunks_mut(self.group).enumerate() {
            let scale = self.scales.get(group * self.outputs + row);
            let zero = self.zeros.code(group * across + word, place) as f32;
            for (input, out) in out.iter_mut().enumerate() {
                let code = self.codes.code((group * self.group + input) * across + word, place);
                *out = scale * (code as f32 - zero);
            }
        }
    }
}
