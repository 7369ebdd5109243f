//! Cells that ascend along an axis: what falls, the nearest cells that do not, and steps that keep the order.

mod isotonic;
mod multiset;

use std::cmp::Ordering;

use rand::RngExt as _;

use super::active::Activity;
use super::ledger::Change;
use super::structure::Along;
use super::{Config, Domain, Scale, Slot, Space, Value};
use crate::rng::Rng;

/// Which of two values of one domain comes first; values of different kinds do not come before each other.
fn compare(one: &Value, other: &Value) -> Ordering {
    match (one, other) {
        (Value::Index(one), Value::Index(other)) => one.cmp(other),
        (Value::Int(one), Value::Int(other)) => one.cmp(other),
        (Value::Real(one), Value::Real(other)) => one.partial_cmp(other).unwrap_or(Ordering::Equal),
        _ => Ordering::Equal,
    }
}

fn falls(before: &Value, after: &Value) -> bool {
    compare(before, after) == Ordering::Greater
}

impl Space {
    /// Neighbours of which the second falls below the first, along one axis.
    pub(super) fn falling<'a>(
        &'a self,
        along: Along,
        dimension: usize,
        config: &'a Config,
        activity: &'a Activity,
    ) -> impl Iterator<Item = (usize, usize)> + 'a {
        let cells = &config.dimensions()[dimension];
        (0..cells.len()).filter(move |cell| activity.has(dimension, *cell)).filter_map(move |cell| {
            let next = along.after(cell).find(|next| activity.has(dimension, *next))?;
            falls(&cells[cell], &cells[next]).then_some((cell, next))
        })
    }

    /// How many pairs of neighbours with this cell fall along an axis.
    pub(super) fn falling_beside(
        &self,
        along: Along,
        Slot { dimension, cell }: Slot,
        config: &Config,
        activity: &Activity,
    ) -> u64 {
        let cells = &config.dimensions()[dimension];
        let counts = |other: &usize| activity.has(dimension, *other);
        let before = along.before(cell).find(counts).is_some_and(|other| falls(&cells[other], &cells[cell]));
        let after = along.after(cell).find(counts).is_some_and(|other| falls(&cells[cell], &cells[other]));
        u64::from(before) + u64::from(after)
    }

    /// An axis of a valid order, by name.
    pub(super) fn along(&self, dimension: usize, axis: &str) -> Along {
        Along::of(&self.dimensions[dimension], axis).unwrap_or(Along { stride: 1, len: 1 })
    }

    /// The next lower and higher values among the neighbours of a cell.
    fn bounds<'c>(
        &self,
        Slot { dimension, cell }: Slot,
        config: &'c Config,
        counts: impl Fn(usize) -> bool,
    ) -> (Option<&'c Value>, Option<&'c Value>) {
        let cells = &config.dimensions()[dimension];
        let orders = self.structure.orders(dimension);
        let before = orders.iter().filter_map(|along| along.before(cell).find(|&cell| counts(cell)));
        let after = orders.iter().filter_map(|along| along.after(cell).find(|&cell| counts(cell)));
        let low = before.map(|cell| &cells[cell]).max_by(|one, other| compare(one, other));
        (low, after.map(|cell| &cells[cell]).min_by(|one, other| compare(one, other)))
    }

    /// Draws ascending cells of a dimension: along one axis every order of the cells that count is as likely as any other.
    pub(super) fn draw_ascending(
        &self,
        dimension: usize,
        cells: &mut [Value],
        activity: &Activity,
        random: &mut Rng,
    ) {
        let domain = &self.dimensions[dimension].domain;
        if let Some(along) = self.structure.orders(dimension).first() {
            for first in along.lines(cells.len()) {
                let line: Vec<usize> =
                    along.line(first).filter(|cell| activity.has(dimension, *cell)).collect();
                let drawn = multiset::draw(domain, line.len(), random);
                line.into_iter().zip(drawn).for_each(|(cell, value)| cells[cell] = value);
            }
        }
    }

    /// Draws cells that did not count before; those of an order between the ones that did.
    pub(super) fn draw_cells(
        &self,
        dimension: usize,
        woken: &[usize],
        activity: &Activity,
        config: &mut Config,
        random: &mut Rng,
    ) {
        let domain = &self.dimensions[dimension].domain;
        if self.structure.orders(dimension).is_empty() {
            for &cell in woken {
                config.dimensions[dimension][cell] = domain.draw(random);
            }
            return;
        }
        let counting = config.dimensions[dimension].iter().enumerate();
        let counting = counting.filter(|(cell, _)| activity.has(dimension, *cell)).count();
        if woken.len() == counting {
            let mut cells = std::mem::take(&mut config.dimensions[dimension]);
            self.draw_ascending(dimension, &mut cells, activity, random);
            config.dimensions[dimension] = cells;
            return;
        }
        for (place, &cell) in woken.iter().enumerate() {
            let waits = |other: usize| woken[place..].binary_search(&other).is_ok();
            let counts = |other: usize| activity.has(dimension, other) && !waits(other);
            let (low, high) = self.bounds(Slot { dimension, cell }, config, counts);
            let drawn = between(domain, low, high, random);
            config.dimensions[dimension][cell] = drawn;
        }
    }

    /// The smallest change that puts every order right: of least absolute sum along one axis, and where several cross, of
    /// which the largest is least.
    pub(super) fn straighten(&self, config: &mut Config) {
        if !self.structure.has_orders() {
            return;
        }
        let activity = self.activity(config);
        for dimension in 0..self.dimensions.len() {
            let orders = self.structure.orders(dimension);
            let is_right =
                |along: &Along| self.falling(*along, dimension, config, &activity).next().is_none();
            if orders.iter().all(is_right) {
                continue;
            }
            let cells = &mut config.dimensions[dimension];
            match orders {
                [along] => {
                    for first in along.lines(cells.len()) {
                        let line: Vec<usize> =
                            along.line(first).filter(|cell| activity.has(dimension, *cell)).collect();
                        isotonic::nearest_line(cells, &line);
                    }
                }
                orders => isotonic::nearest(cells, orders, |cell| activity.has(dimension, cell)),
            }
        }
    }

    /// The same cells in order: sorted along every axis along which they ascend. Sorting along one axis keeps what is sorted
    /// along another. For spaces in which every cell counts.
    #[must_use]
    pub fn sorted(&self, mut config: Config) -> Config {
        for (dimension, cells) in config.dimensions.iter_mut().enumerate() {
            for along in self.structure.orders(dimension) {
                for first in along.lines(cells.len()) {
                    let mut line: Vec<Value> = along.line(first).map(|cell| cells[cell].clone()).collect();
                    line.sort_by(compare);
                    along.line(first).zip(line).for_each(|(cell, value)| cells[cell] = value);
                }
            }
        }
        config
    }

    /// A change of one cell that keeps orders: the others make way.
    pub(super) fn pushed(&self, config: &Config, activity: &Activity, slot: Slot, value: Value) -> Change {
        let Slot { dimension, cell } = slot;
        let orders = self.structure.orders(dimension);
        let up = falls(&value, config.get(slot));
        if orders.is_empty() || !activity.of_slot(slot) {
            return vec![(slot, value)];
        }
        let cells = &config.dimensions()[dimension];
        let mut change = vec![(slot, value.clone())];
        let mut open = vec![cell];
        let mut moved = std::collections::BTreeSet::from([cell]);
        while let Some(from) = open.pop() {
            for along in orders {
                let counts = |cell: &usize| activity.has(dimension, *cell);
                let next = if up {
                    along.after(from).find(counts).filter(|next| falls(&value, &cells[*next]))
                } else {
                    along.before(from).find(counts).filter(|next| falls(&cells[*next], &value))
                };
                if let Some(next) = next.filter(|next| moved.insert(*next)) {
                    change.push((Slot { dimension, cell: next }, value.clone()));
                    open.push(next);
                }
            }
        }
        change
    }

    /// A step of one cell that keeps orders: within its neighbours, or the neighbours make way.
    pub(super) fn stepped(
        &self,
        config: &Config,
        activity: &Activity,
        slot: Slot,
        random: &mut Rng,
    ) -> Change {
        let domain = &self.dimensions[slot.dimension].domain;
        let here = config.get(slot);
        if self.structure.orders(slot.dimension).is_empty() {
            return vec![(slot, domain.step(here, random))];
        }
        if random.random() {
            let counts = |cell: usize| activity.has(slot.dimension, cell);
            let (low, high) = self.bounds(slot, config, counts);
            let value = between(domain, low, high, random);
            if value != *here {
                return vec![(slot, value)];
            }
        }
        self.pushed(config, activity, slot, domain.step(here, random))
    }

    /// The cells of a child that ascend as those of its parents do: from one end of the array to the other, each from one of
    /// them, of those that keep the order.
    pub(super) fn cross_ascending(
        &self,
        dimension: usize,
        parents: [(&Config, &Activity); 2],
        random: &mut Rng,
    ) -> Vec<Value> {
        let cells = self.dimensions[dimension].cells();
        let mut child: Vec<Value> = parents[0].0.dimensions()[dimension].clone();
        let from_below: bool = random.random();
        let places: Box<dyn Iterator<Item = usize>> =
            if from_below { Box::new(0..cells) } else { Box::new((0..cells).rev()) };
        let counts = |cell: usize| parents.iter().any(|(_, activity)| activity.has(dimension, cell));
        for cell in places {
            let mut given: Vec<&Value> = parents
                .iter()
                .filter(|(_, activity)| activity.has(dimension, cell))
                .map(|(config, _)| &config.dimensions()[dimension][cell])
                .collect();
            if given.len() > 1 && random.random() {
                given.reverse();
            }
            let behind = |value: &&&Value| {
                self.structure.orders(dimension).iter().all(|along| {
                    if from_below {
                        along
                            .before(cell)
                            .find(|&other| counts(other))
                            .is_none_or(|o| !falls(&child[o], value))
                    } else {
                        along
                            .after(cell)
                            .find(|&other| counts(other))
                            .is_none_or(|o| !falls(value, &child[o]))
                    }
                })
            };
            // Where several axes cross, the higher of both is above all that lie below either.
            let end = given.iter().copied().reduce(
                |one, other| {
                    if falls(one, other) == from_below { one } else { other }
                },
            );
            let chosen = given.iter().find(behind).copied().or(end);
            if let Some(value) = chosen.cloned() {
                child[cell] = value;
            }
        }
        child
    }
}

/// An even draw between two values, or the ends of the domain; any value of it where they cross.
fn between(domain: &Domain, low: Option<&Value>, high: Option<&Value>, random: &mut Rng) -> Value {
    match domain {
        Domain::Level { levels } => {
            let of = |value: Option<&Value>, end: u32| match value {
                Some(Value::Index(index)) => *index,
                _ => end,
            };
            let (low, high) = (of(low, 0), of(high, levels.len() as u32 - 1));
            if low <= high { Value::Index(random.random_range(low..=high)) } else { domain.draw(random) }
        }
        Domain::Int { min, max } => {
            let of = |value: Option<&Value>, end: i64| match value {
                Some(Value::Int(number)) => *number,
                _ => end,
            };
            let (low, high) = (of(low, *min), of(high, *max));
            if low <= high { Value::Int(random.random_range(low..=high)) } else { domain.draw(random) }
        }
        Domain::Real { min, max, scale } => {
            let of = |value: Option<&Value>, end: f64| match value {
                Some(Value::Real(number)) => *number,
                _ => end,
            };
            let (low, high) = (of(low, *min), of(high, *max));
            if low > high {
                return domain.draw(random);
            }
            let drawn = match scale {
                Scale::Linear => random.random_range(low..=high),
                Scale::Log => random.random_range(low.ln()..=high.ln()).exp(),
            };
            Value::Real(drawn.clamp(low, high) + 0.0)
        }
        domain => domain.draw(random),
    }
}
