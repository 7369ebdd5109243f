//! Counting along conditions and orders: a cell that decides about others is counted option by option, with the cells about
//! which it decides; a line that ascends is counted as one.
//!
//! Conditions of several dimensions on one, and orders whose cells count one by one or along several axes, have no such form:
//! of the conditions the first is counted with, and those orders are left out. What is counted then is a larger set,
//! [`Space::is_counted`] says so.

use super::super::{Domain, Space};
use super::product::{log_sum, log10_values, values};

/// Options in all cells of a line that are looked at.
const MOST_STEPS: u64 = 1 << 22;

/// Numbers that are multiplied and added up; `None` where that goes too far.
pub(in super::super) trait Tally {
    type Number: Clone;
    fn one(&self) -> Self::Number;
    fn none(&self) -> Self::Number;
    fn times(&mut self, one: &Self::Number, other: &Self::Number) -> Option<Self::Number>;
    fn plus(&mut self, one: &Self::Number, other: &Self::Number) -> Option<Self::Number>;
    /// All values of a cell.
    fn values(&mut self, dimension: usize, cell: usize) -> Option<Self::Number>;
    /// One option of a cell.
    fn option(&mut self, dimension: usize, cell: usize, option: u32) -> Option<Self::Number>;
    /// Ascending lists of so many values, where that has a form of its own.
    fn ascending(&mut self, dimension: usize, count: usize) -> Option<Self::Number>;
    /// Whether all cells of a dimension count alike.
    fn is_even(&self, dimension: usize) -> bool;
}

impl Space {
    /// Whether [`Space::count_tree`] counts what conditions and orders leave, not more.
    pub(in super::super) fn is_counted(&self) -> bool {
        (0..self.dimensions.len()).all(|number| {
            let orders = self.structure.orders(number).len();
            self.structure.conditions(number).len() < 2
                && (orders == 0 || (orders == 1 && self.keeps_order(number)))
        })
    }

    /// Whether lines of a dimension are counted as one.
    pub(in super::super) fn keeps_order(&self, number: usize) -> bool {
        let one_by_one = self.structure.conditions(number).iter().any(|condition| !condition.is_shared);
        !self.structure.orders(number).is_empty() && !one_by_one
    }

    /// All configs, as far as conditions and orders are counted with.
    pub(in super::super) fn count_tree<T: Tally>(&self, tally: &mut T) -> Option<T::Number> {
        let mut tree = Tree::of_dependants(self, tally)?;
        let mut total = tally.one();
        for number in 0..self.dimensions.len() {
            if self.structure.conditions(number).is_empty() {
                tree.count_cells(self, number, tally)?;
                total = tree.all_cells(self, number, total, tally)?;
            }
        }
        Some(total)
    }

    /// Dimensions whose first condition is about this one.
    pub(super) fn decided_by(&self, number: usize) -> impl Iterator<Item = usize> + '_ {
        let dependants = self.structure.dependants(number).iter().copied();
        dependants.filter(move |other| self.structure.conditions(*other)[0].when == number)
    }
}

/// Numbers of configs by dimension, each with what it decides about.
pub(super) struct Tree<N> {
    /// Of each cell that counts, or of any one where all count alike.
    each: Vec<Vec<N>>,
    /// Of all cells together, where one cell decides about them.
    whole: Vec<Option<N>>,
}

impl<N: Clone> Tree<N> {
    /// Of all conditional dimensions; those that are decided about come before those that decide.
    pub(super) fn of_dependants<T: Tally<Number = N>>(space: &Space, tally: &mut T) -> Option<Self> {
        let dimensions = space.dimensions.len();
        let mut tree = Self { each: vec![Vec::new(); dimensions], whole: vec![None; dimensions] };
        for &number in space.structure.sequence().iter().rev() {
            tree.count_cells(space, number, tally)?;
            if space.structure.conditions(number)[0].is_shared {
                let start = tally.one();
                tree.whole[number] = Some(tree.all_cells(space, number, start, tally)?);
            }
        }
        Some(tree)
    }

    fn count_cells<T: Tally<Number = N>>(
        &mut self,
        space: &Space,
        number: usize,
        tally: &mut T,
    ) -> Option<()> {
        if space.keeps_order(number) {
            return Some(());
        }
        let cells = if tally.is_even(number) { 1 } else { space.dimensions[number].cells() };
        for cell in 0..cells {
            let each = if space.decided_by(number).next().is_none() {
                tally.values(number, cell)?
            } else {
                let mut total = tally.none();
                for option in 0..space.dimensions[number].domain.options()? {
                    let with = self.option(space, number, cell, option, tally)?;
                    total = tally.plus(&total, &with)?;
                }
                total
            };
            self.each[number].push(each);
        }
        Some(())
    }

    /// `start` times all cells of a dimension that counts.
    fn all_cells<T: Tally<Number = N>>(
        &self,
        space: &Space,
        number: usize,
        start: N,
        tally: &mut T,
    ) -> Option<N> {
        let cells = space.dimensions[number].cells();
        let mut total = start;
        if !space.keeps_order(number) {
            for cell in 0..cells {
                total = tally.times(&total, self.cell(number, cell))?;
            }
            return Some(total);
        }
        let mut kept = None;
        for along in space.structure.orders(number).iter().take(1) {
            for first in along.lines(cells) {
                let line = match kept.take().filter(|_| tally.is_even(number)) {
                    Some(line) => line,
                    None => self.line(space, number, &along.line(first).collect::<Vec<usize>>(), tally)?,
                };
                total = tally.times(&total, &line)?;
                kept = Some(line);
            }
        }
        Some(total)
    }

    /// One cell that counts.
    fn cell(&self, number: usize, cell: usize) -> &N {
        let each = &self.each[number];
        each.get(cell).unwrap_or(&each[0])
    }

    /// One option of a cell that counts, with what it decides about.
    pub(super) fn option<T: Tally<Number = N>>(
        &self,
        space: &Space,
        number: usize,
        cell: usize,
        option: u32,
        tally: &mut T,
    ) -> Option<N> {
        let mut total = tally.option(number, cell, option)?;
        for dependant in space.decided_by(number) {
            if space.structure.conditions(dependant)[0].holds(option) {
                let with = self.whole[dependant].as_ref().unwrap_or_else(|| self.cell(dependant, cell));
                total = tally.times(&total, with)?;
            }
        }
        Some(total)
    }

    /// A line that ascends: by the last value, cell by cell.
    fn line<T: Tally<Number = N>>(
        &self,
        space: &Space,
        number: usize,
        line: &[usize],
        tally: &mut T,
    ) -> Option<N> {
        if space.decided_by(number).next().is_none()
            && let Some(lists) = tally.ascending(number, line.len())
        {
            return Some(lists);
        }
        let options = match &space.dimensions[number].domain {
            Domain::Int { min, max } => u32::try_from(max.abs_diff(*min).checked_add(1)?).ok()?,
            domain => domain.options()?,
        };
        if u64::from(options).saturating_mul(line.len() as u64) > MOST_STEPS {
            return None;
        }
        let mut ending: Vec<N> = Vec::new();
        for &cell in line {
            let mut before = if ending.is_empty() { tally.one() } else { tally.none() };
            let mut next = Vec::with_capacity(options as usize);
            for option in 0..options {
                if let Some(here) = ending.get(option as usize) {
                    before = tally.plus(&before, here)?;
                }
                let with = self.option(space, number, cell, option, tally)?;
                next.push(tally.times(&before, &with)?);
            }
            ending = next;
        }
        let mut total = tally.none();
        for ending in ending {
            total = tally.plus(&total, &ending)?;
        }
        Some(total)
    }
}

/// Whole numbers, as far as 128 bits reach.
pub(in super::super) struct Exactly<'s>(pub(in super::super) &'s Space);

impl Tally for Exactly<'_> {
    type Number = u128;

    fn one(&self) -> u128 {
        1
    }

    fn none(&self) -> u128 {
        0
    }

    fn times(&mut self, one: &u128, other: &u128) -> Option<u128> {
        one.checked_mul(*other)
    }

    fn plus(&mut self, one: &u128, other: &u128) -> Option<u128> {
        one.checked_add(*other)
    }

    fn values(&mut self, dimension: usize, _: usize) -> Option<u128> {
        values(&self.0.dimensions[dimension].domain)
    }

    fn option(&mut self, _: usize, _: usize, _: u32) -> Option<u128> {
        Some(1)
    }

    /// `(n + k − 1 choose k)`.
    fn ascending(&mut self, dimension: usize, count: usize) -> Option<u128> {
        let of = values(&self.0.dimensions[dimension].domain)?;
        let (count, others) = (count as u128, of.checked_sub(1)?);
        let (all, least) = (others.checked_add(count)?, count.min(others));
        // Divided before it is multiplied, as far as it can be, so that only what is too large itself is given up.
        (1..=least).try_fold(1_u128, |product, factor| {
            let (mut top, mut bottom) = (all - least + factor, factor);
            let common = common(top, bottom);
            (top, bottom) = (top / common, bottom / common);
            (product / bottom).checked_mul(top)
        })
    }

    fn is_even(&self, _: usize) -> bool {
        true
    }
}

/// The greatest common divisor.
fn common(one: u128, other: u128) -> u128 {
    if other == 0 { one } else { common(other, one % other) }
}

/// Logarithms of base 10.
pub(super) struct Logarithms<'s>(pub(super) &'s Space);

impl Tally for Logarithms<'_> {
    type Number = f64;

    fn one(&self) -> f64 {
        0.0
    }

    fn none(&self) -> f64 {
        f64::NEG_INFINITY
    }

    fn times(&mut self, one: &f64, other: &f64) -> Option<f64> {
        Some(one + other)
    }

    fn plus(&mut self, one: &f64, other: &f64) -> Option<f64> {
        let ln = std::f64::consts::LN_10;
        Some(log_sum([one * ln, other * ln].into_iter()) / ln)
    }

    fn values(&mut self, dimension: usize, _: usize) -> Option<f64> {
        log10_values(&self.0.dimensions[dimension].domain)
    }

    fn option(&mut self, _: usize, _: usize, _: u32) -> Option<f64> {
        Some(0.0)
    }

    fn ascending(&mut self, dimension: usize, count: usize) -> Option<f64> {
        let of = values(&self.0.dimensions[dimension].domain)? as f64;
        Some((1..=count).map(|place| (1.0 + (of - 1.0) / place as f64).log10()).sum())
    }

    fn is_even(&self, _: usize) -> bool {
        true
    }
}
