//! Points: configs by the names of their dimensions.

use attune_core::space::{Config, Dimension, Domain, Value};

/// A config whose values have the names of their dimensions.
///
/// ```
/// use attune::core::space::{Config, Dimension, Value};
/// use attune::Point;
///
/// let dimensions = [Dimension::real("x", 0.0, 1.0), Dimension::choice("kind", ["flat", "steep"])];
/// let config = Config::new(vec![vec![Value::Real(0.5)], vec![Value::Index(1)]]);
/// let point = Point::new(&dimensions, &config);
/// assert_eq!((point.real("x"), point.choice("kind")), (0.5, "steep"));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Point<'a> {
    dimensions: &'a [Dimension],
    config: &'a Config,
}

impl<'a> Point<'a> {
    /// A config of the space that has these dimensions.
    pub fn new(dimensions: &'a [Dimension], config: &'a Config) -> Self {
        Self { dimensions, config }
    }

    /// The config itself.
    pub fn config(&self) -> &'a Config {
        self.config
    }

    /// The cells of a dimension, as they are in the config: options and levels by position.
    pub fn cells(&self, name: &str) -> Option<&'a [Value]> {
        let at = self.dimensions.iter().position(|dimension| dimension.name == name)?;
        self.config.dimensions().get(at).map(Vec::as_slice)
    }

    /// The number of a dimension with one cell: a real, a whole number, or a level by its value.
    ///
    /// # Panics
    /// When there is no such dimension, or it holds no number.
    pub fn real(&self, name: &str) -> f64 {
        match self.reals(name).as_slice() {
            [number] => *number,
            numbers => panic!("dimension `{name}` holds {} numbers, not one", numbers.len()),
        }
    }

    /// All numbers of a dimension, cell by cell: reals, whole numbers, levels by their value, coefficients, matrices row by
    /// row.
    ///
    /// # Panics
    /// When there is no such dimension, or it holds no numbers.
    pub fn reals(&self, name: &str) -> Vec<f64> {
        let (dimension, cells) = self.named(name);
        let mut numbers = Vec::with_capacity(cells.len());
        for cell in cells {
            match (cell, &dimension.domain) {
                (Value::Real(number), _) => numbers.push(*number),
                (Value::Int(number), _) => numbers.push(*number as f64),
                (Value::Index(index), Domain::Level { levels }) => {
                    numbers.extend(levels.get(*index as usize))
                }
                (Value::Reals(values), _) => numbers.extend(values),
                _ => panic!("dimension `{name}` holds {}, not numbers", what(&dimension.domain)),
            }
        }
        numbers
    }

    /// The whole number of a dimension with one cell.
    ///
    /// # Panics
    /// When there is no such dimension, or it holds no whole number.
    pub fn int(&self, name: &str) -> i64 {
        match self.named(name) {
            (_, [Value::Int(number)]) => *number,
            (dimension, cells) => {
                panic!(
                    "dimension `{name}` holds {} cells of {}, not one whole number",
                    cells.len(),
                    what(&dimension.domain)
                )
            }
        }
    }

    /// The option of a choice with one cell, by its name.
    ///
    /// # Panics
    /// When there is no such dimension, or it is no choice.
    pub fn choice(&self, name: &str) -> &'a str {
        match self.named(name) {
            (Dimension { domain: Domain::Choice { options }, .. }, [Value::Index(index)]) => {
                &options[*index as usize]
            }
            (dimension, cells) => {
                panic!(
                    "dimension `{name}` holds {} cells of {}, not one option",
                    cells.len(),
                    what(&dimension.domain)
                )
            }
        }
    }

    /// The elements of a subset, ascending, or the order of a permutation, of a dimension with one cell.
    ///
    /// # Panics
    /// When there is no such dimension, or it holds neither.
    pub fn indices(&self, name: &str) -> &'a [u32] {
        match self.named(name) {
            (_, [Value::Indices(indices)]) => indices,
            (dimension, cells) => {
                panic!(
                    "dimension `{name}` holds {} cells of {}, not one subset or order",
                    cells.len(),
                    what(&dimension.domain)
                )
            }
        }
    }

    fn named(&self, name: &str) -> (&'a Dimension, &'a [Value]) {
        let at = self.dimensions.iter().position(|dimension| dimension.name == name);
        let found =
            at.and_then(|at| Some((self.dimensions.get(at)?, self.config.dimensions().get(at)?.as_slice())));
        found.unwrap_or_else(|| {
            let known: Vec<&str> = self.dimensions.iter().map(|dimension| dimension.name.as_str()).collect();
            panic!("there is no dimension `{name}`, only {}", known.join(", "))
        })
    }
}

/// What a domain holds, in words.
fn what(domain: &Domain) -> &'static str {
    match domain {
        Domain::Choice { .. } => "options",
        Domain::Level { .. } => "levels",
        Domain::Int { .. } => "whole numbers",
        Domain::Real { .. } => "reals",
        Domain::Subset { .. } => "subsets",
        Domain::Permutation { .. } => "orders",
        Domain::Affine { .. } => "coefficients",
        Domain::Matrix { .. } => "matrices",
    }
}
