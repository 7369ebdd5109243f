//! Features: the cells of a config as numbers.

use attune_core::sensitivity::SensitivityTable;
use attune_core::space::{Config, Domain, Scale, Space, Value};

/// How configs of one space become rows of numbers: a place for every option of a choice or level, every element of
/// a subset, and for a number its position in its range and the square of that. With a sensitivity table, the damage that
/// it predicts comes last.
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

    /// Whether the last number is a prediction.
    pub(crate) fn predict(&self) -> bool {
        self.damages.is_some()
    }

    /// The numbers of a config.
    pub(crate) fn of(&self, config: &Config) -> Vec<f64> {
        let mut row = vec![0.0; self.len];
        let mut rest = row.as_mut_slice();
        for (domain, cells) in self.domains.iter().zip(config.dimensions()) {
            let width = width(domain).unwrap_or(0);
            for value in cells {
                let (cell, others) = std::mem::take(&mut rest).split_at_mut(width);
                rest = others;
                write(domain, value, cell);
            }
        }
        let damage = |damages: &Vec<f64>| row.iter().zip(damages).map(|(place, damage)| place * damage).sum();
        let predicted: Option<f64> = self.damages.as_ref().map(damage);
        row.extend(predicted);
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

fn write(domain: &Domain, value: &Value, cell: &mut [f64]) {
    let position = match (domain, value) {
        (_, Value::Index(option)) => return cell[*option as usize] = 1.0,
        (_, Value::Indices(elements)) => {
            return elements.iter().for_each(|&element| cell[element as usize] = 1.0);
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
    cell.copy_from_slice(&[position, position * position]);
}
