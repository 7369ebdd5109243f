//! What a task says of its subject, and what plans score.

use crate::{Setting, Settings};

/// What plans are applied to.
#[derive(Clone, Debug, PartialEq)]
pub struct Subject {
    /// What people call it.
    pub name: String,
    /// Facts for techniques, by the names of the [`Description`](super::Description).
    pub facts: Settings,
    /// How many items each split has.
    pub items: Vec<(String, u32)>,
}

/// Why a plan has no score. The same would fail again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// An edit that cannot be honoured.
    Unsupported {
        /// The edit, by its place in the plan.
        edit: usize,
        /// Why, and what would be honoured.
        reason: String,
    },
    /// Data that the task does not have.
    BadRequest(String),
    /// Anything that says more about the evaluator than about the plan.
    Internal(String),
}

/// What a plan scored.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Evaluation {
    /// All metrics of the task.
    pub metrics: Vec<Measured>,
    /// Work done, in any unit that is always the same, for people.
    pub work: u64,
}

/// One metric of one plan.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// Its name.
    pub metric: String,
    /// One finite value for each item, in the order in which they were asked for.
    pub items: Vec<f64>,
    /// What each item weighs, 0 or more; none where all weigh the same.
    pub weights: Vec<f64>,
}

/// What no plan can be better than.
#[derive(Clone, Debug, PartialEq)]
pub struct KnownBound {
    /// The metric.
    pub metric: String,
    /// For each item a lower bound of what is minimised, an upper bound of what is maximised, or the optimum; `None` where
    /// nothing is known.
    pub items: Vec<Option<f64>>,
}

impl Subject {
    /// A subject without facts or items yet.
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), facts: Vec::new(), items: Vec::new() }
    }

    /// Tells a fact.
    #[must_use]
    pub fn fact(mut self, name: &str, value: Setting) -> Self {
        self.facts.push((name.to_owned(), value));
        self
    }

    /// Tells a whole number.
    #[must_use]
    pub fn int(self, name: &str, value: impl Into<i64>) -> Self {
        self.fact(name, Setting::Int(value.into()))
    }

    /// Tells a real number.
    #[must_use]
    pub fn real(self, name: &str, value: f64) -> Self {
        self.fact(name, Setting::Real(value))
    }

    /// Tells a text.
    #[must_use]
    pub fn text(self, name: &str, value: &str) -> Self {
        self.fact(name, Setting::Text(value.to_owned()))
    }

    /// Tells whole numbers.
    #[must_use]
    pub fn ints(self, name: &str, values: Vec<i64>) -> Self {
        self.fact(name, Setting::Ints(values))
    }

    /// Tells real numbers.
    #[must_use]
    pub fn reals(self, name: &str, values: Vec<f64>) -> Self {
        self.fact(name, Setting::Reals(values))
    }

    /// Says how many items a split has.
    #[must_use]
    pub fn items(mut self, split: &str, count: u32) -> Self {
        self.items.push((split.to_owned(), count));
        self
    }
}

impl Failure {
    /// An edit, by its place in the plan, cannot be honoured. [`Args::refuse`](super::Args::refuse) knows the place.
    pub fn unsupported(edit: usize, reason: impl Into<String>) -> Self {
        Self::Unsupported { edit, reason: reason.into() }
    }

    /// The task does not have that data.
    pub fn bad_request(reason: impl Into<String>) -> Self {
        Self::BadRequest(reason.into())
    }

    /// The evaluator is at its end.
    pub fn internal(reason: impl Into<String>) -> Self {
        Self::Internal(reason.into())
    }
}

impl Evaluation {
    /// Nothing measured yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// A metric, whose items all weigh the same.
    #[must_use]
    pub fn metric(self, name: &str, items: Vec<f64>) -> Self {
        self.weighted(name, items, Vec::new())
    }

    /// A metric whose items have weights.
    #[must_use]
    pub fn weighted(mut self, name: &str, items: Vec<f64>, weights: Vec<f64>) -> Self {
        self.metrics.push(Measured { metric: name.to_owned(), items, weights });
        self
    }

    /// So much work was done.
    #[must_use]
    pub fn work(mut self, work: u64) -> Self {
        self.work = work;
        self
    }
}

impl KnownBound {
    /// Bounds of a metric, one for each item.
    pub fn new(metric: &str, items: Vec<Option<f64>>) -> Self {
        Self { metric: metric.to_owned(), items }
    }
}
