//! Random baseline: the mean of random configs, and the best of them.
//!
//! Neither takes every config on every item. The best one is raced for on selection data, and only it is scored on all
//! report items. For the mean every report item is scored with a few of the configs, a different few for
//! neighbouring items: an unbiased estimate of what the mean over all configs and items is, since neither the
//! configs nor their places are chosen by anything that is scored.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use attune_core::evaluator::{Request, Split};
use attune_core::objective::compare;
use attune_core::race;
use attune_core::report::Contender;
use attune_core::scores::{MetricScore, Scores};
use attune_core::technique::Cost;

use super::entries::Entry;
use super::lead::is_behind;
use super::table::contender;
use super::{Column, Counter, ReportBuilder};
use crate::session::{SessionError, SessionSetup};

/// Items of the first stage of the race; each later stage doubles them.
const FIRST: u32 = 8;
/// Configs that every report item is scored with, at least.
const PER_ITEM: usize = 4;
/// Names the order of the items in the race; generations of a search count from both ends of the numbers.
const ORDER: u64 = u64::MAX / 2;

/// Evaluations that the lines of chance take at most, for `draws` configs: the race, its winner, and the mean.
pub(in crate::session) fn most(setup: &SessionSetup, draws: usize, items: u32) -> u64 {
    if draws == 0 {
        return 0;
    }
    let mean: usize = (0..draws).map(|draw| share(draw, draws, items).len()).sum();
    let raced = draws as u64 * u64::from(setup.fidelity.items);
    raced + u64::from(items) + mean as u64
}

/// Plans that are scored for them at most, each once per stage.
pub(super) fn plans(setup: &SessionSetup, draws: usize) -> usize {
    if draws == 0 { 0 } else { draws * stages(setup).len() + 1 + draws }
}

/// `random` and `random-best`, as far as there are scores; `None` when someone asked to stop.
pub(super) fn contenders(
    builder: &mut ReportBuilder<'_, '_>,
    draws: &[Entry],
    counter: &mut Counter,
) -> Result<Option<Vec<Contender>>, SessionError> {
    let mut contenders = Vec::new();
    let Some(best) = raced(builder, draws, counter)? else { return Ok(None) };
    let Some(mean) = mean(builder, draws, counter)? else { return Ok(None) };
    contenders.extend(mean);
    let Some(best) = best else {
        counter.skip(1, builder.setup.report_fidelity(&Split::Report)?.items as usize);
        return Ok(Some(contenders));
    };
    let entry = &draws[best];
    let Some(column) = builder.report_column(Split::Report, &[entry], counter)? else { return Ok(None) };
    if let Some(scores) = column.get(&0) {
        let help = format!("the best of {} random configs on the selection split, raced", draws.len());
        contenders.push(contender("random-best", &help, entry.costs.clone(), scores.clone()));
    }
    Ok(Some(contenders))
}

/// The position of the one with the lowest first loss on the selection split; `Some(None)` when there is none.
fn raced(
    builder: &mut ReportBuilder<'_, '_>,
    draws: &[Entry],
    counter: &mut Counter,
) -> Result<Option<Option<usize>>, SessionError> {
    let setup = builder.setup;
    let losses: Vec<Option<f64>> = draws
        .iter()
        .map(|draw| {
            builder.losses.of_costs(&setup.evaluator.task().metrics, &draw.costs).first().copied().flatten()
        })
        .collect();
    // Costs need no race.
    if losses.iter().all(Option::is_some) {
        counter.skip(draws.len() * stages(setup).len(), draws.len() * setup.fidelity.items as usize);
        return Ok(Some(lowest(losses.into_iter().map(|loss| loss.unwrap_or(f64::NAN)).enumerate())));
    }
    let stages = stages(setup);
    let order = race::order(setup.fidelity.items, setup.header.seed, ORDER);
    let mut pieces: Vec<Vec<Scores>> = vec![Vec::new(); draws.len()];
    let mut left: Vec<usize> = (0..draws.len()).collect();
    let mut begin = 0;
    for (stage, &end) in stages.iter().enumerate() {
        let items = order[begin..end as usize].to_vec();
        begin = end as usize;
        let entries: Vec<&Entry> = left.iter().map(|&draw| &draws[draw]).collect();
        let Some(mut column) = builder.column(Request::new(Split::Selection, items), &entries, counter)?
        else {
            return Ok(None);
        };
        let before = left.len();
        let mut scored = Vec::new();
        for (place, draw) in left.into_iter().enumerate() {
            if let Some(scores) = column.remove(&place) {
                pieces[draw].push(scores);
                scored.push(draw);
            }
        }
        let seen: Vec<Scores> = scored.iter().map(|&draw| joined(&pieces[draw])).collect();
        let loss = |place: usize| builder.losses.first(&seen[place], &draws[scored[place]].costs);
        let leader = lowest((0..scored.len()).map(|place| (place, loss(place).unwrap_or(f64::NAN))));
        let Some(leader) = leader else {
            counter.skip_race(before, &stages[stage..]);
            return Ok(Some(None));
        };
        if stage + 1 == stages.len() {
            return Ok(Some(Some(scored[leader])));
        }
        let objective = setup.objectives.first().ok_or(SessionError::NoObjective)?;
        let goes_on = |place: &usize| *place == leader || !is_behind(&seen[*place], &seen[leader], objective);
        left = (0..scored.len()).filter(goes_on).map(|place| scored[place]).collect();
        counter.skip_race(before - left.len(), &stages[stage..]);
    }
    Ok(Some(None))
}

fn stages(setup: &SessionSetup) -> Vec<u32> {
    race::stages(setup.fidelity.items, FIRST)
}

/// The place of the lowest loss, of equal ones the first; NaN is none.
fn lowest(losses: impl Iterator<Item = (usize, f64)>) -> Option<usize> {
    let known = losses.filter(|(_, loss)| !loss.is_nan());
    known
        .reduce(|best, other| if compare(other.1, best.1) == Ordering::Less { other } else { best })
        .map(|(place, _)| place)
}

/// Scores of one plan on several runs of items, one after the other.
fn joined(pieces: &[Scores]) -> Scores {
    let places = pieces.iter().flat_map(|piece| {
        let items = piece.metrics.values().next().map_or(0, |score| score.items.len());
        (0..items).map(move |place| (piece, place))
    });
    Scores::assemble(&places.collect::<Vec<_>>())
}

/// The report items that a config is scored on for the mean: every `groups`-th, beginning with its own number. With fewer
/// than twice [`PER_ITEM`] configs these are all.
fn share(draw: usize, draws: usize, items: u32) -> Vec<u32> {
    let groups = (draws / PER_ITEM).clamp(1, (items as usize).max(1));
    (0..items).filter(|item| *item as usize % groups == draw % groups).collect()
}

/// The mean over the draws that have report scores; nothing where an item has none of them.
fn mean(
    builder: &mut ReportBuilder<'_, '_>,
    draws: &[Entry],
    counter: &mut Counter,
) -> Result<Option<Option<Contender>>, SessionError> {
    let items = builder.setup.report_fidelity(&Split::Report)?.items;
    // Those that share their items run together.
    let mut groups: BTreeMap<Vec<u32>, Vec<&Entry>> = BTreeMap::new();
    for (number, draw) in draws.iter().enumerate() {
        groups.entry(share(number, draws.len(), items)).or_default().push(draw);
    }
    let mut places: Vec<Option<(Scores, usize)>> = vec![None; items as usize];
    let (mut scored, mut fewest, mut most) = (Vec::new(), usize::MAX, 0);
    for (share, entries) in &groups {
        let request = Request::new(Split::Report, share.clone());
        let Some(column) = builder.column(request, entries, counter)? else { return Ok(None) };
        let Some(mean) = mean_of(&column) else { continue };
        fewest = fewest.min(column.len());
        most = most.max(column.len());
        scored.extend(column.keys().map(|&place| entries[place]));
        for (place, &item) in share.iter().enumerate() {
            places[item as usize] = Some((mean.clone(), place));
        }
    }
    let Some(places) = places.iter().map(Option::as_ref).collect::<Option<Vec<_>>>() else {
        return Ok(Some(None));
    };
    let places: Vec<(&Scores, usize)> = places.into_iter().map(|(scores, place)| (scores, *place)).collect();
    let each = match (fewest, most) {
        (_, most) if most == scored.len() => "each on every item".to_owned(),
        (fewest, most) if fewest == most => format!("every item with {most} of them"),
        (fewest, most) => format!("every item with {fewest} to {most} of them"),
    };
    let help = format!("mean of {} random configs, {each}", scored.len());
    Ok(Some(
        (!scored.is_empty())
            .then(|| contender("random", &help, mean_costs(&scored), Scores::assemble(&places))),
    ))
}

/// Item by item; for a metric that is aggregated as `exp(mean)` this is the geometric mean.
fn mean_of(column: &Column) -> Option<Scores> {
    let first = column.values().next()?;
    let mut metrics = BTreeMap::new();
    for (name, score) in &first.metrics {
        let all: Option<Vec<&MetricScore>> = column.values().map(|other| other.metrics.get(name)).collect();
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
