//! Tests of all strategies together.

mod convergence;
mod exact;
mod named_operators;
mod planned;

use super::*;
use attune_core::evaluator::RunControl;
use attune_core::options::{OptionValue, Settings};
use attune_core::space::{Budget, BudgetTerm, Constraint, Domain, Value};
use attune_core::strategy::{Observation, Origin, Proposal};
use attune_testkit::spaces;

fn choice(name: &str, options: &[(&str, OptionValue)]) -> Selected {
    let options = options.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    Selected { name: name.to_owned(), options }
}

fn context(space: &Arc<Space>, seed: u64) -> SearchContext {
    SearchContext {
        space: space.clone(),
        seed,
        starts: vec![],
        operators: None,
        table: None,
        repeats: 0,
        stop: RunControl::default(),
    }
}

#[test]
fn every_strategy_keeps_its_promises_on_every_space() {
    let variants = [
        choice("random", &[]),
        choice("evolution", &[]),
        choice(
            "evolution",
            &[
                ("initial", OptionValue::Int(1)),
                ("generation", OptionValue::Int(5)),
                ("population", OptionValue::Int(3)),
                ("crossover", OptionValue::Real(1.0)),
                ("redraws", OptionValue::Int(1)),
            ],
        ),
        choice("eep", &[]),
        choice("evopress", &[("offspring", OptionValue::Int(16))]),
        choice("kvtuner", &[]),
        choice("lcsc", &[]),
        choice("nsga2", &[("population", OptionValue::Int(12))]),
    ];
    for choice in &variants {
        attune_testkit::strategy::check_everywhere(&|space, seed| {
            // A start that is drawn from the space, as a technique's default would be.
            let start = space.sample(&mut rng::derive(seed, "start", &[])).unwrap();
            let starts = vec![("default".to_owned(), start)];
            build(choice, SearchContext { starts, ..context(&space, seed) }).unwrap()
        });
    }
}

#[test]
fn evolution_finds_what_random_search_does_not() {
    // 6 layers, keep 4 of 8: 1.2e11 configs, one of which keeps the first four everywhere.
    let (_, space) = spaces::all().unwrap().remove(0);
    let best = |name: &str| -> f64 {
        let mut strategy = build(&choice(name, &[]), context(&space, 5)).unwrap();
        let mut best = f64::INFINITY;
        for _ in 0..40 {
            let proposals = strategy.ask(16);
            let told = proposals.iter().map(|proposal| {
                let loss: u32 = proposal.config.dimensions()[0]
                    .iter()
                    .map(|value| match value {
                        Value::Indices(kept) => kept.iter().filter(|expert| **expert > 3).count() as u32,
                        _ => 0,
                    })
                    .sum();
                best = best.min(f64::from(loss));
                Observation {
                    index: proposal.index,
                    losses: Some(vec![f64::from(loss)]),
                    estimate: None,
                    fresh: None,
                }
            });
            strategy.tell(&told.collect::<Vec<_>>());
        }
        best
    };
    assert!(best("evolution") <= 2.0, "{}", best("evolution"));
    assert!(best("random") >= 5.0, "{}", best("random"));
}

#[test]
fn starting_points_come_first_and_only_where_wanted() {
    let (_, space) = spaces::all().unwrap().remove(2);
    let draw = |index| space.sample(&mut rng::derive(9, "start", &[index])).unwrap();
    let outside = Config::new(vec![vec![Value::Index(3); 16]]);
    let starts = || {
        vec![
            ("default".to_owned(), draw(0)),
            ("uniform".to_owned(), outside.clone()),
            ("same".to_owned(), draw(0)),
            ("sensitivity".to_owned(), draw(1)),
        ]
    };
    let names = |choice: &Selected| -> Vec<String> {
        let context = SearchContext { starts: starts(), ..context(&space, 1) };
        let proposals = build(choice, context).unwrap().ask(8);
        let name = |proposal: &Proposal| match &proposal.origin {
            Origin::Start(name) => Some(name.clone()),
            _ => None,
        };
        proposals.iter().filter_map(name).collect()
    };
    assert_eq!(names(&choice("evolution", &[])), ["default", "sensitivity"]);
    assert_eq!(names(&choice("evolution", &[("baselines", OptionValue::Bool(false))])), ["default"]);
    assert_eq!(names(&choice("random", &[])), ["default"]);
}

#[test]
fn unknown_names_and_bad_options_are_explained() {
    let (_, space) = spaces::all().unwrap().remove(0);
    let message = |choice: &Selected| match build(choice, context(&space, 0)) {
        Err(error) => error.to_string(),
        Ok(strategy) => panic!("{} was built", strategy.name()),
    };
    assert_eq!(
        message(&choice("evolutoin", &[])),
        "there is no strategy `evolutoin`, expected one of cma-es, eep, evolution, evopress, hybrid, kvtuner, lcsc, \
         nsga2, profiling, random; did you mean `evolution`?"
    );
    assert_eq!(
        message(&choice("evolution", &[("populaton", OptionValue::Int(2))])),
        "strategy `evolution` has no option `populaton`; did you mean `population`?"
    );
    assert!(
        message(&choice("evolution", &[("crossover", OptionValue::Real(2.0))]))
            .contains("a number from 0 to 1")
    );
    let operators = ("operators", OptionValue::Text("technique".to_owned()));
    assert!(message(&choice("evolution", &[operators])).contains("the technique brings none"));
    let names = ("operator-names", OptionValue::Text("swap".to_owned()));
    assert_eq!(
        message(&choice("nsga2", &[names])),
        "strategy `nsga2` is told to use the operator `swap` of the technique, expected no names: it brings no operators that \
         have one"
    );
}

#[test]
fn an_empty_space_is_refused_before_the_search() {
    let budget = Budget {
        resource: "bits".to_owned(),
        unit: "bits".to_owned(),
        limit: 1.0,
        terms: vec![BudgetTerm { dimension: 0, costs: vec![vec![2.0, 4.0]] }],
    };
    let levels = Domain::Level { levels: vec![2.0, 4.0] };
    let space = Space::new(
        vec![spaces::dimension("bits", &[("layer", 3)], levels)],
        vec![Constraint::Budget(budget)],
    );
    for info in strategies() {
        let error = build(&choice(info.name, &[]), context(&Arc::new(space.clone().unwrap()), 0)).err();
        let message = error.map(|error| error.to_string()).unwrap_or_default();
        assert!(message.contains("no config meets the budget `bits`"), "{message}");
    }
}

#[test]
fn defaults_are_what_the_options_say() {
    for info in strategies() {
        let resolved = resolved(&choice(info.name, &[])).unwrap();
        // What came later and says nothing is left out.
        let options = info.options.iter().filter(|option| option.name != evolution::OPERATOR_NAMES);
        let defaults: Settings =
            options.map(|option| (option.name.clone(), option.default.clone())).collect();
        assert_eq!(resolved.options, defaults);
    }
}

#[test]
fn what_the_check_of_a_strategy_accepts_can_be_built() {
    let mut refused = Vec::new();
    for (name, space) in spaces::all().unwrap() {
        for info in strategies() {
            let choice = choice(info.name, &[]);
            match check(&choice, &space, 3, None) {
                Err(error) => {
                    let unsupported = matches!(
                        error,
                        StrategyError::Unsupported { .. } | StrategyError::UnsupportedConstraint { .. }
                    );
                    assert!(unsupported, "{name}: {error}");
                    assert_eq!(build(&choice, context(&space, 3)).map(|_| ()), Err(error));
                    refused.push(info.name);
                }
                Ok(()) => {
                    let table = table_source(&choice).unwrap().map(|_| {
                        let reference = attune_core::sensitivity::reference(&space, None).unwrap();
                        let probes = attune_core::sensitivity::probes(&space, &reference).unwrap();
                        let losses = vec![Some(vec![1.0]); probes.len()];
                        attune_core::sensitivity::table_from(&space, &reference, &[1.0], &probes, &losses)
                    });
                    let built = build(&choice, SearchContext { table, ..context(&space, 3) });
                    assert_eq!(built.map(|_| ()), Ok(()), "{} on {name}", info.name);
                }
            }
        }
    }
    refused.sort_unstable();
    refused.dedup();
    assert_eq!(refused, ["cma-es", "hybrid", "profiling"]);
    let own = choice("evolution", &[("operators", OptionValue::Text("technique".to_owned()))]);
    let (_, space) = spaces::all().unwrap().remove(0);
    let without = check(&own, &space, 3, None);
    assert!(matches!(without, Err(StrategyError::NoOperators { .. })), "{without:?}");
    assert_eq!(check(&own, &space, 3, Some(&[])), Ok(()));
}
