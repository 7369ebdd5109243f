//! Features: the cells of a config as numbers.

use attune_core::sensitivity::SensitivityTable;
use attune_core::space::{Config, Dimension, Domain, Scale, Space, Value};

use super::orders::Orders;

/// Rows of which products are taken side by side: a sum waits for its last addition, several sums do not wait for each
/// other.
const ABREAST: usize = 8;
/// Places of a space with orders.
const MOST_PLACES: usize = 1 << 13;

/// A config as numbers.
#[derive(Clone, Default)]
pub(crate) struct Row {
    /// Places of those that are not zero.
    places: Vec<u32>,
    /// Those, in the same order; none when all of them are 1, as they are of options and elements.
    values: Vec<f64>,
    /// The damage that a table predicts; 0 without one.
    pub(super) predicted: f64,
}

impl Row {
    /// The product with weights of the cells.
    pub(super) fn dot(&self, weights: &[f64]) -> f64 {
        let here = self.places.iter().map(|&place| weights[place as usize]);
        if self.values.is_empty() {
            return here.sum();
        }
        here.zip(&self.values).map(|(weight, value)| value * weight).sum()
    }

    /// The products of many rows with the same weights: what [`Self::dot`] says of each.
    pub(super) fn dots<'a>(rows: impl Iterator<Item = &'a Self>, weights: &[f64]) -> Vec<f64> {
        let rows: Vec<&Self> = rows.collect();
        let mut products = Vec::with_capacity(rows.len());
        let (eights, rest) = rows.as_chunks::<ABREAST>();
        for eight in eights {
            let places = eight.map(|row| row.places.as_slice());
            let length = places[0].len();
            if eight.iter().all(|row| row.values.is_empty() && row.places.len() == length) {
                // As an empty sum of floats begins.
                let mut sums = [-0.0; ABREAST];
                for at in 0..length {
                    sums.iter_mut()
                        .zip(places)
                        .for_each(|(sum, places)| *sum += weights[places[at] as usize]);
                }
                products.extend(sums);
            } else {
                products.extend(eight.iter().map(|row| row.dot(weights)));
            }
        }
        products.extend(rest.iter().map(|row| row.dot(weights)));
        products
    }

    /// Adds this row, times a factor, to weights of the cells.
    pub(super) fn add_to(&self, factor: f64, weights: &mut [f64]) {
        if self.values.is_empty() {
            return self.places.iter().for_each(|&place| weights[place as usize] += factor);
        }
        let numbers = self.places.iter().zip(&self.values);
        numbers.for_each(|(&place, value)| weights[place as usize] += factor * value);
    }

    fn clear(&mut self) {
        self.places.clear();
        self.values.clear();
    }

    /// Ones at these places.
    fn mark(&mut self, places: impl Iterator<Item = u32>) {
        let before = self.places.len();
        self.places.extend(places);
        if !self.values.is_empty() {
            self.values.extend((before..self.places.len()).map(|_| 1.0));
        }
    }

    /// A number at a place.
    fn put(&mut self, place: u32, value: f64) {
        self.values.resize(self.places.len(), 1.0);
        self.places.push(place);
        self.values.push(value);
    }
}

/// How configs of one space become rows of numbers: a place for every option of a choice or level, every element of
/// a subset, every two elements of an order, and for a number its position in its range and the square of that. A cell that does not count has none. A sensitivity table adds the damage that it
/// predicts.
pub(crate) struct Features {
    domains: Vec<Domain>,
    orders: Orders,
    len: usize,
    /// Sensitivities of the first objective, place by place, 0 for what the table does not know.
    damages: Option<Vec<f64>>,
    /// The space, where cells may not count: those add nothing.
    conditional: Option<Space>,
}

impl Features {
    /// `None` for a space with long orders, which have too many places, and with coefficients or matrices, of which a sum
    /// over cells says too little.
    pub(crate) fn new(space: &Space) -> Option<Self> {
        Self::reading(space, Orders::Pairs)
    }

    /// All ways of reading a space: several where it has orders. None, as [`Self::new`] has none.
    pub(crate) fn readings(space: &Space) -> Vec<Self> {
        let ordered = |dimension: &Dimension| matches!(dimension.domain, Domain::Permutation { .. });
        let count = if space.dimensions().iter().any(ordered) { Orders::ALL.len() } else { 1 };
        Orders::ALL[..count].iter().filter_map(|orders| Self::reading(space, *orders)).collect()
    }

    fn reading(space: &Space, orders: Orders) -> Option<Self> {
        let mut len = 0;
        for dimension in space.dimensions() {
            len += width(&dimension.domain, orders)? * dimension.cells();
            if matches!(dimension.domain, Domain::Permutation { .. }) && len > MOST_PLACES {
                return None;
            }
        }
        let domains = space.dimensions().iter().map(|dimension| dimension.domain.clone()).collect();
        let conditional = space.is_conditional().then(|| space.clone());
        Some(Self { domains, orders, len, damages: None, conditional })
    }

    /// The same with what a table predicts.
    pub(crate) fn with_table(mut self, space: &Space, table: &SensitivityTable) -> Self {
        let places = space.slots().flat_map(|slot| {
            let width = width(&space.dimensions()[slot.dimension].domain, self.orders).unwrap_or(0);
            (0..width).map(move |option| table.damage(slot, option, 0))
        });
        self.damages = Some(places.collect());
        self
    }

    /// Whether rows have a prediction.
    pub(crate) fn predict(&self) -> bool {
        self.damages.is_some()
    }

    /// Places of the cells.
    pub(super) fn places(&self) -> usize {
        self.len
    }

    /// The numbers of a config.
    pub(crate) fn of(&self, config: &Config) -> Row {
        let mut row = Row::default();
        self.write(config, &mut row);
        row
    }

    /// Writes the numbers of a config over those of another one.
    pub(crate) fn write(&self, config: &Config, row: &mut Row) {
        row.clear();
        let counts = self.conditional.as_ref().map(|space| space.active(config));
        let mut first = 0;
        for (dimension, (domain, cells)) in self.domains.iter().zip(config.dimensions()).enumerate() {
            let width = width(domain, self.orders).unwrap_or(0) as u32;
            for (cell, value) in cells.iter().enumerate() {
                if counts.as_ref().is_none_or(|counts| counts[dimension][cell]) {
                    match (domain, value) {
                        (Domain::Permutation { .. }, Value::Indices(order)) => {
                            row.mark(self.orders.places(order).into_iter().map(|place| first + place));
                        }
                        _ => write(domain, value, first, row),
                    }
                }
                first += width;
            }
        }
        row.predicted = self.damages.as_ref().map_or(0.0, |damages| row.dot(damages));
    }
}

fn width(domain: &Domain, orders: Orders) -> Option<usize> {
    match domain {
        Domain::Permutation { of } => orders.width(*of as usize),
        Domain::Choice { options } => Some(options.len()),
        Domain::Level { levels } => Some(levels.len()),
        Domain::Subset { of, .. } => Some(*of as usize),
        Domain::Int { .. } | Domain::Real { .. } => Some(2),
        Domain::Affine { .. } | Domain::Matrix { .. } => None,
    }
}

fn write(domain: &Domain, value: &Value, first: u32, row: &mut Row) {
    let position = match (domain, value) {
        (_, Value::Index(option)) => return row.mark(std::iter::once(first + option)),
        (_, Value::Indices(elements)) => return row.mark(elements.iter().map(|element| first + element)),
        (Domain::Int { min, max }, Value::Int(number)) => {
            (*number as f64 - *min as f64) / (*max as f64 - *min as f64)
        }
        (Domain::Real { min, max, scale: Scale::Linear }, Value::Real(number)) => {
            (number - min) / (max - min)
        }
        (Domain::Real { min, max, scale: Scale::Log }, Value::Real(number)) => {
            (number / min).ln() / (max / min).ln()
        }
        _ => return,
    };
    // A range of one number has no positions.
    let position = if position.is_finite() { position } else { 0.0 };
    row.put(first, position);
    row.put(first + 1, position * position);
}

#[cfg(test)]
mod tests {
    use attune_core::rng::derive;
    use attune_core::space::Dimension;

    use super::*;

    #[test]
    fn products_side_by_side_are_those_one_by_one() {
        let kept = Dimension::new("kept", Domain::Subset { of: 6, min: 1, max: 4 }).along("layer", 3);
        let level = Dimension::level("level", [2.0, 4.0, 8.0]).along("layer", 3);
        let options = Space::of([level.clone(), kept]).unwrap();
        let numbers =
            Space::of([level.clone(), Dimension::real("x", 0.0, 2.0), Dimension::int("n", 0, 9)]).unwrap();
        for space in [Space::of([level]).unwrap(), options, numbers] {
            let features = Features::new(&space).unwrap();
            let mut random = derive(1, "rows", &[]);
            let rows: Vec<Row> = (0..21).map(|_| features.of(&space.sample(&mut random).unwrap())).collect();
            let weights: Vec<f64> = (0..features.places()).map(|place| (place as f64).sin()).collect();
            for (row, product) in rows.iter().zip(Row::dots(rows.iter(), &weights)) {
                assert_eq!(row.dot(&weights), product);
                let mut sum = vec![0.0; features.places()];
                row.add_to(2.0, &mut sum);
                let twice: f64 = sum.iter().zip(&weights).map(|(cell, weight)| cell * weight).sum();
                assert!((twice - 2.0 * product).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn a_row_that_is_written_over_is_the_row_of_the_new_config() {
        let mixed = [Dimension::real("x", 0.0, 2.0), Dimension::choice("side", ["left", "right"])];
        let space = Space::of(mixed).unwrap();
        let features = Features::new(&space).unwrap();
        let weights = [1.0, 10.0, 100.0, 1000.0];
        let config = |x: f64, side: u32| Config::new(vec![vec![Value::Real(x)], vec![Value::Index(side)]]);
        let mut row = features.of(&config(2.0, 0));
        assert_eq!(row.dot(&weights), 111.0);
        features.write(&config(1.0, 1), &mut row);
        assert_eq!(row.dot(&weights), 0.5 + 2.5 + 1000.0);
    }
}
