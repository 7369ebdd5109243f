//! Writing what a config does and costs.

use crate::{Baseline, Config, Cost, Edit, Setting, Value};

impl Edit {
    /// An edit of the vocabulary, without arguments yet.
    pub fn new(kind: &str) -> Self {
        Self { kind: kind.to_owned(), args: Vec::new() }
    }

    /// Adds a whole number.
    #[must_use]
    pub fn int(self, name: &str, value: impl Into<i64>) -> Self {
        self.with(name, Setting::Int(value.into()))
    }

    /// Adds a real number.
    #[must_use]
    pub fn real(self, name: &str, value: f64) -> Self {
        self.with(name, Setting::Real(value))
    }

    /// Adds a word.
    #[must_use]
    pub fn text(self, name: &str, value: &str) -> Self {
        self.with(name, Setting::Text(value.to_owned()))
    }

    /// Adds whole numbers.
    #[must_use]
    pub fn ints(self, name: &str, values: &[u32]) -> Self {
        self.with(name, Setting::Ints(values.iter().copied().map(i64::from).collect()))
    }

    /// Adds real numbers.
    #[must_use]
    pub fn reals(self, name: &str, values: Vec<f64>) -> Self {
        self.with(name, Setting::Reals(values))
    }

    /// Adds an argument of any kind.
    #[must_use]
    pub fn with(mut self, name: &str, value: Setting) -> Self {
        self.args.push((name.to_owned(), value));
        self
    }
}

impl Cost {
    /// An amount of a resource, beside that of the dense model.
    pub fn new(resource: &str, unit: &str, value: f64, dense: f64) -> Self {
        Self { resource: resource.to_owned(), unit: unit.to_owned(), value, dense }
    }
}

impl Baseline {
    /// A named config to compare with.
    pub fn new(name: &str, help: &str, config: Config) -> Self {
        Self { name: name.to_owned(), help: help.to_owned(), config }
    }
}

/// Configs come from the host and match the space; a mismatch is a bug of the technique and panics.
impl Value {
    /// The position of the option of a choice or level.
    pub fn option(&self) -> usize {
        match self {
            Self::Index(index) => *index as usize,
            other => panic!("{other:?} is no option of a choice or level"),
        }
    }

    /// The elements of a subset (ascending) or permutation.
    pub fn elements(&self) -> &[u32] {
        match self {
            Self::Indices(indices) => indices,
            other => panic!("{other:?} is no subset or permutation"),
        }
    }

    /// Affine coefficients, or a matrix row by row.
    pub fn numbers(&self) -> &[f64] {
        match self {
            Self::Reals(numbers) => numbers,
            other => panic!("{other:?} is no matrix and has no coefficients"),
        }
    }
}
