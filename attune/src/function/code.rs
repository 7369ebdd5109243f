//! Configs as plans and back: what a function is called with crosses the session in the language of plans.

use std::sync::LazyLock;

use attune_core::options::OptionValue;
use attune_core::plan::{Argument, ArgumentKind, Edit, EditSchema, Plan, Vocabulary};
use attune_core::space::{Config, Domain, Space, Value};

/// The one kind of edit: the value of one cell.
const KIND: &str = "set";

/// What a function understands.
pub(super) fn vocabulary() -> &'static Vocabulary {
    static KNOWN: LazyLock<Vocabulary> = LazyLock::new(|| {
        let whole = ArgumentKind::Int { min: i64::MIN, max: i64::MAX };
        let schema = EditSchema::new(KIND, "Sets one cell of a config.", "attune's functions")
            .with(Argument::count("dimension", "number of the dimension, from 0"))
            .with(Argument::count("cell", "number of the cell, from 0"))
            .with(
                Argument::new("whole", whole, "a whole number, or the position of an option")
                    .optional("it is real"),
            )
            .with(
                Argument::reals("reals", "real numbers, or the elements of a subset or an order")
                    .optional("it is whole"),
            )
            .in_group("dimension")
            .in_part("cell", 0)
            .once_per(&["dimension", "cell"])
            .reads("cell {cell} of dimension {dimension} is [{whole}|][{reals}|]");
        Vocabulary::new([schema])
    });
    &KNOWN
}

/// The plan that says a config.
pub(super) fn plan(config: &Config) -> Plan {
    let cells = config.dimensions().iter().enumerate().flat_map(|(dimension, cells)| {
        cells.iter().enumerate().map(move |(cell, value)| {
            let edit = Edit::new(KIND)
                .with("dimension", OptionValue::Int(dimension as i64))
                .with("cell", OptionValue::Int(cell as i64));
            match value {
                Value::Index(index) => edit.with("whole", OptionValue::Int(i64::from(*index))),
                Value::Int(number) => edit.with("whole", OptionValue::Int(*number)),
                Value::Real(number) => edit.with("reals", OptionValue::Reals(vec![*number])),
                Value::Reals(numbers) => edit.with("reals", OptionValue::Reals(numbers.clone())),
                // Exact: 32 bits fit into the 53 of a real.
                Value::Indices(indices) => {
                    edit.with("reals", OptionValue::Reals(indices.iter().copied().map(f64::from).collect()))
                }
            }
        })
    });
    vocabulary().arrange(cells)
}

/// The config that a plan says, or what is wrong with the plan: the edit, and why.
pub(super) fn config(plan: &Plan, space: &Space) -> Result<Config, (String, String)> {
    let mut dimensions: Vec<Vec<Option<Value>>> =
        space.dimensions().iter().map(|dimension| vec![None; dimension.cells()]).collect();
    for edit in plan.edits() {
        let refuse = |reason: &str| (edit.to_string(), reason.to_owned());
        let edit = vocabulary().accept(edit).map_err(|error| refuse(&error.to_string()))?;
        let number = |name: &str| match edit.args.get(name) {
            Some(OptionValue::Int(number)) => usize::try_from(*number).unwrap_or(usize::MAX),
            _ => usize::MAX,
        };
        let (dimension, cell) = (number("dimension"), number("cell"));
        let domain = space.dimensions().get(dimension).map(|dimension| &dimension.domain);
        let slot = dimensions.get_mut(dimension).and_then(|cells| cells.get_mut(cell));
        let (Some(domain), Some(slot)) = (domain, slot) else {
            return Err(refuse("the space has no such cell"));
        };
        let value = value(&edit, domain).ok_or_else(|| refuse("it is no value of this dimension"))?;
        if slot.replace(value).is_some() {
            return Err(refuse("the cell has a value already"));
        }
    }
    let whole: Option<Vec<Vec<Value>>> =
        dimensions.into_iter().map(|cells| cells.into_iter().collect::<Option<Vec<Value>>>()).collect();
    let config = whole.map(Config::new).ok_or_else(|| {
        let reason = "a function needs a value for every cell of its space".to_owned();
        (plan.edits().last().map_or_else(|| "none".to_owned(), ToString::to_string), reason)
    })?;
    let of_plan = |reason: String| (plan.edits().last().map(ToString::to_string).unwrap_or_default(), reason);
    space.check_domains(&config).map_err(|violation| of_plan(violation.to_string()))?;
    Ok(config)
}

fn value(edit: &Edit, domain: &Domain) -> Option<Value> {
    let whole = || match edit.args.get("whole") {
        Some(OptionValue::Int(number)) => Some(*number),
        _ => None,
    };
    let reals = || match edit.args.get("reals") {
        Some(OptionValue::Reals(numbers)) => Some(numbers.clone()),
        _ => None,
    };
    Some(match domain {
        Domain::Choice { .. } | Domain::Level { .. } => Value::Index(u32::try_from(whole()?).ok()?),
        Domain::Int { .. } => Value::Int(whole()?),
        Domain::Real { .. } => Value::Real(*reals()?.first()?),
        Domain::Subset { .. } | Domain::Permutation { .. } => {
            Value::Indices(reals()?.into_iter().map(|number| number as u32).collect())
        }
        Domain::Affine { .. } | Domain::Matrix { .. } => Value::Reals(reals()?),
    })
}

#[cfg(test)]
mod tests {
    use attune_core::rng;
    use attune_core::space::Dimension;

    use super::*;

    #[test]
    fn every_config_comes_back_from_its_plan() {
        let space = Space::of([
            Dimension::real("real", -1.0, 1.0).along("step", 3),
            Dimension::int("int", i64::from(i32::MIN), 1 << 60),
            Dimension::choice("choice", ["a", "b", "c"]),
            Dimension::level("level", [0.5, 2.0]),
            Dimension::new("subset", Domain::Subset { of: 9, min: 0, max: 4 }),
            Dimension::new("order", Domain::Permutation { of: 5 }).along("row", 2),
            Dimension::new("affine", Domain::Affine { of: 3, sum: 1.0, spread: 0.5 }),
            Dimension::new("matrix", Domain::Matrix { rows: 2, columns: 2, min: -3.0, max: 3.0 }),
        ])
        .unwrap();
        for draw in 0..50 {
            let drawn = space.sample(&mut rng::derive(3, "codes", &[draw])).unwrap();
            assert_eq!(config(&plan(&drawn), &space), Ok(drawn));
        }
    }

    #[test]
    fn plans_that_say_no_config_are_refused_by_name() {
        let space = Space::of([Dimension::real("x", 0.0, 1.0), Dimension::int("n", 0, 3)]).unwrap();
        let set = |dimension, cell| {
            Edit::new(KIND)
                .with("dimension", OptionValue::Int(dimension))
                .with("cell", OptionValue::Int(cell))
        };
        let reason = |edits: Vec<Edit>| config(&Plan::from_canonical(edits), &space).unwrap_err().1;
        assert!(reason(vec![]).contains("every cell"));
        assert!(reason(vec![set(2, 0)]).contains("no such cell"));
        assert!(
            reason(vec![set(0, 0).with("whole", OptionValue::Int(1))]).contains("no value of this dimension")
        );
        let half = || set(0, 0).with("reals", OptionValue::Reals(vec![0.5]));
        assert!(reason(vec![half(), half()]).contains("already"));
        let far = set(1, 0).with("whole", OptionValue::Int(7));
        assert!(reason(vec![half(), far]).contains("`n`"), "outside of its range");
    }
}
