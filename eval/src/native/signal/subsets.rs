//! Subsets of a layer's experts whose weighted answers lie nearest to those of all experts.

use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};

use crate::decoder::{Routing, route};
use crate::model::RouterRule;

/// Up to this many experts every subset is tried, as NAEE does with 8; beyond, experts leave one at a time.
const EXHAUSTIVE: usize = 10;

/// What the experts of one layer answer to some tokens.
pub(super) struct Answers {
    /// What the router says: `[tokens, experts]`.
    pub(super) logits: Vec<f32>,
    /// Inner products of the answers of every two experts: `[tokens, experts, experts]`. Distances between weighted
    /// sums of answers need no more.
    pub(super) products: Vec<f32>,
    /// Experts that the dense model routes a token to.
    pub(super) per_token: usize,
    /// How the router weighs.
    pub(super) rule: RouterRule,
}

/// The best subset of every size from 1 to `experts`, each ascending. Of equal ones, the first in the order of their
/// bit masks, or the one that lost the lowest expert.
pub(super) fn best_subsets(answers: &[Answers], experts: usize) -> Vec<Vec<usize>> {
    let dense: Vec<Weights> =
        answers.iter().map(|answers| answers.weights(&(0..experts).collect::<Vec<_>>())).collect();
    let error = |kept: &Vec<usize>| -> f64 {
        answers.iter().zip(&dense).map(|(answers, dense)| answers.error(kept, dense)).sum()
    };
    let best = |candidates: Vec<Vec<usize>>| -> Vec<usize> {
        let errors: Vec<f64> = candidates.par_iter().map(error).collect();
        let ranked = candidates.into_iter().zip(errors);
        ranked
            .reduce(|best, next| if next.1 < best.1 { next } else { best })
            .map_or_else(Vec::new, |(kept, _)| kept)
    };
    if experts <= EXHAUSTIVE {
        let of_size = |size: usize| {
            let masks = (0..1_u32 << experts).filter(|mask| mask.count_ones() as usize == size);
            masks.map(|mask| (0..experts).filter(|expert| mask >> expert & 1 == 1).collect()).collect()
        };
        return (1..=experts).map(|size| best(of_size(size))).collect();
    }
    let mut kept: Vec<Vec<usize>> = vec![(0..experts).collect()];
    for _ in 1..experts {
        let larger = &kept[kept.len() - 1];
        let without = |gone: usize| larger.iter().copied().filter(|&expert| expert != gone).collect();
        let smaller = larger.iter().map(|&gone| without(gone)).collect();
        kept.push(best(smaller));
    }
    kept.reverse();
    kept
}

/// For every token, whom it is routed to with what weight.
type Weights = Vec<Vec<(usize, f32)>>;

impl Answers {
    /// Routing among `kept`, to as many experts as ever if there are so many.
    fn weights(&self, kept: &[usize]) -> Weights {
        let experts = self.experts();
        let mut weights = vec![Vec::with_capacity(2 * self.per_token); self.logits.len() / experts];
        let routing = Routing { kept: Some(kept), mapping: None, per_token: self.per_token.min(kept.len()) };
        route(&self.logits, experts, &self.rule, &|_| routing, None, &mut |row, choice, weight| {
            // Where weights multiply what enters an expert, they are a part of its answer.
            weights[row].push((choice, if self.rule.weighs_input { 1.0 } else { weight }));
        });
        weights
    }

    /// The weight of every expert in the dense model, 0 where a token does not choose it: `[tokens, experts]`.
    pub(super) fn all_weights(&self) -> Vec<f32> {
        let experts = self.experts();
        let all: Vec<usize> = (0..experts).collect();
        let mut flat = vec![0.0; self.logits.len()];
        for (row, weights) in self.weights(&all).into_iter().enumerate() {
            weights.into_iter().for_each(|(expert, weight)| flat[row * experts + expert] = weight);
        }
        flat
    }

    /// Squared distance between the answers of `kept` and those with the weights `dense`, summed over tokens.
    fn error(&self, kept: &[usize], dense: &Weights) -> f64 {
        let experts = self.experts();
        let tokens =
            self.weights(kept).into_iter().zip(dense).zip(self.products.chunks_exact(experts * experts));
        tokens.map(|((kept, dense), products)| distance(kept, dense, products, experts)).sum()
    }

    fn experts(&self) -> usize {
        self.products.len() / self.logits.len()
    }
}

/// `|Σ (kept − dense)·answer|²` of one token.
fn distance(kept: Vec<(usize, f32)>, dense: &[(usize, f32)], products: &[f32], experts: usize) -> f64 {
    let mut difference = kept;
    for &(expert, weight) in dense {
        match difference.iter_mut().find(|(other, _)| *other == expert) {
            Some((_, other)) => *other -= weight,
            None => difference.push((expert, -weight)),
        }
    }
    let mut sum = 0.0;
    for &(a, first) in &difference {
        for &(b, second) in &difference {
            sum += f64::from(first) * f64::from(second) * f64::from(products[a * experts + b]);
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers with these vectors of every expert, `[tokens][experts][width]`.
    fn answers(logits: &[f32], vectors: &[&[&[f32]]], per_token: usize) -> Answers {
        let mut products = Vec::new();
        for token in vectors {
            for a in *token {
                products.extend(token.iter().map(|b| a.iter().zip(*b).map(|(a, b)| a * b).sum::<f32>()));
            }
        }
        Answers { logits: logits.to_vec(), products, per_token, rule: RouterRule::SOFTMAX }
    }

    #[test]
    fn who_answers_alike_stays_and_whom_nobody_misses_goes() {
        // Every token wants expert 0, then 1. Expert 2 answers as 0 does, 3 the opposite.
        let token: &[&[f32]] = &[&[1.0, 0.0], &[0.0, 0.1], &[1.0, 0.0], &[-1.0, 0.0]];
        let logits = [2.0, 1.0, 0.0, 0.5];
        let one = answers(&logits, &[token], 1);
        assert_eq!(best_subsets(&[one], 4), [vec![0], vec![0, 1], vec![0, 1, 2], vec![0, 1, 2, 3]]);
        // Without 0, a token goes to the likeliest of the rest: {1, 3} answers with 1, {2} as 0 did.
        let one = answers(&logits, &[token], 1);
        let dense = one.weights(&[0, 1, 2, 3]);
        let error = |kept: &[usize]| one.error(kept, &dense);
        assert_eq!(error(&[2]), 0.0);
        assert!((error(&[3]) - 4.0).abs() < 1e-6);
        assert!((error(&[1, 3]) - 1.01).abs() < 1e-6);
    }

    #[test]
    fn errors_are_those_of_the_weighted_sums() {
        let vectors: Vec<Vec<f32>> =
            (0..5_u8).map(|e| vec![f32::from(e) * 0.3, 1.0 - f32::from(e), 0.5]).collect();
        let token: Vec<&[f32]> = vectors.iter().map(Vec::as_slice).collect();
        let logits = [0.1, -0.4, 1.2, 0.7, 0.0];
        let two = answers(&logits, &[&token], 2);
        let sum = |weights: &[(usize, f32)]| -> Vec<f32> {
            (0..3).map(|at| weights.iter().map(|(expert, w)| w * vectors[*expert][at]).sum()).collect()
        };
        let dense = two.weights(&[0, 1, 2, 3, 4]);
        for kept in [&[0, 1, 4][..], &[2, 4], &[3], &[0, 1, 2, 3, 4]] {
            let (now, then) = (sum(&two.weights(kept)[0]), sum(&dense[0]));
            let expected: f32 = now.iter().zip(then).map(|(a, b)| (a - b).powi(2)).sum();
            assert!((two.error(kept, &dense) - f64::from(expected)).abs() < 1e-5, "{kept:?}");
        }
    }

    #[test]
    fn many_experts_leave_one_at_a_time() {
        // Twelve experts with answers of different length, each of which some token wants alone: the shortest go first.
        let vectors: Vec<Vec<f32>> = (0..12_u8)
            .map(|e| (0..12).map(|at| if at == e { 1.0 + f32::from(e) } else { 0.0 }).collect())
            .collect();
        let token: Vec<&[f32]> = vectors.iter().map(Vec::as_slice).collect();
        let logits: Vec<f32> = (0..144).map(|at| if at / 12 == at % 12 { 9.0 } else { 0.0 }).collect();
        let all = answers(&logits, &[&token[..]; 12], 1);
        let sizes = best_subsets(&[all], 12);
        assert_eq!(sizes.iter().map(Vec::len).collect::<Vec<_>>(), (1..=12).collect::<Vec<_>>());
        for pair in sizes.windows(2) {
            assert!(pair[0].iter().all(|expert| pair[1].contains(expert)), "{pair:?}");
        }
        assert!(sizes[5].contains(&11));
    }
}
