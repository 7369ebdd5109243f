//! What the cells of a config are, as numbers.

use attune_core::space::{Config, Domain, Scale, Space, Value};

/// How configs of one space become rows of numbers: a place for every option of a choice or level, every element of
/// a subset, and for a number its position in its range and the square of that.
pub(crate) struct Features {
    domains: Vec<Domain>,
    len: usize,
}

impl Features {
    /// `None` for a space with orders, coefficients or matrices, of which a sum over cells says too little.
    pub(crate) fn new(space: &Space) -> Option<Self> {
        let mut len = 0;
        for dimension in space.dimensions() {
            len += width(&dimension.domain)? * dimension.cells();
        }
        let domains = space.dimensions().iter().map(|dimension| dimension.domain.clone()).collect();
        Some(Self { domains, len })
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
