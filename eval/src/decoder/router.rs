//! Which experts answer for a token.

use attune_families::schema::Scores;

use super::sparsemixer;
use crate::edits::ExpertMatrix;
use crate::model::RouterRule;

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

    /// What both have seen.
    pub(crate) fn add(&mut self, other: &Self) {
        self.chosen.iter_mut().zip(&other.chosen).for_each(|(sum, more)| *sum += more);
        self.probability.iter_mut().zip(&other.probability).for_each(|(sum, more)| *sum += more);
    }
}

/// How the tokens of one candidate are routed.
#[derive(Clone, Copy)]
pub(crate) struct Routing<'a> {
    /// The experts that may be chosen; all without.
    pub(crate) kept: Option<&'a [usize]>,
    /// What stands between the probabilities of all experts and the choice.
    pub(crate) mapping: Option<&'a ExpertMatrix>,
    /// Experts per token.
    pub(crate) per_token: usize,
}

/// Routes every row of `logits: [rows, experts]`: a softmax over the experts that may be chosen, or a sigmoid of each; the
/// best ones; their scores as weights, rescaled to 1 in families that do (Mixtral, arXiv 2401.04088, §2.1). Of equal scores
/// the lower expert wins. With a mapping, what it makes of the scores takes their place (EEP, arXiv 2407.00945, Eq. 5), and a
/// row whose best ones have no positive finite sum chooses nobody. `choose` hears of row, choice and weight.
pub(crate) fn route<'a>(
    logits: &[f32],
    experts: usize,
    rule: &RouterRule,
    routing: &dyn Fn(usize) -> Routing<'a>,
    mut probe: Option<&mut RouterProbe>,
    choose: &mut dyn FnMut(usize, usize, f32),
) {
    let all: Vec<usize> = (0..experts).collect();
    let mut ranked: Vec<(f32, usize)> = Vec::with_capacity(experts);
    for (row, logits) in logits.chunks_exact(experts).enumerate() {
        let Routing { kept, mapping, per_token } = routing(row);
        ranked.clear();
        ranked.extend(kept.unwrap_or(&all).iter().map(|&expert| (logits[expert], expert)));
        rule.score(&mut ranked);
        if let Some(probe) = probe.as_deref_mut() {
            ranked.iter().for_each(|(p, expert)| probe.probability[*expert] += f64::from(*p));
        }
        if let Some(mapping) = mapping {
            ranked = mapping.rows().map(|numbers| mapped(numbers, &ranked)).zip(0..).collect();
        }
        if let (Scores::SparseMixer { .. }, None) = (rule.scores, mapping) {
            for (choice, weight) in
                sparsemixer::choices(logits, kept.unwrap_or(&all), per_token, rule.sparsemixer_eps)
            {
                choose(row, choice, weight);
                if let Some(probe) = probe.as_deref_mut() {
                    probe.chosen[choice] += 1;
                }
            }
            continue;
        }
        match (rule.scores, mapping) {
            // Sigmoids of large logits are all 1.
            (Scores::ChosenSigmoid, None) => ranked.sort_by(|a, b| logits[b.1].total_cmp(&logits[a.1])),
            _ => rule.rank(&mut ranked, experts, mapping),
        }
        let chosen = &ranked[..per_token];
        let sum: f32 = chosen.iter().map(|(p, _)| p).sum();
        if mapping.is_some() && !(sum > 0.0 && sum.is_finite()) {
            continue;
        }
        for (p, choice) in chosen {
            let weight = if rule.renormalised { p / rule.divisor(sum, mapping.is_some()) } else { *p };
            choose(row, *choice, rule.scale.map_or(weight, |scale| weight * scale));
            if let Some(probe) = probe.as_deref_mut() {
                probe.chosen[*choice] += 1;
            }
        }
    }
}

impl RouterRule {
    /// Logits to scores.
    fn score(&self, ranked: &mut [(f32, usize)]) {
        if matches!(self.scores, Scores::Sigmoid | Scores::ChosenSigmoid) {
            ranked.iter_mut().for_each(|(logit, _)| *logit = 1.0 / (1.0 + (-*logit).exp()));
            return;
        }
        let top = ranked.iter().map(|(logit, _)| *logit).fold(f32::NEG_INFINITY, f32::max);
        ranked.iter_mut().for_each(|(logit, _)| *logit = (*logit - top).exp());
        let total: f32 = ranked.iter().map(|(weight, _)| weight).sum();
        ranked.iter_mut().for_each(|(weight, _)| *weight /= total);
    }

    /// What the scores of the chosen experts are divided by, `sum` of them: never 0, by the constants of the references.
    fn divisor(&self, sum: f32, mapped: bool) -> f32 {
        match self.scores {
            _ if mapped => sum,
            // DeepSeek V3, and who follows it.
            Scores::Sigmoid | Scores::ChosenSigmoid => sum + 1e-20,
            // Ernie 4.5 (`moe_norm_min`). The best score of a softmax is far above it, unless a correction chooses others.
            Scores::Softmax | Scores::SparseMixer { .. } => sum.max(1e-12),
        }
    }

    /// The best first. With a mapping, each row is the score of one expert, whose correction goes along.
    fn rank(&self, ranked: &mut [(f32, usize)], experts: usize, mapping: Option<&ExpertMatrix>) {
        if self.correction.is_none() && self.groups.is_none() {
            ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
            return;
        }
        let of = |correction: &Vec<f32>| match mapping {
            None => correction.clone(),
            Some(mapping) => {
                let row = |row: &[f32]| row.iter().zip(correction).map(|(number, more)| number * more).sum();
                mapping.rows().map(row).collect()
            }
        };
        let correction: Option<Vec<f32>> = self.correction.as_ref().map(of);
        let mut keys = vec![f32::NEG_INFINITY; experts];
        for &(score, expert) in &*ranked {
            keys[expert] = score + correction.as_ref().map_or(0.0, |correction| correction[expert]);
        }
        if let Some((groups, kept)) = self.groups {
            let size = experts / groups;
            let best = |group: usize| {
                let mut members = keys[group * size..][..size].to_vec();
                members.sort_by(|a, b| b.total_cmp(a));
                members[..self.scores.group_members()].iter().sum::<f32>()
            };
            let mut order: Vec<(f32, usize)> = (0..groups).map(|group| (best(group), group)).collect();
            order.sort_by(|a, b| b.0.total_cmp(&a.0));
            for &(_, group) in &order[kept..] {
                keys[group * size..][..size].fill(f32::NEG_INFINITY);
            }
        }
        ranked.sort_by(|a, b| keys[b.1].total_cmp(&keys[a.1]));
    }
}

/// `numbers · probabilities`, never −0, which would rank below 0.
fn mapped(numbers: &[f32], probabilities: &[(f32, usize)]) -> f32 {
    numbers.iter().zip(probabilities).map(|(number, (p, _))| number * p).sum::<f32>() + 0.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_that_vanish_are_no_weights_and_not_nan() {
        let sigmoid = RouterRule { scores: Scores::Sigmoid, ..RouterRule::SOFTMAX };
        let corrected = RouterRule { correction: Some(vec![0.0, 2.0, 2.0]), ..RouterRule::SOFTMAX };
        // The correction chooses experts to which the softmax gives nothing.
        for (rule, logits) in [(sigmoid, [-200.0; 3]), (corrected, [0.0, -200.0, -200.0])] {
            let mut weights = Vec::new();
            route(&logits, 3, &rule, &|_| PLAIN, None, &mut |_, _, weight| weights.push(weight));
            assert_eq!(weights, [0.0, 0.0]);
        }
    }

    const PLAIN: Routing<'_> = Routing { kept: None, mapping: None, per_token: 2 };

    /// `(row, choice, weight)` of every choice.
    fn choices(logits: &[f32], experts: usize, routing: Routing<'_>) -> Vec<(usize, usize, f32)> {
        let mut choices = Vec::new();
        route(logits, experts, &RouterRule::SOFTMAX, &|_| routing, None, &mut |row, choice, weight| {
            choices.push((row, choice, weight))
        });
        choices
    }

    fn close(found: &[(usize, usize, f32)], expected: &[(usize, usize, f32)]) {
        assert_eq!(found.len(), expected.len(), "{found:?}");
        for (found, expected) in found.iter().zip(expected) {
            assert_eq!((found.0, found.1), (expected.0, expected.1), "{found:?}");
            assert!((found.2 - expected.2).abs() < 1e-6, "{found:?}, expected {expected:?}");
        }
    }

    #[test]
    fn the_likeliest_kept_experts_answer() {
        let logits = [0.0, 3.0_f32.ln(), 9.0_f32.ln(), 100.0];
        let kept = Routing { kept: Some(&[0, 1, 2]), ..PLAIN };
        close(&choices(&logits, 4, kept), &[(0, 2, 0.75), (0, 1, 0.25)]);
        close(&choices(&logits, 4, Routing { per_token: 1, ..kept }), &[(0, 2, 1.0)]);
    }

    #[test]
    fn a_mapping_takes_the_place_of_the_probabilities() {
        // p = 0.1, 0.3, 0.6
        let logits = [0.0, 3.0_f32.ln(), 6.0_f32.ln()];
        let mapped = |numbers: &[f64], per_token| {
            let matrix = ExpertMatrix::new(numbers, 3).unwrap();
            choices(&logits, 3, Routing { mapping: Some(&matrix), per_token, ..PLAIN })
        };
        // r = 0.7, 0.3, 0.4, of which the best two are 7 : 4.
        let matrix = [1.0, 0.0, 1.0, 0.0, 1.0, 0.0, -2.0, 0.0, 1.0];
        close(&mapped(&matrix, 2), &[(0, 0, 7.0 / 11.0), (0, 2, 4.0 / 11.0)]);
        // r = 0.6, -0.1: negative inside a positive sum keeps its sign.
        close(&mapped(&[0.0, 0.0, 1.0, -1.0, 0.0, 0.0], 2), &[(0, 0, 1.2), (0, 1, -0.2)]);
        // Sums of 0 and below, and ones that overflow: nobody answers.
        assert_eq!(mapped(&[0.0; 6], 2), []);
        assert_eq!(mapped(&[-1.0, 0.0, 0.0, 0.0, -1.0, 0.0], 1), []);
        assert_eq!(mapped(&[0.0, 0.0, 1.0, 0.0, 0.0, -1.0], 2), []);
        assert_eq!(mapped(&[0.0, 0.0, 3e38, 3e38, 3e38, 3e38], 2), []);
        // Equal ones: the first wins, whatever the sign of a zero is.
        close(&mapped(&[0.0, 0.0, -0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0], 2), &[(0, 1, 1.0), (0, 0, 0.0)]);
    }

    #[test]
    fn one_hot_rows_weigh_as_kept_experts_do() {
        let logits = [0.3, -1.0, 2.0, 0.1];
        let matrix =
            ExpertMatrix::new(&[0.0, 0.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0], 4).unwrap();
        let found = choices(&logits, 4, Routing { mapping: Some(&matrix), ..PLAIN });
        let kept = choices(&logits, 4, Routing { kept: Some(&[0, 1, 2]), ..PLAIN });
        // Choice 0 is expert 2, choice 1 is expert 0.
        close(&found, &[(0, 0, kept[0].2), (0, 1, kept[1].2)]);
    }

    #[test]
    fn a_correction_goes_along_with_the_row_of_its_expert() {
        let logits = [0.3, -1.0, 2.0, 0.1];
        let correction = Some(vec![0.0, 3.0, -3.0, 0.2]);
        let rule = RouterRule { scores: Scores::Sigmoid, correction, ..RouterRule::SOFTMAX };
        let choices = |routing: Routing<'_>| {
            let mut choices = Vec::new();
            route(&logits, 4, &rule, &|_| routing, None, &mut |_, choice, weight| {
                choices.push((choice, weight))
            });
            choices
        };
        // Experts 2, 1 and 0, of which the correction wants 1 first and 2 last.
        let rows = [[0.0, 0.0, 1.0, 0.0], [0.0, 1.0, 0.0, 0.0], [1.0, 0.0, 0.0, 0.0]];
        let matrix = ExpertMatrix::new(&rows.concat(), 4).unwrap();
        let mapped = choices(Routing { mapping: Some(&matrix), ..PLAIN });
        let kept = choices(Routing { kept: Some(&[0, 1, 2]), ..PLAIN });
        assert_eq!(kept.iter().map(|choice| choice.0).collect::<Vec<_>>(), [1, 0]);
        assert_eq!(mapped.iter().map(|choice| choice.0).collect::<Vec<_>>(), [1, 2]);
        assert!(mapped.iter().zip(&kept).all(|(a, b)| (a.1 - b.1).abs() < 1e-6), "{mapped:?} {kept:?}");
    }

    #[test]
    fn the_probe_sees_every_probability_and_choice() {
        let mut probe = RouterProbe::new(2);
        let one = Routing { per_token: 1, ..PLAIN };
        route(
            &[0.0, 0.0, 3.0_f32.ln(), 0.0],
            2,
            &RouterRule::SOFTMAX,
            &|_| one,
            Some(&mut probe),
            &mut |_, _, _| {},
        );
        assert_eq!(probe.chosen, [2, 0]);
        assert!((probe.probability[0] - 1.25).abs() < 1e-6);
    }
}
