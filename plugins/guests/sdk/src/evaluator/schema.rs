//! What may stand in plans.

use std::ops::RangeInclusive;

use crate::Setting;

/// Everything that is known of one kind of edit.
#[derive(Clone, Debug, PartialEq)]
pub struct EditSchema {
    /// Name in plans.
    pub kind: String,
    /// What it does, in one sentence.
    pub summary: String,
    /// Where it comes from: paper and section.
    pub source: String,
    /// Its arguments, in the order in which people read them.
    pub arguments: Vec<Argument>,
    /// The argument with the number of the group that an edit belongs to.
    pub group: Option<String>,
    /// The arguments that name a part of the group, the slowest first, each with where its counting begins.
    pub parts: Vec<(String, u64)>,
    /// What it cannot stand beside.
    pub contradicts: Vec<Contradiction>,
    /// Optional arguments that say nothing where their condition holds.
    pub idle: Vec<(String, Condition)>,
    /// What the values of arguments ask of each other.
    pub requires: Vec<Requirement>,
    /// The edit in words; its kind where it is empty.
    pub sentence: String,
}

/// One argument of an edit.
#[derive(Clone, Debug, PartialEq)]
pub struct Argument {
    /// Name in plans.
    pub name: String,
    /// What it accepts.
    pub kind: ArgumentKind,
    /// What it is, with its unit.
    pub help: String,
    /// What its absence means; `None` where it has to be given.
    pub absent: Option<String>,
}

/// What an argument accepts; ranges are inclusive.
#[derive(Clone, Debug, PartialEq)]
pub enum ArgumentKind {
    /// A whole number.
    Int(RangeInclusive<i64>),
    /// One of these whole numbers.
    Level(Vec<i64>),
    /// A finite real number.
    Real(RangeInclusive<f64>),
    /// Whole numbers without order or repetition, from 0 to this.
    Set(i64),
    /// Finite real numbers.
    Reals,
    /// Finite real numbers, row by row, in as many rows as the argument of this name says.
    Matrix(String),
    /// One of these words.
    Word(Vec<String>),
    /// Whole numbers whose order counts.
    Ints {
        /// Of each.
        range: RangeInclusive<i64>,
        /// Of how many there are.
        length: RangeInclusive<i64>,
    },
}

/// Something that holds for an edit, or not: at least one of the lists, all of whose tests hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Condition(pub(super) Vec<Vec<Test>>);

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Test {
    Is(String, Setting),
    OneOf(String, Vec<String>),
    Same(String, String),
}

/// Edits that cannot be honoured together.
#[derive(Clone, Debug, PartialEq)]
pub struct Contradiction {
    /// The kind of the other edit.
    pub kind: String,
    /// Both contradict each other when each of these arguments is the same in both, or absent in one.
    pub meet: Vec<String>,
    /// Only when this holds for the edit whose schema says so.
    pub when: Option<Condition>,
}

/// A whole number that is one of a few where a condition holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Requirement {
    /// The argument.
    pub argument: String,
    /// The numbers that it may be.
    pub values: Vec<i64>,
    /// The condition.
    pub when: Condition,
}

/// The most numbers that a list may have.
const LONGEST: i64 = 1 << 20;

impl EditSchema {
    /// An edit without arguments that contradicts nothing.
    pub fn new(kind: &str, summary: &str) -> Self {
        Self {
            kind: kind.to_owned(),
            summary: summary.to_owned(),
            source: String::new(),
            arguments: Vec::new(),
            group: None,
            parts: Vec::new(),
            contradicts: Vec::new(),
            idle: Vec::new(),
            requires: Vec::new(),
            sentence: String::new(),
        }
    }

    /// Where it comes from: paper and section.
    #[must_use]
    pub fn source(mut self, source: &str) -> Self {
        self.source = source.to_owned();
        self
    }

    /// Adds an argument.
    #[must_use]
    pub fn with(mut self, argument: Argument) -> Self {
        self.arguments.push(argument);
        self
    }

    /// Edits of this kind belong to the group that the argument `name` counts.
    #[must_use]
    pub fn in_group(mut self, name: &str) -> Self {
        self.group = Some(name.to_owned());
        self
    }

    /// Within a group, edits are ordered by `argument`, counted from `base`.
    #[must_use]
    pub fn in_part(mut self, argument: &str, base: u64) -> Self {
        self.parts.push((argument.to_owned(), base));
        self
    }

    /// A plan has one edit of this kind.
    #[must_use]
    pub fn once(self) -> Self {
        self.once_per(&[])
    }

    /// A plan has one edit of this kind for each combination of these arguments.
    #[must_use]
    pub fn once_per(self, arguments: &[&str]) -> Self {
        let kind = self.kind.clone();
        self.excludes(&kind, arguments, None)
    }

    /// Cannot stand beside an edit of `kind` where `meet` agree, as far as `when` holds for this one.
    #[must_use]
    pub fn excludes(mut self, kind: &str, meet: &[&str], when: Option<Condition>) -> Self {
        let meet = meet.iter().map(|&name| name.to_owned()).collect();
        self.contradicts.push(Contradiction { kind: kind.to_owned(), meet, when });
        self
    }

    /// The optional argument `name` says nothing where `when` holds, and is left out.
    #[must_use]
    pub fn idle(mut self, name: &str, when: Condition) -> Self {
        self.idle.push((name.to_owned(), when));
        self
    }

    /// The whole number `name` is one of `values` where `when` holds.
    #[must_use]
    pub fn requires(mut self, name: &str, values: &[i64], when: Condition) -> Self {
        self.requires.push(Requirement { argument: name.to_owned(), values: values.to_vec(), when });
        self
    }

    /// The edit in words: `{name}` is an argument; words in `[…]` are left out where an argument in them is absent, and `[…|…]`
    /// has words for that case.
    #[must_use]
    pub fn reads(mut self, sentence: &str) -> Self {
        self.sentence = sentence.to_owned();
        self
    }
}

impl Argument {
    /// An argument of any kind that has to be given.
    pub fn new(name: &str, kind: ArgumentKind, help: &str) -> Self {
        Self { name: name.to_owned(), kind, help: help.to_owned(), absent: None }
    }

    /// A whole number.
    pub fn int(name: &str, range: RangeInclusive<i64>, help: &str) -> Self {
        Self::new(name, ArgumentKind::Int(range), help)
    }

    /// One of these whole numbers.
    pub fn level(name: &str, levels: &[i64], help: &str) -> Self {
        Self::new(name, ArgumentKind::Level(levels.to_vec()), help)
    }

    /// A finite real number.
    pub fn real(name: &str, range: RangeInclusive<f64>, help: &str) -> Self {
        Self::new(name, ArgumentKind::Real(range), help)
    }

    /// Whole numbers from 0 to `max` without order or repetition.
    pub fn set(name: &str, max: i64, help: &str) -> Self {
        Self::new(name, ArgumentKind::Set(max), help)
    }

    /// Whole numbers whose order counts, as an order of things or one number for each: as many as there may be in any list.
    pub fn ints(name: &str, range: RangeInclusive<i64>, help: &str) -> Self {
        Self::new(name, ArgumentKind::Ints { range, length: 0..=LONGEST }, help)
    }

    /// Finite real numbers.
    pub fn reals(name: &str, help: &str) -> Self {
        Self::new(name, ArgumentKind::Reals, help)
    }

    /// Finite real numbers, row by row, in as many rows as the argument `rows` says.
    pub fn matrix(name: &str, rows: &str, help: &str) -> Self {
        Self::new(name, ArgumentKind::Matrix(rows.to_owned()), help)
    }

    /// One of `words`.
    pub fn word(name: &str, words: &[&str], help: &str) -> Self {
        let words = words.iter().map(|&word| word.to_owned()).collect();
        Self::new(name, ArgumentKind::Word(words), help)
    }

    /// May be left out; then it means `meaning`.
    #[must_use]
    pub fn optional(mut self, meaning: &str) -> Self {
        self.absent = Some(meaning.to_owned());
        self
    }

    /// A list of whole numbers has so many; any other argument is left as it is.
    #[must_use]
    pub fn long(mut self, many: RangeInclusive<i64>) -> Self {
        if let ArgumentKind::Ints { length, .. } = &mut self.kind {
            *length = many;
        }
        self
    }
}

impl Condition {
    /// The argument `name` is there and has this value.
    pub fn is(name: &str, value: Setting) -> Self {
        Self(vec![vec![Test::Is(name.to_owned(), value)]])
    }

    /// The argument `name` is there and is one of `words`.
    pub fn one_of(name: &str, words: &[&str]) -> Self {
        let words = words.iter().map(|&word| word.to_owned()).collect();
        Self(vec![vec![Test::OneOf(name.to_owned(), words)]])
    }

    /// Both arguments are there and have the same value.
    pub fn same(one: &str, other: &str) -> Self {
        Self(vec![vec![Test::Same(one.to_owned(), other.to_owned())]])
    }

    /// This one and the other.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let both = |one: &Vec<Test>| {
            other.0.iter().map(|other| [one.as_slice(), other].concat()).collect::<Vec<_>>()
        };
        Self(self.0.iter().flat_map(both).collect())
    }

    /// This one or the other.
    #[must_use]
    pub fn or(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_a_choice_of_lists() {
        let a = || Condition::one_of("a", &["x"]);
        let (b, c) = (Condition::same("b", "c"), Condition::is("d", Setting::Int(1)));
        let lengths = |condition: &Condition| condition.0.iter().map(Vec::len).collect::<Vec<_>>();
        assert_eq!(lengths(&a().or(b.clone()).and(c.clone())), [2, 2]);
        assert_eq!(lengths(&a().and(b).or(c)), [2, 1]);
    }
}
