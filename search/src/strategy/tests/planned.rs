//! Strategies that plan with a sensitivity table.

use std::collections::BTreeMap;

use attune_core::sensitivity::{Probing, SensitivityTable};
use attune_core::space::Slot;
use rand::RngExt as _;

use super::*;

/// Sensitivities that fall with the option, and an objective that rises.
fn table(space: &Space) -> SensitivityTable {
    let mut random = rng::derive(3, "table", &[]);
    let row = |slot: Slot| {
        let options = match &space.dimensions()[slot.dimension].domain {
            Domain::Subset { of, .. } => *of,
            domain => domain.options().unwrap_or(0),
        };
        let scale: f64 = random.random_range(0.5..4.0);
        let damage = |option: u32| vec![scale * 0.5_f64.powi(option as i32), f64::from(option)];
        (slot, (0..options).map(damage).collect())
    };
    SensitivityTable::new(space.slots().map(row).collect::<BTreeMap<_, _>>())
}

fn predicted(table: &SensitivityTable, space: &Space, config: &Config) -> f64 {
    let damage = |slot: Slot| match config.get(slot) {
        Value::Index(index) => table.damage(slot, *index as usize, 0),
        Value::Indices(indices) => indices.iter().map(|&e| table.damage(slot, e as usize, 0)).sum(),
        _ => 0.0,
    };
    space.slots().map(damage).sum()
}

fn is_planable(space: &Space) -> bool {
    let discrete = |domain: &Domain| domain.options().is_some() || matches!(domain, Domain::Subset { .. });
    let plain = !space.is_ordered() && !space.is_conditional();
    plain && space.dimensions().iter().all(|dimension| discrete(&dimension.domain))
}

fn with_table(space: &Arc<Space>, seed: u64) -> SearchContext {
    SearchContext { table: Some(table(space)), ..context(space, seed) }
}

#[test]
fn planned_strategies_keep_their_promises() {
    let mut checked = 0;
    for (name, space) in spaces::all().unwrap() {
        for strategy in ["hybrid", "profiling"] {
            let choice = choice(strategy, &[]);
            let doubted = if strategy == "hybrid" { TableSource::Doubted } else { TableSource::Measured };
            assert_eq!(table_source(&choice), Ok(Some(doubted)));
            if !is_planable(&space) {
                let error = build(&choice, with_table(&space, 0)).err().unwrap();
                let words = error.to_string();
                let expected = ["it needs choices, levels or subsets", "; use `evolution` or `nsga2`"];
                assert!(expected.iter().any(|expected| words.contains(expected)), "{name}: {error}");
                continue;
            }
            attune_testkit::strategy::check(&space, &|space, seed| {
                build(&choice, with_table(&space, seed)).unwrap()
            });
            checked += 1;
        }
    }
    assert!(checked >= 10, "{checked}");
}

#[test]
fn hybrid_is_evolution_where_the_table_was_given_up() {
    let mut checked = 0;
    for (name, space) in spaces::all().unwrap() {
        if !is_planable(&space) {
            continue;
        }
        let silent = given_up(&space);
        let context =
            |space: &Arc<Space>, seed| SearchContext { table: Some(silent.clone()), ..context(space, seed) };
        let choice = choice("hybrid", &[]);
        assert!(build(&choice, context(&space, 1)).unwrap().planned().is_none(), "{name}");
        attune_testkit::strategy::check(&space, &|space, seed| {
            build(&choice, context(&space, seed)).unwrap()
        });
        checked += 1;
    }
    assert!(checked >= 5, "{checked}");
}

/// A table that noise has ended, with the points that were measured.
fn given_up(space: &Space) -> SensitivityTable {
    let mut random = rng::derive(4, "noise", &[]);
    let mut probing = Probing::new(space, &[]).unwrap().doubted();
    loop {
        let batch = probing.batch().len();
        if batch == 0 {
            let (table, _) = probing.finish();
            return if table.is_silent() { table } else { SensitivityTable::new(silent(space)) };
        }
        let losses: Vec<_> = (0..batch).map(|_| Some(vec![random.random_range(0.0..1.0), 1.0])).collect();
        probing.tell(&losses).unwrap();
    }
}

/// No damage of anything.
fn silent(space: &Space) -> BTreeMap<Slot, Vec<Vec<f64>>> {
    space.slots().map(|slot| (slot, vec![vec![0.0, 0.0]; 4])).collect()
}

#[test]
fn the_first_proposal_is_the_best_of_the_model() {
    let mut compared = 0;
    for (name, space) in spaces::all().unwrap() {
        let Some(all) = space.enumerate(100_000).filter(|_| is_planable(&space)) else { continue };
        let table = table(&space);
        let best = all.map(|config| predicted(&table, &space, &config)).fold(f64::INFINITY, f64::min);
        let gap = [("gap", OptionValue::Real(0.0))];
        let proposals = build(&choice("profiling", &gap), with_table(&space, 1)).unwrap().ask(4);
        let first = predicted(&table, &space, &proposals[0].config);
        assert!((first - best).abs() < 1e-9, "{name}: {first}, best {best}");
        let planner = build(&choice("profiling", &gap), with_table(&space, 1)).unwrap();
        let planned = planner.planned().unwrap();
        assert!(planned.gap() < 1e-9 && (planned.damage - best).abs() < 1e-9, "{name}: {planned:?}");
        for (spent, budget) in planned.budgets.iter().zip(space.budgets()) {
            assert_eq!((&spent.resource, spent.limit), (&budget.resource, budget.limit), "{name}");
            assert!(spent.used <= budget.limit * (1.0 + 1e-9) + 1e-9, "{name}: {planned:?}");
        }
        let mut hybrid = build(&choice("hybrid", &gap), with_table(&space, 2)).unwrap();
        assert_eq!(hybrid.planned(), Some(planned), "{name}");
        let seeded = hybrid.ask(4);
        assert_eq!(seeded[0].config, proposals[0].config, "{name}");
        compared += 1;
    }
    assert!(compared >= 3, "{compared}");
}

/// A table that misleads must not leave a search behind what the technique already knew.
#[test]
fn profiling_validates_the_baselines_right_after_its_optimum() {
    let (_, space) = spaces::all().unwrap().remove(2);
    let draw = |index| space.sample(&mut rng::derive(9, "start", &[index])).unwrap();
    let first_five = |options: &[(&str, OptionValue)], baseline: Config| -> Vec<(String, Config)> {
        let starts = vec![("default".to_owned(), draw(0)), ("keys-first".to_owned(), baseline)];
        let context = SearchContext { starts, ..with_table(&space, 1) };
        let proposals = build(&choice("profiling", options), context).unwrap().ask(5);
        let named = |proposal: Proposal| match proposal.origin {
            Origin::Start(name) => (name, proposal.config),
            other => panic!("{other:?}"),
        };
        proposals.into_iter().map(named).collect()
    };
    let names = |proposals: &[(String, Config)]| -> Vec<String> {
        proposals.iter().map(|(name, _)| name.clone()).collect()
    };
    let with = first_five(&[], draw(1));
    assert_eq!(names(&with), ["profile-0", "default", "keys-first", "profile-1", "profile-2"]);
    assert_eq!((&with[1].1, &with[2].1), (&draw(0), &draw(1)));
    let without = first_five(&[("baselines", OptionValue::Bool(false))], draw(1));
    assert_eq!(names(&without), ["profile-0", "default", "profile-1", "profile-2", "profile-3"]);
    // A baseline that is the plan itself is not evaluated twice.
    let same = first_five(&[], with[0].1.clone());
    assert_eq!(names(&same), ["profile-0", "default", "profile-1", "profile-2", "profile-3"]);
}

#[test]
fn the_front_trades_one_objective_for_the_other() {
    let (_, space) = spaces::all().unwrap().remove(2);
    let mut strategy = build(&choice("profiling", &[]), with_table(&space, 1)).unwrap();
    let table = table(&space);
    let losses = strategy.ask(8).into_iter().map(|proposal| {
        let second = |slot: Slot| match proposal.config.get(slot) {
            Value::Index(index) => table.damage(slot, *index as usize, 1),
            _ => 0.0,
        };
        vec![predicted(&table, &space, &proposal.config), space.slots().map(second).sum()]
    });
    let losses: Vec<Vec<f64>> = losses.collect();
    assert_eq!(attune_core::objective::front(&losses).len(), losses.len(), "{losses:?}");
}

#[test]
fn without_a_table_nothing_is_planned() {
    let (_, space) = spaces::all().unwrap().remove(2);
    for strategy in ["hybrid", "profiling"] {
        let error = build(&choice(strategy, &[]), context(&space, 0)).err().unwrap();
        assert_eq!(error, StrategyError::NoTable { strategy: error_name(&error) });
        assert!(error.to_string().contains("needs a sensitivity table"));
    }
    assert_eq!(table_source(&choice("evolution", &[])), Ok(None));
    let gradient = [("signal", OptionValue::Text("gradient".to_owned()))];
    assert_eq!(table_source(&choice("hybrid", &gradient)), Ok(Some(TableSource::Gradient)));
}

fn error_name(error: &StrategyError) -> &'static str {
    match error {
        StrategyError::NoTable { strategy } => strategy,
        _ => "",
    }
}
