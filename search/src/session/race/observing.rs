//! Observations: what a strategy is told about a generation.

use attune_core::pooling::Pool;
use attune_core::scores::Scores;
use attune_core::strategy::Observation;
use attune_core::trial::{Trial, TrialState};

use crate::session::losses::Losses;

/// One observation of each trial of the generation that begins at the place `first` of `trials`, in their order. What comes
/// after the generation is not among `trials`: replay tells what was told.
pub(in crate::session) fn observations(trials: &[Trial], first: usize, losses: &Losses) -> Vec<Observation> {
    let generation = &trials[first..];
    let pool = generation.iter().any(|trial| trial.again_of().is_some()).then(|| Pool::new(trials));
    let observe = |trial: &Trial| {
        let repeat = match trial.state() {
            TrialState::Repeated(repeat) => pool.as_ref().map(|pool| (pool, repeat)),
            _ => None,
        };
        let (all, fresh) = match repeat {
            None => (losses.of_trial(trial), None),
            Some((pool, repeat)) => {
                (losses.pooled(pool, trial), losses.of(&pool.fresh(repeat), &trial.costs).ok())
            }
        };
        Observation { index: trial.id, losses: all, estimate: estimate(trial, generation, losses), fresh }
    };
    generation.iter().map(observe).collect()
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
    // Losses of what is maximised are negative, all of them.
    let factor = if whole * part > 0.0 { whole / part } else { 1.0 };
    Some(seen * factor).filter(|loss| loss.is_finite())
}
