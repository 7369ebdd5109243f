//! Which experts answer for a token.

use crate::ops::rows::Routed;

/// What the router said, summed over tokens: the raw material of pruning baselines.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RouterProbe {
    /// Tokens that chose each expert.
    pub(crate) chosen: Vec<u64>,
    /// Router probability of each expert, summed.
    pub(crate) probability: Vec<f64>,
}

impl RouterProbe {
    pub(crate) fn new(experts: usize) -> Self {
        Self { chosen: vec![0; experts], probability: vec![0.0; experts] }
    }
}

/// Routes every row of `logits: [rows, experts]` as Mixtral does (arXiv 2401.04088, §2.1): softmax over
/// the experts that `kept` names for the row (all without), the `per_token` likeliest, their probabilities rescaled to 1. Of equal
/// probabilities the lower expert wins.
pub(crate) fn route<'a>(
    logits: &[f32],
    experts: usize,
    per_token: usize,
    kept: &dyn Fn(usize) -> Option<&'a [usize]>,
    mut probe: Option<&mut RouterProbe>,
) -> Vec<Routed> {
    let all: Vec<usize> = (0..experts).collect();
    let mut routed = vec![Routed::default(); experts];
    let mut ranked: Vec<(f32, usize)> = Vec::with_capacity(experts);
    for (row, logits) in logits.chunks_exact(experts).enumerate() {
        ranked.clear();
        let kept = kept(row).unwrap_or(&all);
        ranked.extend(kept.iter().map(|&expert| (logits[expert], expert)));
        let top = ranked.iter().map(|(logit, _)| *logit).fold(f32::NEG_INFINITY, f32::max);
        ranked.iter_mut().for_each(|(logit, _)| *logit = (*logit - top).exp());
        let total: f32 = ranked.iter().map(|(weight, _)| weight).sum();
        ranked.iter_mut().for_each(|(weight, _)| *weight /= total);
        if let Some(probe) = probe.as_deref_mut() {
            ranked.iter().for_each(|(p, expert)| probe.probability[*expert] += f64::from(*p));
        }
        ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
        let chosen = &ranked[..per_token];
        let share: f32 = chosen.iter().map(|(p, _)| p).sum();
        for (p, expert) in chosen {
            routed[*expert].rows.push(row as u32);
            routed[*expert].weights.push(p / share);
            if let Some(probe) = probe.as_deref_mut() {
                probe.chosen[*expert] += 1;
            }
        }
    }
    routed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_likeliest_kept_experts_answer() {
        let logits = [0.0, 3.0_f32.ln(), 9.0_f32.ln(), 100.0];
        let routed = route(&logits, 4, 2, &|_| Some(&[0, 1, 2]), None);
        assert_eq!(routed[3], Routed::default());
        assert_eq!(routed[0], Routed::default());
        assert_eq!(routed[1].rows, [0]);
        assert!((routed[1].weights[0] - 0.25).abs() < 1e-6);
        assert!((routed[2].weights[0] - 0.75).abs() < 1e-6);
    }

    #[test]
    fn the_probe_sees_every_probability_and_choice() {
        let mut probe = RouterProbe::new(2);
        route(&[0.0, 0.0, 3.0_f32.ln(), 0.0], 2, 1, &|_| None, Some(&mut probe));
        assert_eq!(probe.chosen, [2, 0]);
        assert!((probe.probability[0] - 1.25).abs() < 1e-6);
    }
}
