//! Dynamic programming over slots, with bounds.
//!
//! A label is a partial allocation: its damage, its use of every budget, and its place within the rule of the
//! current group. It is dropped when no completion can beat the best allocation known (the Lagrangian bound of
//! what is left, under several prices), when it cannot be completed within a budget, and when another label
//! at the same place is no worse in damage and in every budget. Dropped for want of room, its bound is
//! remembered: the least of those is a bound on what was missed.

use attune_core::evaluator::RunControl;

use super::KnapsackError;
use super::dual::Dual;
use super::primal::Draft;
use super::problem::Flat;

mod tail;

use tail::{Judge, Stage, Tails};

/// Labels that dominance compares a label with, when there are several budgets.
const COMPARED: usize = 64;
/// Labels of one slot at least, whatever the room.
const FEWEST: usize = 256;

#[derive(Clone, Copy)]
struct Label {
    damage: f64,
    bound: f64,
    /// Where its use of budgets lies in the pool of its stage.
    at: usize,
    place: u32,
    parent: u32,
    option: u16,
}

/// The labels of one stage.
#[derive(Default)]
struct Layer {
    labels: Vec<Label>,
    pool: Vec<f64>,
}

impl Layer {
    /// Keeps the labels with the least bounds, `most` and at least one; returns the least bound of the others.
    fn keep(&mut self, most: usize) -> f64 {
        let most = most.max(1);
        if self.labels.len() <= most {
            return f64::INFINITY;
        }
        self.labels.sort_by(|a, b| a.bound.total_cmp(&b.bound));
        let least = self.labels[most].bound;
        self.labels.truncate(most);
        least
    }

    fn used(&self, label: &Label, budgets: usize) -> &[f64] {
        &self.pool[label.at..label.at + budgets]
    }
}

/// The best allocation below `best` within `room` labels, all slots together, if there is one, and a bound: no allocation is better than the smaller of
/// the result and the bound. The bound is infinite when there is no allocation at all.
///
/// # Errors
/// [`KnapsackError::Stopped`].
pub(super) fn run(
    flat: &Flat,
    dual: &Dual,
    best: Option<&Draft>,
    room: usize,
    stop: &RunControl,
) -> Result<(Option<Draft>, f64), KnapsackError> {
    let known = best.map_or(f64::INFINITY, |draft| draft.damage);
    // What is better only by rounding is no better.
    let cutoff = known - 1e-11 * known.abs().min(f64::MAX);
    let judges = Judge::all(flat, dual);
    let tails = Tails::new(flat, &judges, dual, cutoff);
    let (start_damage, start_used) = tails.fixed();
    let open = tails.stages().max(1);
    let width = (room / open).max(FEWEST);
    let mut layer = Layer { labels: Vec::new(), pool: start_used };
    layer.labels.push(Label { damage: start_damage, bound: 0.0, at: 0, place: 0, parent: 0, option: 0 });
    let mut history: Vec<(usize, Vec<(u32, u16)>)> = Vec::new();
    let mut dropped = f64::INFINITY;
    for group in tails.groups() {
        for stage in group.stages(flat, &judges, cutoff) {
            if stop.is_asked() {
                return Err(KnapsackError::Stopped);
            }
            // A group that splits into many sets multiplies labels before they can be thinned.
            dropped = dropped.min(layer.keep(room / stage.most_moves()));
            layer = expand(flat, &judges, &stage, &layer, cutoff);
            thin(flat, &mut layer);
            dropped = dropped.min(layer.keep(width));
            let step = layer.labels.iter().map(|label| (label.parent, label.option)).collect();
            history.push((stage.slot, step));
        }
    }
    let winner =
        (0..layer.labels.len()).min_by(|&a, &b| layer.labels[a].damage.total_cmp(&layer.labels[b].damage));
    let found = winner.map(|winner| {
        let mut options = tails.fixed_options();
        let mut at = winner;
        for (slot, steps) in history.iter().rev() {
            let (parent, option) = steps[at];
            options[*slot] = usize::from(option);
            at = parent as usize;
        }
        Draft::new(flat, options)
    });
    let found = found.filter(|draft| draft.fits(flat) && draft.damage < known);
    let reached = found.as_ref().map_or(known, |draft| draft.damage);
    Ok((found, dropped.min(reached)))
}

fn expand(flat: &Flat, judges: &[Judge], stage: &Stage<'_>, from: &Layer, cutoff: f64) -> Layer {
    let budgets = flat.budgets();
    let mut next = Layer::default();
    let mut used = vec![0.0; budgets];
    for (parent, label) in from.labels.iter().enumerate() {
        for (place, option) in stage.moves(label.place) {
            let costs = flat.costs(stage.slot, option);
            let before = from.used(label, budgets);
            used.iter_mut().zip(before.iter().zip(costs)).for_each(|(used, (before, cost))| {
                *used = before + cost;
            });
            let damage = label.damage + flat.damage(stage.slot, option);
            let mut bound = f64::NEG_INFINITY;
            let mut fits = true;
            for (judge, tail) in judges.iter().zip(stage.tail(place)) {
                let value = judge.value(flat, damage, &used) + tail;
                if judge.weighs_damage() {
                    bound = bound.max(value);
                } else {
                    // Rounding must not lose an allocation that meets a limit exactly.
                    fits &= value <= 1e-12;
                }
            }
            if fits && bound < cutoff {
                let at = next.pool.len();
                next.pool.extend_from_slice(&used);
                let place = stage.after(place);
                let (parent, option) = (parent as u32, option as u16);
                next.labels.push(Label { damage, bound, at, place, parent, option });
            }
        }
    }
    next
}

/// Drops dominated labels.
fn thin(flat: &Flat, layer: &mut Layer) {
    let budgets = flat.budgets();
    let mut labels = std::mem::take(&mut layer.labels);
    if budgets == 1 {
        let used = |label: &Label| layer.pool[label.at];
        labels.sort_by(|a, b| {
            (a.place.cmp(&b.place)).then(used(a).total_cmp(&used(b))).then(a.damage.total_cmp(&b.damage))
        });
        let mut least = (u32::MAX, f64::INFINITY);
        labels.retain(|label| {
            let keep = label.place != least.0 || label.damage < least.1;
            if keep {
                least = (label.place, label.damage);
            }
            keep
        });
        layer.labels = labels;
        return;
    }
    labels.sort_by(|a, b| a.place.cmp(&b.place).then(a.damage.total_cmp(&b.damage)));
    let mut kept: Vec<Label> = Vec::with_capacity(labels.len());
    for label in labels {
        let used = layer.used(&label, budgets);
        let dominated = kept
            .iter()
            .rev()
            .take_while(|other| other.place == label.place)
            .take(COMPARED)
            .any(|other| layer.used(other, budgets).iter().zip(used).all(|(a, b)| a <= b));
        if !dominated {
            kept.push(label);
        }
    }
    layer.labels = kept;
}
