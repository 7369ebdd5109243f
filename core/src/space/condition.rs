//! Conditions as a journal keeps them, and configs as a view shows them.

use super::{Config, Constraint, Dimension, Space, Value};

/// A [`Constraint::Active`]: cells of `dimension` count only where the cell of `when` counts and takes one of `options`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActiveCondition {
    /// Position of the dimension that is conditional.
    pub dimension: usize,
    /// Position of the one that decides.
    pub when: usize,
    /// Its options.
    pub options: Vec<u32>,
}

/// The cells of a config, by dimension; `None` where a cell does not count, whatever is stored there.
pub type CountingCells<'a> = Vec<Vec<Option<&'a Value>>>;

/// The cells of a config that count under `conditions`. Where these make no sense for the dimensions, all do.
pub fn counting<'a>(
    dimensions: &[Dimension],
    conditions: &[ActiveCondition],
    config: &'a Config,
) -> CountingCells<'a> {
    let space = if conditions.is_empty() {
        None
    } else {
        let active = conditions.iter().cloned().map(Constraint::from).collect();
        Space::new(dimensions.to_vec(), active).ok()
    };
    let activity = space.map(|space| space.activity(config));
    let counts = |dimension, cell| activity.as_ref().is_none_or(|activity| activity.has(dimension, cell));
    let cells = |(dimension, cells): (usize, &'a Vec<Value>)| {
        cells.iter().enumerate().map(|(cell, value)| counts(dimension, cell).then_some(value)).collect()
    };
    config.dimensions().iter().enumerate().map(cells).collect()
}

impl From<ActiveCondition> for Constraint {
    fn from(ActiveCondition { dimension, when, options }: ActiveCondition) -> Self {
        Self::Active { dimension, when, options }
    }
}

impl Space {
    /// The conditions among the constraints.
    pub fn conditions(&self) -> Vec<ActiveCondition> {
        let condition = |constraint: &Constraint| match constraint {
            Constraint::Active { dimension, when, options } => {
                Some(ActiveCondition { dimension: *dimension, when: *when, options: options.clone() })
            }
            _ => None,
        };
        self.constraints.iter().filter_map(condition).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Axis, Domain};
    use super::*;

    fn dimension(name: &str, cells: u32, domain: Domain) -> Dimension {
        Dimension { name: name.into(), help: String::new(), axes: vec![Axis::new("layer", cells)], domain }
    }

    fn space() -> Space {
        let codec = Domain::Choice { options: vec!["raw".into(), "block".into()] };
        let dimensions =
            vec![dimension("codec", 3, codec), dimension("bits", 3, Domain::Int { min: 2, max: 8 })];
        let condition = ActiveCondition { dimension: 1, when: 0, options: vec![1] };
        Space::new(dimensions, vec![condition.into()]).unwrap()
    }

    fn config() -> Config {
        Config::new(vec![[0, 1, 0].map(Value::Index).into(), [2, 5, 2].map(Value::Int).into()])
    }

    #[test]
    fn cells_whose_condition_does_not_hold_do_not_count() {
        let (space, config) = (space(), config());
        let found = counting(space.dimensions(), &space.conditions(), &config);
        assert!(found[0].iter().all(Option::is_some));
        assert_eq!(found[1], [None, Some(&Value::Int(5)), None]);
    }

    #[test]
    fn without_conditions_or_with_such_as_make_no_sense_all_count() {
        let (space, config) = (space(), config());
        let circle =
            [(0, 1), (1, 0)].map(|(dimension, when)| ActiveCondition { dimension, when, options: vec![1] });
        let nowhere = [ActiveCondition { dimension: 7, when: 0, options: vec![1] }];
        for conditions in [&[][..], &circle, &nowhere] {
            let found = counting(space.dimensions(), conditions, &config);
            assert!(found.iter().flatten().all(Option::is_some), "{conditions:?}");
        }
        let short = Config::new(vec![vec![Value::Index(1)]]);
        let found = counting(space.dimensions(), &space.conditions(), &short);
        assert_eq!(found, [[Some(&Value::Index(1))]]);
    }
}
