//! Leader among several configs, with those left early that cannot be it.

use attune_core::objective::Objective;
use attune_core::scores::Scores;

/// Standard errors behind the leader at which a config is left. Chance alone puts the better of two that far behind in
/// one comparison of 700 (a normal tail of 3).
const BEHIND: f64 = 3.0;

/// Whether a config with these scores cannot be the best any more: on the same items it is behind the `leader` by
/// more than [`BEHIND`] standard errors of their paired difference (a race by paired differences; Birattari et al.,
/// "A racing algorithm for configuring metaheuristics", GECCO 2002). A loss that is not a number is never the best.
pub(super) fn is_behind(scores: &Scores, leader: &Scores, objective: &Objective) -> bool {
    let (Some(own), Some(other)) =
        (scores.metrics.get(&objective.metric), leader.metrics.get(&objective.metric))
    else {
        return true;
    };
    let differences =
        own.items.iter().zip(&other.items).map(|(a, b)| objective.loss(*a) - objective.loss(*b));
    let weighted: Vec<(f64, f64)> = own.weights.iter().copied().zip(differences).collect();
    let weight: f64 = weighted.iter().map(|(weight, _)| weight).sum();
    let mean = weighted.iter().map(|(weight, difference)| weight * difference).sum::<f64>() / weight;
    let n = weighted.len() as f64;
    let spread =
        weighted.iter().map(|(weight, difference)| (weight * (difference - mean)).powi(2)).sum::<f64>();
    let error = (spread * n / (n - 1.0)).sqrt() / weight;
    mean.is_nan() || mean > BEHIND * error
}

#[cfg(test)]
mod tests {
    use attune_core::objective::Direction;
    use attune_core::rng;
    use attune_core::scores::{Aggregate, MetricScore};
    use rand::RngExt as _;

    use super::*;

    fn objective(direction: Direction) -> Objective {
        Objective { metric: "kl".to_owned(), direction }
    }

    fn scores(items: Vec<f64>) -> Scores {
        let weights = vec![1.0; items.len()];
        let score = MetricScore { aggregate: Aggregate::ExpMean, items, weights };
        Scores { metrics: [("kl".to_owned(), score)].into() }
    }

    #[test]
    fn whoever_is_far_behind_or_not_a_number_is_left_and_nobody_else() {
        let leader = scores(vec![1.0, 2.0, 1.5, 1.2]);
        let minimise = objective(Direction::Minimise);
        assert!(!is_behind(&leader, &leader, &minimise));
        assert!(!is_behind(&scores(vec![0.5, 2.6, 1.6, 1.2]), &leader, &minimise));
        assert!(is_behind(&scores(vec![2.0, 3.1, 2.4, 2.2]), &leader, &minimise));
        assert!(!is_behind(&scores(vec![2.0, 3.1, 2.4, 2.2]), &leader, &objective(Direction::Maximise)));
        assert!(is_behind(&scores(vec![1.0, f64::NAN, 1.5, 1.2]), &leader, &minimise));
    }

    #[test]
    fn the_best_of_similar_configs_is_rarely_left() {
        let mut wrong = 0;
        for study in 0..400 {
            let mut random = rng::derive(study, "lead", &[]);
            // The second is better by a tenth of what items differ by; the first happens to lead on few items.
            let noise = |shift: f64, random: &mut rng::Rng| {
                scores((0..8).map(|_| shift + random.random_range(0.0..1.0)).collect())
            };
            let (one, two) = (noise(0.1, &mut random), noise(0.0, &mut random));
            wrong += usize::from(is_behind(&two, &one, &objective(Direction::Minimise)));
        }
        assert!(wrong <= 6, "{wrong} of 400");
    }
}
