//! Writing descriptions.

use std::ops::RangeInclusive;

use crate::{Description, IntRange, Operator, OptionKind, OptionSpec, RealRange, Setting};

impl Description {
    /// A technique without options, signals, edits or operators yet.
    pub fn new(name: &str, version: &str, summary: &str) -> Self {
        Self {
            name: name.to_owned(),
            version: version.to_owned(),
            summary: summary.to_owned(),
            options: Vec::new(),
            signals: Vec::new(),
            edits: Vec::new(),
            has_operators: false,
            extra: Vec::new(),
        }
    }

    /// Declares an option.
    #[must_use]
    pub fn option(mut self, option: OptionSpec) -> Self {
        self.options.push(option);
        self
    }

    /// Asks for a statistic of the dense model.
    #[must_use]
    pub fn signal(mut self, name: &str) -> Self {
        self.signals.push(name.to_owned());
        self
    }

    /// Declares a kind of edit that `lower` emits. One that attune does not have is scored by an evaluator that brings its schema.
    #[must_use]
    pub fn edit(mut self, kind: &str) -> Self {
        self.edits.push(kind.to_owned());
        self
    }

    /// Says which facts of a target the space is kept to, by their names without `target-`, as `weight-bits-levels`; none of them
    /// for a technique that heeds no target. A study for a target tells people where a technique does not.
    #[must_use]
    pub fn heeds(mut self, facts: &[&str]) -> Self {
        self.extra.push(("target-facts".to_owned(), Setting::Text(facts.join(" "))));
        self
    }

    /// Says that [`Technique::vary`](crate::Technique::vary) is to be used.
    #[must_use]
    pub fn with_operators(mut self) -> Self {
        self.has_operators = true;
        self
    }
}

impl Operator {
    /// An operator that changes a config; what it does is said in one sentence.
    pub fn mutation(name: &str, help: &str) -> Self {
        Self { name: name.to_owned(), help: help.to_owned(), parents: 1 }
    }

    /// An operator that makes one config of two.
    pub fn crossover(name: &str, help: &str) -> Self {
        Self { name: name.to_owned(), help: help.to_owned(), parents: 2 }
    }
}

impl OptionSpec {
    /// A whole number.
    pub fn int(name: &str, help: &str, range: RangeInclusive<i64>, default: i64) -> Self {
        let kind = OptionKind::Int(IntRange { min: *range.start(), max: *range.end() });
        Self::new(name, help, kind, Setting::Int(default))
    }

    /// A real number.
    pub fn real(name: &str, help: &str, range: RangeInclusive<f64>, default: f64) -> Self {
        let kind = OptionKind::Real(RealRange { min: *range.start(), max: *range.end() });
        Self::new(name, help, kind, Setting::Real(default))
    }

    /// `true` or `false`.
    pub fn boolean(name: &str, help: &str, default: bool) -> Self {
        Self::new(name, help, OptionKind::Boolean, Setting::Boolean(default))
    }

    /// One of several words, the first by default.
    pub fn one_of(name: &str, help: &str, words: &[&str]) -> Self {
        let words: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
        let default = Setting::Text(words.first().cloned().unwrap_or_default());
        Self::new(name, help, OptionKind::OneOf(words), default)
    }

    /// A list of whole numbers, each in `range`.
    pub fn ints(name: &str, help: &str, range: RangeInclusive<i64>, default: &[i64]) -> Self {
        let kind = OptionKind::Ints(IntRange { min: *range.start(), max: *range.end() });
        Self::new(name, help, kind, Setting::Ints(default.to_vec()))
    }

    /// An option of any kind.
    pub fn new(name: &str, help: &str, kind: OptionKind, default: Setting) -> Self {
        Self { name: name.to_owned(), help: help.to_owned(), kind, default }
    }
}
