//! Enumeration of all feasible configs of a small space, in a fixed order.

use super::count::{Exactly, values};
use super::validate::numbers;
use super::{Config, Dimension, Domain, Space, Value};

impl Space {
    /// Every feasible config, or `None` when a domain is continuous or more than `limit` points would have to be looked at:
    /// those of the product in which single lines ascend and conditions hold, as far as these are counted.
    pub fn enumerate(&self, limit: u64) -> Option<impl Iterator<Item = Config> + '_> {
        let list = List::new(self, limit)?;
        let points: Box<dyn Iterator<Item = Config> + '_> = if self.is_conditional() {
            Box::new(Conditional { at: vec![0; list.units.len()], list, last: None })
        } else {
            let product = list.product(limit)?;
            Box::new((0..product).map(move |number| list.point(number)))
        };
        Some(points.filter(|config| self.check(config).is_ok()))
    }

    /// Numbers that a config holds at most.
    pub fn numbers(&self) -> u64 {
        self.dimensions.iter().map(numbers).fold(0, u64::saturating_add)
    }
}

/// Cells that are listed together: one, or a line that ascends.
struct Unit {
    dimension: usize,
    cells: Vec<usize>,
}

/// What can be listed.
struct List<'s> {
    space: &'s Space,
    /// Those that decide come before those that they decide about.
    units: Vec<Unit>,
    /// What the cells of a unit can hold, by dimension.
    values: Vec<Vec<Vec<Value>>>,
}

impl<'s> List<'s> {
    fn new(space: &'s Space, limit: u64) -> Option<Self> {
        let mut list = Self { space, units: Vec::new(), values: vec![Vec::new(); space.dimensions.len()] };
        let conditional = space.structure.sequence();
        let free = (0..space.dimensions.len()).filter(|dimension| !conditional.contains(dimension));
        for number in free.chain(conditional.iter().copied()) {
            let dimension = &space.dimensions[number];
            let values = all_values(&dimension.domain, limit)?.into_iter().map(|value| vec![value]).collect();
            let along = space.structure.orders(number).first().filter(|_| space.keeps_order(number));
            let unit = |cells: Vec<usize>| Unit { dimension: number, cells };
            match along {
                Some(along) => {
                    let lines = along.lines(dimension.cells());
                    list.units.extend(lines.map(|first| unit(along.line(first).collect())));
                    list.values[number] = ascending(values, along.len, limit)?;
                }
                None => {
                    list.units.extend((0..dimension.cells()).map(|cell| unit(vec![cell])));
                    list.values[number] = values;
                }
            }
        }
        let counted = space.is_conditional() && space.is_counted();
        let points =
            if counted { space.count_tree(&mut Exactly(space))? } else { list.product(limit)?.into() };
        (points <= u128::from(limit)).then_some(list)
    }

    /// Points of all units, whatever the others hold.
    fn product(&self, limit: u64) -> Option<u64> {
        self.units.iter().try_fold(1_u64, |product, unit| match self.values[unit.dimension].len() {
            1 => Some(product),
            values => product.checked_mul(values as u64).filter(|product| *product <= limit),
        })
    }

    /// The point of this number; the first unit counts fastest.
    fn point(&self, mut number: u64) -> Config {
        let places = self.units.iter().map(|unit| {
            let values = self.values[unit.dimension].len() as u64;
            let place = number % values;
            number /= values;
            place as usize
        });
        self.at(places)
    }

    /// The point with these values of the units.
    fn at(&self, places: impl Iterator<Item = usize>) -> Config {
        let blank = |dimension: &Dimension| vec![Value::Index(0); dimension.cells()];
        let mut cells: Vec<Vec<Value>> = self.space.dimensions.iter().map(blank).collect();
        for (unit, place) in self.units.iter().zip(places) {
            for (&cell, value) in unit.cells.iter().zip(&self.values[unit.dimension][place]) {
                cells[unit.dimension][cell] = value.clone();
            }
        }
        Config::new(cells)
    }
}

/// The points of a space with conditions; the last unit counts fastest, and one that does not count stands still.
struct Conditional<'s> {
    list: List<'s>,
    at: Vec<usize>,
    last: Option<Config>,
}

impl Iterator for Conditional<'_> {
    type Item = Config;

    fn next(&mut self) -> Option<Config> {
        let space = self.list.space;
        if let Some(last) = &self.last {
            let activity = space.activity(last);
            let moves = (0..self.at.len()).rev().find(|&place| {
                let unit = &self.list.units[place];
                activity.has(unit.dimension, unit.cells[0])
                    && self.at[place] + 1 < self.list.values[unit.dimension].len()
            })?;
            self.at[moves] += 1;
            self.at[moves + 1..].fill(0);
        }
        let mut config = self.list.at(self.at.iter().copied());
        space.reset_inactive(&mut config);
        self.last = Some(config.clone());
        Some(config)
    }
}

/// All lists of `len` of the values that do not fall.
fn ascending(values: Vec<Vec<Value>>, len: usize, limit: u64) -> Option<Vec<Vec<Value>>> {
    let mut lists: Vec<(usize, Vec<Value>)> = vec![(0, Vec::new())];
    for _ in 0..len {
        let mut longer = Vec::new();
        for (from, list) in &lists {
            for (place, value) in values.iter().enumerate().skip(*from) {
                if longer.len() as u64 == limit {
                    return None;
                }
                longer.push((place, list.iter().chain(value).cloned().collect()));
            }
        }
        lists = longer;
    }
    Some(lists.into_iter().map(|(_, list)| list).collect())
}

fn all_values(domain: &Domain, limit: u64) -> Option<Vec<Value>> {
    match domain {
        Domain::Choice { .. } | Domain::Level { .. } => {
            Some((0..domain.options()?).map(Value::Index).collect())
        }
        Domain::Int { min, max } => {
            (max.abs_diff(*min) < limit).then(|| (*min..=*max).map(Value::Int).collect())
        }
        Domain::Subset { of, min, max } => {
            // Bit masks: 2^20 of them are listed in milliseconds, more are nobody's small space.
            if *of > 20 || values(domain)? > u128::from(limit) {
                return None;
            }
            let sizes = *min..=*max;
            let chosen = (0..1_u32 << of).filter(|mask| sizes.contains(&mask.count_ones()));
            Some(
                chosen
                    .map(|mask| Value::Indices((0..*of).filter(|e| mask >> e & 1 == 1).collect()))
                    .collect(),
            )
        }
        Domain::Permutation { of } => (*of <= 8).then(|| permutations(*of)),
        Domain::Real { .. } | Domain::Affine { .. } | Domain::Matrix { .. } => None,
    }
}

fn permutations(of: u32) -> Vec<Value> {
    let mut orders: Vec<Vec<u32>> = vec![vec![]];
    for element in 0..of {
        orders = orders
            .into_iter()
            .flat_map(|order| {
                (0..=order.len()).map(move |place| {
                    let mut next = order.clone();
                    next.insert(place, element);
                    next
                })
            })
            .collect();
    }
    orders.into_iter().map(Value::Indices).collect()
}
