//! The front of a study with several objectives, and which of it is reported on.

use attune_core::objective;
use attune_core::pooling::Pool;
use attune_core::trial::Trial;

use crate::pareto::{Points, crowding};
use crate::session::losses::Losses;

/// Members of a front that are scored on report data, at most.
pub(in crate::session) const MOST: usize = 12;

/// Trials that no other one beats.
pub(super) struct FrontTrials {
    /// How many there are.
    pub(super) size: u64,
    /// At most [`MOST`] of them, spread over the front, by the first loss.
    pub(super) members: Vec<Trial>,
}

/// The front of `trials` by their losses on the selection split, over all items that they were scored on; `None` with one
/// objective.
pub(super) fn of(trials: &[Trial], losses: &Losses) -> Option<FrontTrials> {
    if losses.count() < 2 {
        return None;
    }
    let pool = Pool::new(trials);
    let first = trials.iter().filter(|trial| trial.again_of().is_none());
    let (scored, points): (Vec<&Trial>, Vec<Vec<f64>>) =
        first.filter_map(|trial| Some((trial, losses.pooled(&pool, trial)?))).unzip();
    let mut members: Vec<(&Trial, Vec<f64>)> =
        objective::front(&points).into_iter().map(|at| (scored[at], points[at].clone())).collect();
    let size = members.len() as u64;
    while members.len() > MOST {
        let rows: Vec<f64> = members.iter().flat_map(|(_, losses)| losses).copied().collect();
        let distances = crowding(Points::new(&rows, losses.count()));
        // Of equally crowded ones the later trial goes; the ends of the front never do while there are others.
        let lonely = |&a: &usize, &b: &usize| {
            distances[a].total_cmp(&distances[b]).then(members[b].0.id.cmp(&members[a].0.id))
        };
        let Some(crowded) = (0..members.len()).min_by(lonely) else { break };
        members.remove(crowded);
    }
    members.sort_by(|(a, left), (b, right)| {
        let pairs = left.iter().zip(right).map(|(left, right)| objective::compare(*left, *right));
        pairs.fold(std::cmp::Ordering::Equal, std::cmp::Ordering::then).then(a.id.cmp(&b.id))
    });
    Some(FrontTrials { size, members: members.into_iter().map(|(trial, _)| trial.clone()).collect() })
}

#[cfg(test)]
mod tests {
    use attune_core::plan::Plan;
    use attune_core::scores::{Aggregate, MetricScore, Scores};
    use attune_core::space::Config;
    use attune_core::strategy::Origin;
    use attune_core::technique::Cost;
    use attune_core::trial::{Outcome, TrialState};

    use super::*;
    use crate::scripted_study::Study;

    fn trial(id: u64, damage: f64, bits: f64) -> Trial {
        let cost = Cost { resource: "bits".into(), unit: String::new(), value: bits, dense: 16.0 };
        let mut trial = Trial::new(id, Config::new(Vec::new()), Plan::empty(), vec![cost], Origin::Random);
        let score = MetricScore { aggregate: Aggregate::Mean, items: vec![damage], weights: vec![1.0] };
        let scores = Scores { metrics: [("damage".to_owned(), score)].into() };
        trial.advance(TrialState::Complete(Outcome { scores, reused: false })).unwrap();
        trial
    }

    #[test]
    fn of_a_large_front_a_spread_set_with_both_ends_is_chosen() {
        let setup = Study { objectives: vec!["damage", "bits"], ..Study::default() }.setup().unwrap();
        let losses = setup.preflight().losses().unwrap();
        // A line of 1,000 crowded near its end, and a cloud behind it.
        let on = |at: u64| (at as f64 / 999.0).powi(4);
        let mut trials: Vec<Trial> = (0..1000).map(|at| trial(at, on(at), 1.0 - on(at))).collect();
        trials.extend((1000..2000).map(|at| trial(at, 2.0, 2.0)));
        let front = of(&trials, &losses).unwrap();
        assert_eq!((front.size, front.members.len()), (1000, MOST));
        let places: Vec<f64> =
            front.members.iter().map(|member| member.scores().unwrap().value("damage").unwrap()).collect();
        assert_eq!((places[0], places[MOST - 1]), (0.0, 1.0));
        let steps: Vec<f64> = places.windows(2).map(|two| two[1] - two[0]).collect();
        let even = 1.0 / (MOST - 1) as f64;
        assert!(steps.iter().all(|step| (0.4 * even..2.5 * even).contains(step)), "{steps:?}");
    }
}
