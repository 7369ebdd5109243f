//! Observations: what a strategy is told about a generation.

use attune_core::scores::Scores;
use attune_core::strategy::Observation;
use attune_core::trial::{Trial, TrialState};

use crate::session::losses::Losses;

/// One observation of each of `trials`, a generation, in their order.
pub(in crate::session) fn observations(trials: &[Trial], losses: &Losses) -> Vec<Observation> {
    let observe = |trial: &Trial| Observation {
        index: trial.id,
        losses: losses.of_trial(trial),
        estimate: estimate(trial, trials, losses),
    };
    trials.iter().map(observe).collect()
}

/// What the first loss of a trial that was left early would be if the items that it did not see were harder or easier
/// for it by the same factor as for the trials of its generation that saw them all (ratio estimation; Cochran,
/// *Sampling Techniques*, ch. 6). Items differ more than trials do, so the mean over a few of them says little alone.
fn estimate(trial: &Trial, generation: &[Trial], losses: &Losses) -> Option<f64> {
    let TrialState::Dropped(dropped) = trial.state() else { return None };
    let seen = losses.first(&dropped.scores, &trial.costs)?;
    let complete = generation.iter().filter_map(|other| {
        let scores = other.scores()?;
        let same: Vec<(&Scores, usize)> = dropped.items.iter().map(|&item| (scores, item as usize)).collect();
        Some((losses.first(scores, &other.costs)?, losses.first(&Scores::assemble(&same), &other.costs)?))
    });
    let (whole, part) = complete.fold((0.0, 0.0), |(a, b), (whole, part)| (a + whole, b + part));
    let factor = if part > 0.0 { whole / part } else { 1.0 };
    Some(seen * factor).filter(|loss| loss.is_finite())
}
