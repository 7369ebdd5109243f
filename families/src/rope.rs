//! Rotary position embedding (arXiv 2104.09864) and the ways its context is stretched.
//!
//! Formulas follow `modeling_rope_utils.py` of `transformers`, in float32 where it computes in
//! float32: at position 1000 the last digit of a frequency is visible in the logits.

use std::f64::consts::TAU;

/// Base and scaling of the rotation frequencies.
#[derive(Clone, Debug, PartialEq)]
pub struct Rope {
    /// `rope_theta`.
    pub base: f64,
    /// How the context is stretched.
    pub scaling: Scaling,
}

/// How the context is stretched beyond what the frequencies were made for.
#[derive(Clone, Debug, PartialEq)]
pub enum Scaling {
    /// Not at all.
    None,
    /// All frequencies divided by a factor (position interpolation, arXiv 2306.15595).
    Linear {
        /// The divisor.
        factor: f64,
    },
    /// A larger base for sequences beyond `context` tokens (NTK-aware).
    Dynamic {
        /// Growth of the base.
        factor: f64,
        /// Tokens up to which nothing changes.
        context: f64,
    },
    /// A larger base, whatever the length of a sequence (NTK-aware with a fixed α, HunYuan).
    Ntk {
        /// The base is multiplied by `α^(n/(n − 2))` for `n` rotated channels.
        alpha: f64,
    },
    /// Low frequencies divided, high ones kept, a ramp between (Llama 3.1).
    Llama3 {
        /// Divisor of the low frequencies.
        factor: f64,
        /// Wavelengths above `context / low` are low frequencies.
        low: f64,
        /// Wavelengths below `context / high` are high frequencies.
        high: f64,
        /// Context of the original training.
        context: f64,
    },
    /// A divisor for each frequency, others for sequences beyond `context` tokens, and a sharper softmax (LongRoPE, arXiv
    /// 2402.13753).
    LongRope {
        /// Divisors up to `context` tokens.
        short: Vec<f64>,
        /// Divisors beyond.
        long: Vec<f64>,
        /// Context of the original training.
        context: f64,
        /// Multiplies cosines and sines.
        attention: f64,
    },
    /// Interpolation by parts and a sharper softmax (YaRN, arXiv 2309.00071).
    Yarn {
        /// Divisor of the low frequencies.
        factor: f64,
        /// Context of the original training.
        context: f64,
        /// Rotations over the context above which a frequency is kept.
        fast: f64,
        /// Rotations over the context below which a frequency is divided.
        slow: f64,
        /// Whether the ramp starts and ends at whole dimensions.
        truncate: bool,
        /// Multiplies cosines and sines.
        attention: f64,
        /// The temperature of all channels, `0.1·m·ln(factor) + 1` for an `m` that config.json gives as `mscale_all_dim`, else
        /// 1: latent attention multiplies its scores by the square.
        all_channels: f64,
    },
}

impl Rope {
    /// What scores of latent attention are multiplied by beside their scale (`yarn_apply_mscale` of DeepSeek V2 and V3).
    pub(crate) fn latent_scale(&self) -> f64 {
        match self.scaling {
            Scaling::Yarn { all_channels, .. } => all_channels * all_channels,
            _ => 1.0,
        }
    }

    /// Frequencies in radians per token (one per pair of channels) for a sequence of `tokens`, and
    /// the factor of cosines and sines. `head_dim` are the channels of a head that are rotated.
    pub fn frequencies(&self, head_dim: usize, tokens: usize) -> (Vec<f32>, f32) {
        let plain = |base: f64| -> Vec<f32> {
            let exponents = (0..head_dim).step_by(2).map(|channel| channel as f32 / head_dim as f32);
            exponents.map(|exponent| 1.0 / (base as f32).powf(exponent)).collect()
        };
        match &self.scaling {
            Scaling::None => (plain(self.base), 1.0),
            &Scaling::Linear { factor } => {
                (plain(self.base).into_iter().map(|frequency| frequency / factor as f32).collect(), 1.0)
            }
            &Scaling::Dynamic { factor, context } => {
                let tokens = (tokens as f64).max(context);
                let power = head_dim as f64 / (head_dim as f64 - 2.0);
                (plain(self.base * (factor * tokens / context - (factor - 1.0)).powf(power)), 1.0)
            }
            &Scaling::Ntk { alpha } => {
                let power = head_dim as f64 / (head_dim as f64 - 2.0);
                (plain(self.base * alpha.powf(power)), 1.0)
            }
            &Scaling::Llama3 { factor, low, high, context } => {
                let scaled = plain(self.base).into_iter().map(|frequency| {
                    let frequency = f64::from(frequency);
                    let wavelength = TAU / frequency;
                    let ramp = ((context / wavelength - low) / (high - low)).clamp(0.0, 1.0);
                    ((1.0 - ramp) * frequency / factor + ramp * frequency) as f32
                });
                (scaled.collect(), 1.0)
            }
            Scaling::LongRope { short, long, context, attention } => {
                let divisors = if tokens as f64 > *context { long } else { short };
                let exponents = (0..head_dim).step_by(2).map(|channel| channel as f32 / head_dim as f32);
                let scaled = exponents
                    .zip(divisors)
                    .map(|(exponent, divisor)| 1.0 / (*divisor as f32 * (self.base as f32).powf(exponent)));
                (scaled.collect(), *attention as f32)
            }
            &Scaling::Yarn { factor, context, fast, slow, truncate, attention, .. } => {
                let (start, end) = self.yarn_ramp(head_dim, context, fast, slow, truncate);
                let scaled = plain(self.base).into_iter().enumerate().map(|(pair, frequency)| {
                    let divided = ((pair as f64 - start) / (end - start)).clamp(0.0, 1.0) as f32;
                    frequency / factor as f32 * divided + frequency * (1.0 - divided)
                });
                (scaled.collect(), attention as f32)
            }
        }
    }

    /// First and last pair of the ramp between kept and divided frequencies (YaRN §3.2).
    fn yarn_ramp(&self, head_dim: usize, context: f64, fast: f64, slow: f64, truncate: bool) -> (f64, f64) {
        let dim = head_dim as f64;
        let pair = |rotations: f64| dim * (context / (rotations * TAU)).ln() / (2.0 * self.base.ln());
        let (mut start, mut end) = (pair(fast), pair(slow));
        if truncate {
            (start, end) = (start.floor(), end.ceil());
        }
        (start, end) = (start.max(0.0), end.min(dim - 1.0));
        if start == end {
            end += 0.001;
        }
        (start, end)
    }
}
