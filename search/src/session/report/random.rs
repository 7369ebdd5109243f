//! What luck would have given: the mean of random configs, and the best of them.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use attune_core::objective::compare;
use attune_core::report::Contender;
use attune_core::scores::{MetricScore, Scores};
use attune_core::technique::Cost;

use super::Column;
use super::entries::Entry;
use super::table::contender;
use crate::session::losses::Losses;

/// `random`, the mean over the draws that have report scores, and `random-best`, the one of them that a search
/// of that length would have picked: the lowest first loss on the selection split.
pub(super) fn contenders(
    draws: &[Entry],
    selection: &Column,
    report: &Column,
    losses: &Losses,
) -> Vec<Contender> {
    let Some(mean_scores) = mean(&report.values().collect::<Vec<_>>()) else { return Vec::new() };
    let drawn: Vec<&Entry> = report.keys().map(|&position| &draws[position]).collect();
    let costs = mean_costs(&drawn);
    let help = format!("mean of {} random configs", report.len());
    let mut contenders = vec![contender("random", &help, costs, mean_scores)];

    let loss = |position: usize| {
        let losses = losses.of(selection.get(&position)?, &draws[position].costs).ok()?;
        losses.first().copied().filter(|loss| !loss.is_nan())
    };
    let scored = report.iter().filter_map(|(&position, scores)| Some((loss(position)?, position, scores)));
    let best =
        scored.reduce(|best, other| if compare(other.0, best.0) == Ordering::Less { other } else { best });
    if let Some((_, position, scores)) = best {
        let help = format!("the best of {} random configs on the selection split", report.len());
        contenders.push(contender("random-best", &help, draws[position].costs.clone(), scores.clone()));
    }
    contenders
}

/// Item by item; for a metric that is aggregated as `exp(mean)` this is the geometric mean.
fn mean(scores: &[&Scores]) -> Option<Scores> {
    let first = scores.first()?;
    let mut metrics = BTreeMap::new();
    for (name, score) in &first.metrics {
        let all: Option<Vec<&MetricScore>> = scores.iter().map(|other| other.metrics.get(name)).collect();
        let Some(all) = all else { continue };
        let item = |place: usize| all.iter().map(|score| score.items[place]).sum::<f64>() / all.len() as f64;
        let items = (0..score.items.len()).map(item).collect();
        metrics.insert(name.clone(), MetricScore { items, ..score.clone() });
    }
    Some(Scores { metrics })
}

fn mean_costs(entries: &[&Entry]) -> Vec<Cost> {
    let Some(first) = entries.first() else { return Vec::new() };
    let mean = |cost: &Cost| {
        let same = |other: &&Cost| other.resource == cost.resource;
        let values: Vec<f64> =
            entries.iter().filter_map(|entry| entry.costs.iter().find(same)).map(|cost| cost.value).collect();
        Cost { value: values.iter().sum::<f64>() / values.len() as f64, ..cost.clone() }
    };
    first.costs.iter().map(mean).collect()
}
