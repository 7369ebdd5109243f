//! Kullback–Leibler divergence and negative log-likelihood of next-token distributions, in one pass
//! over the vocabulary in pieces.
//!
//! With dense logits `d` and a candidate's logits `c`, shifted by their running maxima,
//! `KL(dense ‖ candidate) = Σ eᵈ(d − c)/Σ eᵈ − log Σ eᵈ + log Σ eᶜ`: sums that can be continued piece by piece
//! (the online softmax of arXiv 1805.02867), so that no full row of logits is ever needed. Equal
//! logits give exactly 0.

use super::{host, math};

/// Sums of one row so far.
#[derive(Clone, Copy, Debug)]
struct Running {
    dense: LogSum,
    candidate: LogSum,
    /// `Σ e^(d − dense.max) · (d − c)`.
    weighted: f64,
    /// The candidate's logit of the next token.
    target: f32,
}

/// `log Σ eˣ` in two parts.
#[derive(Clone, Copy, Debug)]
struct LogSum {
    max: f32,
    sum: f64,
}

impl LogSum {
    const EMPTY: Self = Self { max: f32::NEG_INFINITY, sum: 0.0 };

    /// Moves to a maximum that covers `row`; returns the factor of what was summed before.
    #[inline(always)]
    fn cover(&mut self, row: &[f32]) -> f64 {
        let max = self.max.max(math::max(row));
        let factor = if self.max == max { 1.0 } else { f64::from(self.max - max).exp() };
        *self = Self { max, sum: self.sum * factor };
        factor
    }

    fn value(self) -> f64 {
        f64::from(self.max) + self.sum.ln()
    }
}

/// What one row says about its next token.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct TokenScore {
    /// KL(dense ‖ candidate), nats.
    pub(crate) kl: f64,
    /// −log p(next token), nats.
    pub(crate) nll: f64,
}

impl TokenScore {
    /// Rounding can leave a KL a hair below 0; it is reported as 0.
    pub(crate) fn new(kl: impl Into<f64>, nll: impl Into<f64>) -> Self {
        let kl = kl.into();
        Self { kl: if kl < 0.0 { 0.0 } else { kl }, nll: nll.into() }
    }
}

/// The rows of one candidate.
pub(crate) struct Divergence {
    rows: Vec<Running>,
}

impl Divergence {
    pub(crate) fn new(rows: usize) -> Self {
        let start =
            Running { dense: LogSum::EMPTY, candidate: LogSum::EMPTY, weighted: 0.0, target: f32::NAN };
        Self { rows: vec![start; rows] }
    }

    /// Adds the logits of tokens `first..first + width`, `[rows, width]` each; `targets` are next tokens.
    pub(crate) fn add(
        &mut self,
        dense: &[f32],
        candidate: &[f32],
        first: usize,
        width: usize,
        targets: &[u32],
    ) {
        use rayon::prelude::*;
        self.rows
            .par_iter_mut()
            .with_min_len(8)
            .zip(targets)
            .zip(dense.par_chunks_exact(width).zip(candidate.par_chunks_exact(width)))
            .for_each(|((row, &target), (dense, candidate))| {
                host::vectorised(
                    #[inline(always)]
                    || row.add(dense, candidate),
                );
                if let Some(&logit) = (target as usize).checked_sub(first).and_then(|at| candidate.get(at)) {
                    row.target = logit;
                }
            });
    }

    /// The scores, after the whole vocabulary.
    pub(crate) fn finish(self) -> impl Iterator<Item = TokenScore> {
        self.rows.into_iter().map(|row| {
            let (dense, candidate) = (row.dense.value(), row.candidate.value());
            let kl = row.weighted / row.dense.sum - dense + candidate;
            TokenScore::new(kl, candidate - f64::from(row.target))
        })
    }
}

impl Running {
    #[inline(always)]
    fn add(&mut self, dense: &[f32], candidate: &[f32]) {
        let factor = self.dense.cover(dense);
        self.candidate.cover(candidate);
        let (dense_max, candidate_max) = (self.dense.max, self.candidate.max);
        let [dense_sum, candidate_sum, weighted] = math::sums(dense, candidate, |dense, candidate| {
            let p = math::exp(dense - dense_max);
            [p, math::exp(candidate - candidate_max), p * (dense - candidate)]
        });
        self.dense.sum += f64::from(dense_sum);
        self.candidate.sum += f64::from(candidate_sum);
        self.weighted = self.weighted * factor + f64::from(weighted);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn logits(seed: usize, count: usize) -> Vec<f32> {
        (0..count).map(|i| ((i * 7919 + seed * 104_729) % 2003) as f32 / 150.0 - 6.0).collect()
    }

    fn in_pieces(
        dense: &[f32],
        candidate: &[f32],
        vocab: usize,
        piece: usize,
        targets: &[u32],
    ) -> Vec<TokenScore> {
        let mut scores = Divergence::new(targets.len());
        for first in (0..vocab).step_by(piece) {
            let width = piece.min(vocab - first);
            let cut = |all: &[f32]| -> Vec<f32> {
                all.chunks(vocab).flat_map(|row| row[first..first + width].to_vec()).collect()
            };
            scores.add(&cut(dense), &cut(candidate), first, width, targets);
        }
        scores.finish().collect()
    }

    #[test]
    fn pieces_add_up_to_the_definition() {
        let (vocab, targets) = (53, [7, 52, 0]);
        let (dense, candidate) = (logits(1, 3 * vocab), logits(2, 3 * vocab));
        let log_softmax = |row: &[f32]| -> Vec<f64> {
            let sum: f64 = row.iter().map(|&x| f64::from(x).exp()).sum();
            row.iter().map(|&x| f64::from(x) - sum.ln()).collect()
        };
        for piece in [53, 20, 1] {
            let found = in_pieces(&dense, &candidate, vocab, piece, &targets);
            for (row, score) in found.iter().enumerate() {
                let cut = row * vocab..(row + 1) * vocab;
                let (d, c) = (log_softmax(&dense[cut.clone()]), log_softmax(&candidate[cut]));
                let kl: f64 = d.iter().zip(&c).map(|(d, c)| d.exp() * (d - c)).sum();
                assert!((score.kl - kl).abs() < 1e-5, "{} {kl}", score.kl);
                assert!((score.nll + c[targets[row] as usize]).abs() < 1e-5);
            }
        }
    }

    #[test]
    fn equal_logits_have_no_divergence_and_nan_is_kept() {
        let dense = logits(3, 40);
        assert!(in_pieces(&dense, &dense, 40, 16, &[3]).iter().all(|score| score.kl == 0.0));
        let mut broken = dense.clone();
        broken[30] = f32::NAN;
        let score = in_pieces(&dense, &broken, 40, 16, &[3])[0];
        assert!(score.kl.is_nan() && score.nll.is_nan());
    }
}
