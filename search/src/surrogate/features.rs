//! Features: the cells of a config as numbers.

use attune_core::sensitivity::SensitivityTable;
use attune_core::space::{Config, Domain, Scale, Space, Value};

/// A config as numbers.
#[derive(Clone)]
pub(crate) struct Row {
    /// Those that are not zero, with their places.
    pub(super) cells: Vec<(u32, f64)>,
    /// The damage that a table predicts; 0 without one.
    pub(super) predicted: f64,
}

impl Row {
    /// The product with weights of the cells.
    pub(super) fn dot(&self, weights: &[f64]) -> f64 {
        self.cells.iter().map(|&(place, value)| value * weights[place as usize]).sum()
    }

    /// Adds this row, times a factor, to weights of the cells.
    pub(super) fn add_to(&self, factor: f64, weights: &mut [f64]) {
        self.cells.iter().for_each(|&(place, value)| weights[place as usize] += factor * value);
    }
}

/// How configs of one space become rows of numbers: a place for every option of a choice or level, every element of
/// a subset, and for a number its position in its range and the square of that. A sensitivity table adds the damage that it
/// predicts.
pub(crate) struct Features {
    domains: Vec<Domain>,
    len: usize,
    /// Sensitivities of the first objective, place by place, 0 for what the table does not know.
    damages: Option<Vec<f64>>,
}

impl Features {
    /// `None` for a space with orders, coefficients or matrices, of which a sum over cells says too little.
    pub(crate) fn new(space: &Space) -> Option<Self> {
        let mut len = 0;
        for dimension in space.dimensions() {
            len += width(&dimension.domain)? * dimension.cells();
        }
        let domains = space.dimensions().iter().map(|dimension| dimension.domain.clone()).collect();
        Some(Self { domains, len, damages: None })
    }

    /// The same with what a table predicts.
    pub(crate) fn with_table(mut self, space: &Space, table: &SensitivityTable) -> Self {
        let places = space.slots().flat_map(|slot| {
            let width = width(&space.dimensions()[slot.dimension].domain).unwrap_or(0);
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
        let mut row = Row { cells: Vec::new(), predicted: 0.0 };
        let mut first = 0;
        for (domain, cells) in self.domains.iter().zip(config.dimensions()) {
            let width = width(domain).unwrap_or(0) as u32;
            for value in cells {
                write(domain, value, first, &mut row.cells);
                first += width;
            }
        }
        row.predicted = self.damages.as_ref().map_or(0.0, |damages| row.dot(damages));
        row
    }
}

fn width(domain: &Domain) -> Option<usize> {
    match domain {
        Domain::Choice { options } => Some(options.len()),
        Domain::Level { levels } => Some(levels.len()),
        Domain::Subset { of, .. } => Some(*of as usize),
        Domain::Int { .. } | Domain::Real { .. } => Some(2),
        Domain::Permutation { .. } | Domain::Affine { .. } | Domain::Matrix { .. } => None,
    }
}

fn write(domain: &Domain, value: &Value, first: u32, row: &mut Vec<(u32, f64)>) {
    let position = match (domain, value) {
        (_, Value::Index(option)) => return row.push((first + option, 1.0)),
        (_, Value::Indices(elements)) => {
            return row.extend(elements.iter().map(|element| (first + element, 1.0)));
        }
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
    row.extend([(first, position), (first + 1, position * position)]);
}
