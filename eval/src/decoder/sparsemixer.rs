//! SparseMixer as Phi-3.5-MoE routes by it when it is not trained (arXiv 2409.12136).

/// Whom a token is routed to, the best first: `count` of the experts `kept`. Each weight is the share of the chosen expert
/// in a softmax over [`near`] ones of those that were left.
pub(crate) fn choices(logits: &[f32], kept: &[usize], count: usize, eps: f32) -> Vec<(usize, f32)> {
    let mut left = kept.to_vec();
    let mut choices = Vec::with_capacity(count);
    for _ in 0..count {
        let Some((best, near)) = near(logits, &left, eps) else { break };
        let sum: f32 = near.iter().map(|&expert| (logits[expert] - logits[best]).exp()).sum();
        choices.push((best, 1.0 / sum));
        left.retain(|&expert| expert != best);
    }
    choices
}

/// The best of the experts `left`, of equal ones the first, and those of them with a logit `z` for which
/// `(best − z)/max(|z|, best) ≤ 2ε`; `None` where none are left.
pub(crate) fn near(logits: &[f32], left: &[usize], eps: f32) -> Option<(usize, Vec<usize>)> {
    let (&first, rest) = left.split_first()?;
    let best =
        rest.iter().fold(first, |best, &expert| if logits[expert] > logits[best] { expert } else { best });
    let top = logits[best];
    // 0/0, of logits that are all 0, is not far.
    let far = |z: f32| (top - z) / z.abs().max(top) > 2.0 * eps;
    Some((best, left.iter().copied().filter(|&expert| !far(logits[expert])).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_shares_among_those_that_are_near() {
        // Of 2.0, 1.99 is near at 2ε = 0.01 and 1.9 is not; behind the first, nothing is near 1.99.
        let logits = [1.9, 2.0, 1.99, -3.0];
        let found = choices(&logits, &[0, 1, 2, 3], 2, 0.005);
        assert_eq!(found.iter().map(|(expert, _)| *expert).collect::<Vec<_>>(), [1, 2]);
        assert!((found[0].1 - 1.0 / (1.0 + (-0.01_f32).exp())).abs() < 1e-6, "{found:?}");
        assert_eq!(found[1].1, 1.0);
        // Without the best, the others are as if it had never been.
        assert_eq!(choices(&logits, &[0, 2, 3], 2, 0.005), [(2, 1.0), (0, 1.0)]);
    }

    #[test]
    fn nearness_is_relative_to_the_larger_magnitude() {
        // (−1 + 1.5)/1.5 = 1/3 where the best is negative.
        assert_eq!(near(&[-1.5, -1.0], &[0, 1], 0.17), Some((1, vec![0, 1])));
        assert_eq!(near(&[-1.5, -1.0], &[0, 1], 0.16), Some((1, vec![1])));
        assert_eq!(near(&[0.0, 0.0], &[0, 1], 0.1), Some((0, vec![0, 1])));
        assert_eq!(near(&[0.0], &[], 0.1), None);
    }
}
