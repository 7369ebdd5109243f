//! Number grids: which numbers a stored weight or cache entry can be.

/// A number grid of an engine: how codes of few bits and their scales become numbers again. What each computes to the
/// last digit is in `docs/edits.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NumberGrid {
    /// Whole numbers with a whole-number zero point: the asymmetric integers of GPTQ and compressed-tensors.
    AffineInt,
    /// Whole numbers around 0: the symmetric integers of GPTQ and compressed-tensors.
    Symmetric,
    /// GGUF's `Q4_0`.
    Q4_0,
    /// GGUF's `Q4_1`.
    Q4_1,
    /// GGUF's `Q5_0`.
    Q5_0,
    /// GGUF's `Q5_1`.
    Q5_1,
    /// GGUF's `Q8_0`.
    Q8_0,
    /// GGUF's `Q2_K`.
    Q2K,
    /// GGUF's `Q3_K`.
    Q3K,
    /// GGUF's `Q4_K`.
    Q4K,
    /// GGUF's `Q5_K`.
    Q5K,
    /// GGUF's `Q6_K`.
    Q6K,
    /// 8-bit floating point, one scale for the matrix.
    Fp8Tensor,
    /// 8-bit floating point, a scale for each row.
    Fp8Channel,
    /// 8-bit floating point, a scale for each block of 128 by 128.
    Fp8Block,
    /// 4-bit floating point under powers of two (OCP Microscaling).
    Mxfp4,
    /// 4-bit floating point under 8-bit scales.
    Nvfp4,
}

/// Which neighbouring channels a grid stores together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grouping {
    /// As many as a plan says.
    Any,
    /// This many.
    Of(u32),
    /// All of a row.
    Row,
}

/// Bits that the grids of whole numbers have.
const WHOLE: &[u32] = &[2, 3, 4, 5, 6, 8];

impl NumberGrid {
    /// All of them.
    pub const ALL: [Self; 17] = [
        Self::AffineInt,
        Self::Symmetric,
        Self::Q4_0,
        Self::Q4_1,
        Self::Q5_0,
        Self::Q5_1,
        Self::Q8_0,
        Self::Q2K,
        Self::Q3K,
        Self::Q4K,
        Self::Q5K,
        Self::Q6K,
        Self::Fp8Tensor,
        Self::Fp8Channel,
        Self::Fp8Block,
        Self::Mxfp4,
        Self::Nvfp4,
    ];

    /// The name in plans.
    pub fn name(self) -> &'static str {
        match self {
            Self::AffineInt => "affine-int",
            Self::Symmetric => "symmetric",
            Self::Q4_0 => "q4_0",
            Self::Q4_1 => "q4_1",
            Self::Q5_0 => "q5_0",
            Self::Q5_1 => "q5_1",
            Self::Q8_0 => "q8_0",
            Self::Q2K => "q2_k",
            Self::Q3K => "q3_k",
            Self::Q4K => "q4_k",
            Self::Q5K => "q5_k",
            Self::Q6K => "q6_k",
            Self::Fp8Tensor => "fp8-e4m3-tensor",
            Self::Fp8Channel => "fp8-e4m3-channel",
            Self::Fp8Block => "fp8-e4m3-block",
            Self::Mxfp4 => "mxfp4",
            Self::Nvfp4 => "nvfp4",
        }
    }

    /// The grid of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|grid| grid.name() == name)
    }

    /// The bits of a code that it has.
    pub fn bits(self) -> &'static [u32] {
        match self {
            Self::AffineInt | Self::Symmetric => WHOLE,
            Self::Q2K => &[2],
            Self::Q3K => &[3],
            Self::Q4_0 | Self::Q4_1 | Self::Q4K | Self::Mxfp4 | Self::Nvfp4 => &[4],
            Self::Q5_0 | Self::Q5_1 | Self::Q5K => &[5],
            Self::Q6K => &[6],
            Self::Q8_0 | Self::Fp8Tensor | Self::Fp8Channel | Self::Fp8Block => &[8],
        }
    }

    /// The neighbouring channels that it stores together.
    pub fn grouping(self) -> Grouping {
        match self {
            Self::AffineInt | Self::Symmetric => Grouping::Any,
            Self::Nvfp4 => Grouping::Of(16),
            Self::Q4_0 | Self::Q4_1 | Self::Q5_0 | Self::Q5_1 | Self::Q8_0 | Self::Mxfp4 => Grouping::Of(32),
            Self::Fp8Block => Grouping::Of(128),
            Self::Q2K | Self::Q3K | Self::Q4K | Self::Q5K | Self::Q6K => Grouping::Of(256),
            Self::Fp8Tensor | Self::Fp8Channel => Grouping::Row,
        }
    }

    /// Whether it has codes of `bits` for groups of `group_size` channels of `inputs`.
    ///
    /// # Errors
    /// What it has instead, in words.
    pub fn check(self, bits: u32, group_size: u32, inputs: u32) -> Result<(), String> {
        let name = self.name();
        if !self.bits().contains(&bits) {
            let known = self.bits().iter().map(u32::to_string).collect::<Vec<_>>().join(", ");
            return Err(format!("{name} has {known} bits, not {bits}"));
        }
        if inputs == 0 {
            return Err(format!("{name} has groups of input channels, and a matrix with 0 inputs has none"));
        }
        let own = match self.grouping() {
            Grouping::Any => group_size,
            Grouping::Of(own) => own,
            Grouping::Row => inputs,
        };
        if own != group_size {
            let all = if self.grouping() == Grouping::Row { ", all inputs" } else { "" };
            return Err(format!("{name} has groups of {own} channels{all}, not of {group_size}"));
        }
        if group_size == 0 || !inputs.is_multiple_of(group_size) {
            return Err(format!("groups of {group_size} channels do not divide the {inputs} inputs"));
        }
        Ok(())
    }

    /// Bytes of a matrix of `outputs` rows of `inputs`: codes, scales, zero points and padding, as the engine's own format
    /// stores it. `scale_bytes` is the size of a scale where that has the type of the model's weights: 2 or 4.
    ///
    /// Whole numbers are counted as compressed-tensors' `pack-quantized` stores them: each row of codes, and each column of
    /// zero points, as 32-bit words, and two 64-bit numbers for the shape. Blocks of GGUF are those of `ggml-common.h`. Scales of
    /// 8-bit floating point for a matrix or a row have the type of the weights, as in compressed-tensors; those of 128 by 128, as in
    /// DeepSeek-V3, and the one of a whole `nvfp4` matrix are float32.
    pub fn bytes(self, bits: u32, group_size: u32, outputs: u32, inputs: u32, scale_bytes: u32) -> u64 {
        let [bits, group, outputs, inputs] = [bits, group_size.max(1), outputs, inputs].map(u64::from);
        let groups = inputs.div_ceil(group);
        let floats = |scales: u64, bytes: u32| outputs * inputs + scales * u64::from(bytes);
        let words = |codes: u64| 4 * (codes * bits).div_ceil(32);
        let block = match self {
            Self::AffineInt | Self::Symmetric => {
                let zero_points = if self == Self::AffineInt { groups * words(outputs) } else { 0 };
                let scales = outputs * groups * u64::from(scale_bytes);
                return outputs * words(inputs) + scales + zero_points + SHAPE_BYTES;
            }
            Self::Q4_0 => 2 + 16,
            Self::Q4_1 => 2 + 2 + 16,
            Self::Q5_0 => 2 + 4 + 16,
            Self::Q5_1 => 2 + 2 + 4 + 16,
            Self::Q8_0 => 2 + 32,
            Self::Q2K => 16 + 64 + 2 + 2,
            Self::Q3K => 32 + 64 + 12 + 2,
            Self::Q4K => 2 + 2 + 12 + 128,
            Self::Q5K => 2 + 2 + 12 + 32 + 128,
            Self::Q6K => 128 + 64 + 16 + 2,
            Self::Mxfp4 => 1 + 16,
            Self::Nvfp4 => return outputs * groups * (1 + 8) + 4,
            Self::Fp8Tensor => return floats(1, scale_bytes),
            Self::Fp8Channel => return floats(outputs, scale_bytes),
            Self::Fp8Block => return floats(outputs.div_ceil(group) * groups, 4),
        };
        outputs * groups * block
    }
}

/// What compressed-tensors keeps of the shape of each matrix: two 64-bit numbers.
const SHAPE_BYTES: u64 = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_have_scales_zero_points_and_padding() {
        let bytes = |grid: NumberGrid, bits, group| grid.bytes(bits, group, 6, 96, 2);
        // 96 codes of 3 bits are 9 words; 3 groups of 6 scales; 3 columns of 6 zero points, in a word each.
        assert_eq!(bytes(NumberGrid::Symmetric, 3, 32), 6 * 36 + 6 * 3 * 2 + 16);
        assert_eq!(bytes(NumberGrid::AffineInt, 3, 32), 6 * 36 + 6 * 3 * 2 + 3 * 4 + 16);
        // 100 codes of 3 bits begin a tenth word.
        assert_eq!(NumberGrid::Symmetric.bytes(3, 100, 1, 100, 4), 40 + 4 + 16);
        assert_eq!(NumberGrid::Fp8Block.bytes(8, 128, 300, 256, 2), 300 * 256 + 4 * 3 * 2);
        for scale in [2, 4] {
            let bytes = |grid: NumberGrid| grid.bytes(8, 96, 6, 96, scale);
            assert_eq!(bytes(NumberGrid::Fp8Channel), 6 * 96 + 6 * u64::from(scale));
            assert_eq!(bytes(NumberGrid::Fp8Tensor), 6 * 96 + u64::from(scale));
        }
        assert_eq!(NumberGrid::Nvfp4.bytes(4, 16, 6, 96, 2), 6 * 48 + 6 * 6 + 4);
    }

    #[test]
    fn bits_per_weight_are_what_llama_cpp_says() {
        use NumberGrid::{Mxfp4, Q2K, Q3K, Q4_0, Q4_1, Q4K, Q5_0, Q5_1, Q5K, Q6K, Q8_0};
        let per_weight = |grid: NumberGrid| {
            let Grouping::Of(group) = grid.grouping() else { panic!("{} has blocks", grid.name()) };
            grid.bytes(grid.bits()[0], group, 6, 512, 2) as f64 * 8.0 / (6.0 * 512.0)
        };
        let found = [Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q2K, Q3K, Q4K, Q5K, Q6K, Mxfp4].map(per_weight);
        assert_eq!(found, [4.5, 5.0, 5.5, 6.0, 8.5, 2.625, 3.4375, 4.5, 5.5, 6.5625, 4.25]);
    }

    #[test]
    fn what_a_grid_does_not_have_is_refused_with_what_it_has() {
        let refusal = |grid: NumberGrid, bits, group| grid.check(bits, group, 96).unwrap_err();
        assert_eq!(refusal(NumberGrid::Q4_0, 5, 32), "q4_0 has 4 bits, not 5");
        assert_eq!(refusal(NumberGrid::Q4K, 4, 32), "q4_k has groups of 256 channels, not of 32");
        assert_eq!(refusal(NumberGrid::Q4K, 4, 256), "groups of 256 channels do not divide the 96 inputs");
        let row = "fp8-e4m3-channel has groups of 96 channels, all inputs, not of 32";
        assert_eq!(refusal(NumberGrid::Fp8Channel, 8, 32), row);
        for grid in [NumberGrid::Fp8Channel, NumberGrid::Symmetric] {
            assert_eq!(grid.check(8, 96, 96), Ok(()));
        }
        for grid in NumberGrid::ALL {
            let group = if let Grouping::Of(own) = grid.grouping() { own } else { 0 };
            assert!(
                grid.check(grid.bits()[0], group, 0).unwrap_err().contains("0 inputs"),
                "{}",
                grid.name()
            );
        }
    }
}
