//! What constraints say of the cells themselves: which of them count, and which of them are in order.

use super::{Constraint, Dimension};

/// Conditions and orders of a space, by dimension.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Structure {
    conditions: Vec<Vec<Condition>>,
    dependants: Vec<Vec<usize>>,
    sequence: Vec<usize>,
    orders: Vec<Vec<Along>>,
}

/// Cells count where a cell of another dimension takes one of these options.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Condition {
    pub(super) when: usize,
    /// Ascending.
    pub(super) options: Vec<u32>,
    /// One cell for all, not each cell for its own.
    pub(super) is_shared: bool,
}

impl Condition {
    /// The cell that decides about `cell`.
    pub(super) fn decides(&self, cell: usize) -> usize {
        if self.is_shared { 0 } else { cell }
    }

    pub(super) fn holds(&self, option: u32) -> bool {
        self.options.binary_search(&option).is_ok()
    }
}

/// An axis along which cells ascend: `stride` cells lie between neighbours, of which there are `len` in a line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Along {
    pub(super) stride: usize,
    pub(super) len: usize,
}

impl Along {
    pub(super) fn of(dimension: &Dimension, axis: &str) -> Option<Self> {
        let place = dimension.axes.iter().position(|found| found.name == axis)?;
        let stride = dimension.axes[place + 1..].iter().map(|axis| axis.len as usize).product();
        Some(Self { stride, len: dimension.axes[place].len as usize })
    }

    /// The cells of the line on which `cell` lies, in order.
    pub(super) fn line(self, cell: usize) -> impl DoubleEndedIterator<Item = usize> + ExactSizeIterator {
        let first = cell - cell / self.stride % self.len * self.stride;
        (0..self.len).map(move |place| first + place * self.stride)
    }

    /// The first cells of all lines among so many cells.
    pub(super) fn lines(self, cells: usize) -> impl Iterator<Item = usize> {
        (0..cells).filter(move |cell| (cell / self.stride).is_multiple_of(self.len))
    }

    /// Cells after `cell`, the nearest first.
    pub(super) fn after(self, cell: usize) -> impl Iterator<Item = usize> {
        let place = cell / self.stride % self.len;
        (1..self.len - place).map(move |further| cell + further * self.stride)
    }

    /// Cells before `cell`, the nearest first.
    pub(super) fn before(self, cell: usize) -> impl Iterator<Item = usize> {
        let place = cell / self.stride % self.len;
        (1..=place).map(move |further| cell - further * self.stride)
    }
}

impl Structure {
    /// Of constraints that fit the dimensions; a circle of conditions is a list of dimensions.
    pub(super) fn new(dimensions: &[Dimension], constraints: &[Constraint]) -> Result<Self, Vec<usize>> {
        let mut structure = Self {
            conditions: vec![Vec::new(); dimensions.len()],
            dependants: vec![Vec::new(); dimensions.len()],
            sequence: Vec::new(),
            orders: vec![Vec::new(); dimensions.len()],
        };
        for constraint in constraints {
            match constraint {
                Constraint::Ascending { dimension, along } => {
                    let orders = &mut structure.orders[*dimension];
                    orders.extend(
                        Along::of(&dimensions[*dimension], along)
                            .filter(|along| !orders.contains(along) && along.len > 1),
                    );
                }
                Constraint::Active { dimension, when, options } => {
                    let mut options = options.clone();
                    options.sort_unstable();
                    options.dedup();
                    let conditions = &mut structure.conditions[*dimension];
                    match conditions.iter_mut().find(|condition| condition.when == *when) {
                        Some(known) => known.options.retain(|option| options.binary_search(option).is_ok()),
                        None => {
                            let is_shared = dimensions[*when].cells() == 1;
                            conditions.push(Condition { when: *when, options, is_shared });
                            structure.dependants[*when].push(*dimension);
                        }
                    }
                }
                _ => {}
            }
        }
        structure.sequence = structure.in_sequence()?;
        Ok(structure)
    }

    /// Conditional dimensions, each after those that decide about it (Kahn 1962).
    fn in_sequence(&self) -> Result<Vec<usize>, Vec<usize>> {
        let mut open: Vec<usize> = self.conditions.iter().map(Vec::len).collect();
        let mut sequence: Vec<usize> = (0..open.len()).filter(|dimension| open[*dimension] == 0).collect();
        let mut next = 0;
        while let Some(&dimension) = sequence.get(next) {
            next += 1;
            for &dependant in &self.dependants[dimension] {
                open[dependant] -= 1;
                if open[dependant] == 0 {
                    sequence.push(dependant);
                }
            }
        }
        if let Some(start) = open.iter().position(|open| *open > 0) {
            return Err(self.circle(start, &open));
        }
        sequence.retain(|dimension| !self.conditions[*dimension].is_empty());
        Ok(sequence)
    }

    /// A circle among the dimensions that wait for each other.
    fn circle(&self, start: usize, open: &[usize]) -> Vec<usize> {
        let mut path = vec![start];
        loop {
            let last = path[path.len() - 1];
            let waits = self.conditions[last].iter().map(|condition| condition.when);
            let Some(next) = waits.into_iter().find(|when| open[*when] > 0) else { return path };
            if let Some(place) = path.iter().position(|dimension| *dimension == next) {
                return path.split_off(place);
            }
            path.push(next);
        }
    }

    /// The same with the first condition of each dimension alone.
    pub(super) fn with_first_conditions(&self) -> Self {
        let mut first = self.clone();
        for (dimension, conditions) in first.conditions.iter_mut().enumerate() {
            for dropped in conditions.drain(1.min(conditions.len())..) {
                first.dependants[dropped.when].retain(|dependant| *dependant != dimension);
            }
        }
        first
    }

    /// Whether any dimension is conditional.
    pub(super) fn has_conditions(&self) -> bool {
        !self.sequence.is_empty()
    }

    /// Whether any dimension is in order.
    pub(super) fn has_orders(&self) -> bool {
        self.orders.iter().any(|orders| !orders.is_empty())
    }

    /// Conditional dimensions, each after those that decide about it.
    pub(super) fn sequence(&self) -> &[usize] {
        &self.sequence
    }

    pub(super) fn conditions(&self, dimension: usize) -> &[Condition] {
        &self.conditions[dimension]
    }

    /// Dimensions about which this one decides.
    pub(super) fn dependants(&self, dimension: usize) -> &[usize] {
        &self.dependants[dimension]
    }

    pub(super) fn orders(&self, dimension: usize) -> &[Along] {
        &self.orders[dimension]
    }
}
