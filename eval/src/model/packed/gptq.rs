//! GPTQ (arXiv 2210.17323) as AutoGPTQ and GPTQModel write it: `w[o, i] = scale[g, o]·(code[i, o] − zero[g, o])`, where `g` is
//! the group of input `i`.

use std::path::PathBuf;

use safetensors::Dtype;

use super::Packed;
use super::words::{Scales, Words, int};
use crate::error::LoadError;
use crate::model::checkpoint::Checkpoint;
use crate::model::packing::Gptq;
use crate::model::stored_matrix::Codes;

struct Groups {
    /// `[inputs/each, outputs]`: words run along the inputs.
    codes: Words,
    /// `[groups, outputs/each]`.
    zeros: Words,
    /// `[groups, outputs]`.
    scales: Scales,
    /// The group of each input.
    of: Vec<u32>,
    outputs: usize,
    groups: usize,
    one_less: bool,
    /// File and name of the zero points, for messages.
    zeros_of: (PathBuf, String),
}

impl Gptq {
    pub(super) fn find(
        self,
        checkpoint: &Checkpoint,
        name: &str,
        shape: &[usize],
    ) -> Result<Option<Packed>, LoadError> {
        let (Some(stem), &[outputs, inputs]) = (name.strip_suffix("weight"), shape) else { return Ok(None) };
        let mut names = ["qweight", "qzeros", "scales", "g_idx"].map(|part| format!("{stem}{part}")).to_vec();
        if checkpoint.stored(&names[0]).is_none() || checkpoint.stored(name).is_some() {
            return Ok(None);
        }
        let each = (32 / self.bits) as usize;
        let size = self.group.unwrap_or(inputs).max(1);
        let groups = inputs.div_ceil(size);
        let int32 = [Dtype::I32];
        let codes = checkpoint.codes(&names[0], &[inputs.div_ceil(each), outputs], &int32)?;
        let stored = checkpoint.codes(&names[1], &[groups, outputs.div_ceil(each)], &int32)?;
        let scales = Scales::new(&checkpoint.codes(&names[2], &[groups, outputs], &Scales::TYPES)?);
        let bad = |tensor: &str, found: String, expected: String| LoadError::BadPacking {
            file: stored.file.to_owned(),
            tensor: tensor.to_owned(),
            found,
            expected,
        };
        let of: Vec<u32> = if checkpoint.stored(&names[3]).is_some() {
            let indices = checkpoint.codes(&names[3], &[inputs], &int32)?;
            (0..inputs).map(|input| int(indices.bytes, input)).collect()
        } else {
            names.truncate(3);
            (0..inputs).map(|input| (input / size) as u32).collect()
        };
        if let Some(&group) = of.iter().find(|&&group| group as usize >= groups) {
            let expected = format!("groups below {groups}, as `group_size` of config.json says");
            return Err(bad(&names[3], format!("group {}", group.cast_signed()), expected));
        }
        let (codes, zeros) = (Words::new(&codes, self.bits), Words::new(&stored, self.bits));
        let (one_less, zeros_of) = (self.one_less, (stored.file.to_owned(), names[1].clone()));
        let found = Groups { codes, zeros, scales, of, outputs, groups, one_less, zeros_of };
        Ok(Some(Packed::new(found, names)))
    }
}

impl Codes for Groups {
    fn check(&self) -> Result<(), LoadError> {
        let each = self.zeros.each();
        let top = (1 << (32 / each)) - 1;
        let full = |word| (0..each).any(|place| self.zeros.code(word, place) == top);
        if !self.one_less || !(0..self.zeros.words()).any(full) {
            return Ok(());
        }
        let (file, tensor) = self.zeros_of.clone();
        Err(LoadError::BadPacking {
            file,
            tensor,
            found: format!("a stored zero point of {top}"),
            expected: format!("less: versions of its writer differ in whether {} or 0 is meant", top + 1),
        })
    }

    fn row(&self, row: usize, out: &mut [f32]) {
        let each = self.codes.each();
        let across = self.outputs.div_ceil(each);
        let of = |group: usize| {
            let zero = self.zeros.code(group * across + row / each, row % each) + u32::from(self.one_less);
            (self.scales.get(group * self.outputs + row), zero as f32)
        };
        let groups: Vec<(f32, f32)> = (0..self.groups).map(of).collect();
        for (input, (out, &group)) in out.iter_mut().zip(&self.of).enumerate() {
            let (scale, zero) = groups[group as usize];
            let code = self.codes.code(input / each * self.outputs + row, input % each);
            *out = scale * (code as f32 - zero);
        }
    }
}
