//! The identity of a space: what it allows, and not how people read it.

use super::{Axis, Budget, BudgetTerm, Constraint, Dimension, Domain, Scale, Slot, Space};
use crate::hash::ContentHash;

impl Space {
    /// Equal for spaces of the same dimensions and constraints, in the same order; help is for people and no part of it.
    ///
    /// It is made of words and of numbers as RON writes them, and not of how this program keeps them: it means the same
    /// to every version.
    pub fn fingerprint(&self) -> ContentHash {
        let dimensions = self.dimensions.iter().map(dimension);
        let lines: Vec<String> = dimensions.chain(self.constraints.iter().map(constraint)).collect();
        ContentHash::of_parts(lines.iter().map(|line| line.as_bytes()))
    }
}

fn dimension(Dimension { name, help: _, axes, domain }: &Dimension) -> String {
    let axes: Vec<String> = axes.iter().map(|Axis { name, len }| format!("{name:?}: {len}")).collect();
    let domain = match domain {
        Domain::Choice { options } => format!("choice {options:?}"),
        Domain::Level { levels } => format!("level {levels:?}"),
        Domain::Int { min, max } => format!("int {min} to {max}"),
        Domain::Real { min, max, scale: Scale::Linear } => format!("real {min:?} to {max:?}"),
        Domain::Real { min, max, scale: Scale::Log } => format!("real {min:?} to {max:?} by logarithm"),
        Domain::Subset { of, min, max } => format!("subset of {of}: {min} to {max}"),
        Domain::Permutation { of } => format!("permutation of {of}"),
        Domain::Affine { of, sum, spread } => format!("affine of {of}: sum {sum:?}, spread {spread:?}"),
        Domain::Matrix { rows, columns, min, max } => {
            format!("matrix {rows} by {columns}: {min:?} to {max:?}")
        }
    };
    format!("dimension {name:?} [{}] {domain}", axes.join(", "))
}

fn constraint(constraint: &Constraint) -> String {
    match constraint {
        Constraint::Budget(Budget { resource, unit, limit, terms }) => {
            let term = |BudgetTerm { dimension, costs }: &BudgetTerm| format!("{dimension}: {costs:?}");
            let terms: Vec<String> = terms.iter().map(term).collect();
            format!("budget {resource:?} {unit:?} {limit:?} {}", terms.join(", "))
        }
        Constraint::Distinct { dimension, by, at_most } => format!("distinct {dimension} {by:?} {at_most}"),
        Constraint::Exactly { dimension, option, count } => format!("exactly {dimension} {option} {count}"),
        Constraint::Forbidden { cells } => {
            let one =
                |(Slot { dimension, cell }, option): &(Slot, u32)| format!("{dimension}.{cell}: {option}");
            let cells: Vec<String> = cells.iter().map(one).collect();
            format!("forbidden {}", cells.join(", "))
        }
        Constraint::Ascending { dimension, along } => format!("ascending {dimension} {along:?}"),
        Constraint::Active { dimension, when, options } => format!("active {dimension} {when} {options:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(dimension: Dimension) -> ContentHash {
        Space::of([dimension]).unwrap().fingerprint()
    }

    #[test]
    fn what_a_space_allows_is_its_identity_and_what_people_read_is_not() {
        let rate = || Dimension::log_real("rate", 0.1, 1.0);
        assert_eq!(one(rate()), one(rate().with_help("How far each step goes.")));
        let others = [
            Dimension::real("rate", 0.1, 1.0),
            Dimension::log_real("rate", 0.1, 2.0),
            Dimension::log_real("step", 0.1, 1.0),
            rate().along("layer", 1),
            Dimension::new("rate", Domain::Subset { of: 4, min: 1, max: 2 }),
        ];
        for other in others {
            assert_ne!(one(other.clone()), one(rate()), "{other:?}");
        }
        let choice = || vec![Dimension::choice("side", ["left", "right"]).along("place", 3)];
        let exactly = |count| vec![Constraint::Exactly { dimension: 0, option: 1, count }];
        let with = |constraints| Space::new(choice(), constraints).unwrap().fingerprint();
        assert_ne!(with(exactly(1)), with(exactly(2)));
        assert_ne!(with(exactly(1)), with(Vec::new()));
    }

    #[test]
    fn it_means_the_same_to_every_version() {
        // Studies of functions in a store are found by it.
        let space = Space::of([Dimension::real("x", -2.0, 2.0), Dimension::int("n", 1, 9)]).unwrap();
        let lines = ["dimension \"x\" [] real -2.0 to 2.0", "dimension \"n\" [] int 1 to 9"];
        assert_eq!(space.fingerprint(), ContentHash::of_parts(lines.iter().map(|line| line.as_bytes())));
    }
}
