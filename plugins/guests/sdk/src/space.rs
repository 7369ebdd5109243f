//! Writing spaces.

use crate::{Axis, Budget, BudgetTerm, Constraint, Dimension, Domain, Edit, Space, SubsetDomain};

impl Space {
    /// A space of these dimensions, without constraints yet.
    pub fn new(dimensions: Vec<Dimension>) -> Self {
        Self { dimensions, constraints: Vec::new() }
    }

    /// Adds a condition that every config meets.
    #[must_use]
    pub fn with(mut self, constraint: Constraint) -> Self {
        self.constraints.push(constraint);
        self
    }
}

impl Dimension {
    /// One cell; [`axis`](Self::axis) makes it an array.
    pub fn new(name: &str, help: &str, domain: Domain) -> Self {
        Self { name: name.to_owned(), help: help.to_owned(), axes: Vec::new(), domain }
    }

    /// Adds an axis, outermost first.
    #[must_use]
    pub fn axis(mut self, name: &str, len: u32) -> Self {
        self.axes.push(Axis { name: name.to_owned(), len });
        self
    }
}

impl Domain {
    /// Exactly `size` elements out of `of`.
    pub fn subset_of(of: u32, size: u32) -> Self {
        Self::Subset(SubsetDomain { of, min: size, max: size })
    }

    /// One of several unordered options.
    pub fn one_of(options: &[&str]) -> Self {
        Self::Choice(options.iter().map(|&option| option.to_owned()).collect())
    }
}

impl Constraint {
    /// The costs of all cells of `dimension` sum to at most `limit`; every cell has the same cost per
    /// option.
    pub fn budget_of(dimension: u32, resource: &str, unit: &str, limit: f64, costs: Vec<f64>) -> Self {
        Self::Budget(Budget {
            resource: resource.to_owned(),
            unit: unit.to_owned(),
            limit,
            terms: vec![BudgetTerm { dimension, costs: vec![costs] }],
        })
    }

    /// The cells of a level, int or real dimension do not fall along this axis: ordered thresholds.
    pub fn ascending(dimension: u32, axis: &str) -> Self {
        Self::Other(Edit::new("ascending").int("dimension", dimension).text("along", axis))
    }

    /// The cells of `dimension` count only where the cell of `when` takes one of these options, by position. `when` is a choice
    /// or level dimension of one cell, which decides about all, or of the same axes, cell by cell. Cells that do not count hold
    /// their first value, are not varied and cost nothing.
    pub fn active(dimension: u32, when: u32, options: impl IntoIterator<Item = u32>) -> Self {
        let options: Vec<u32> = options.into_iter().collect();
        Self::Other(
            Edit::new("active").int("dimension", dimension).int("when", when).ints("options", &options),
        )
    }
}
