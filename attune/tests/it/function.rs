//! Functions: what is minimised, kept and refused.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use attune::core::evaluator::Evaluator as _;
use attune::core::event::Event;
use attune::core::options::Settings;
use attune::core::rng;
use attune::core::space::{Budget, BudgetTerm, Constraint, Dimension, Domain, Space};
use attune::core::technique::Technique as _;
use attune::function::{FunctionEvaluator, FunctionTechnique};
use attune::{Cause, Error, Minimise, minimise, strategy};

fn line() -> Space {
    Space::of([Dimension::real("x", -3.0, 3.0)]).unwrap()
}

/// `x²`, and how often it was computed.
fn square() -> (Minimise, Arc<AtomicUsize>) {
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    let square = move |point: &attune::Point<'_>| {
        counted.fetch_add(1, Ordering::Relaxed);
        point.real("x").powi(2)
    };
    (minimise(line(), square).trials(40).seed(3), calls)
}

#[test]
fn what_a_store_knows_is_not_computed_again() {
    let folder = tempfile::tempdir().unwrap();
    let run = |trials| {
        let (square, calls) = square();
        let found = square.trials(trials).store(folder.path()).run().unwrap();
        (found.value, found.result.finished.progress.trials, calls.load(Ordering::Relaxed))
    };
    let (value, trials, calls) = run(40);
    assert_eq!((trials, calls), (40, 41), "every config once, and the winner for the report");
    assert_eq!(run(40), (value, 40, 0));
    let (better, trials, calls) = run(60);
    assert!(better <= value);
    assert_eq!(trials, 60, "more trials extend what is there");
    assert!((20..=21).contains(&calls), "{calls}");
}

#[test]
fn the_result_depends_on_the_seed_and_not_on_the_workers() {
    let found = |seed, workers| square().0.seed(seed).workers(workers).run().unwrap().value;
    assert_eq!(found(1, 1), found(1, 7));
    assert_ne!(found(1, 1), found(2, 1));
}

#[test]
fn another_function_under_the_same_name_needs_another_space_strategy_or_name() {
    let folder = tempfile::tempdir().unwrap();
    square().0.store(folder.path()).run().unwrap();
    let wider = Space::of([Dimension::real("x", -9.0, 9.0)]).unwrap();
    let other = [
        minimise(wider, |point| point.real("x").powi(2)).trials(40).seed(3),
        square().0.strategy(strategy::Random::default()),
        square().0.seed(4),
    ];
    for other in other {
        let error = other.store(folder.path()).run().unwrap_err();
        assert!(matches!(error, Error::Input(_)), "{error}");
        assert!(error.to_string().contains("study `function` exists and differs in"), "{error}");
    }
    assert!(square().0.seed(4).name("other").store(folder.path()).run().is_ok());
}

#[test]
fn strategies_say_what_they_cannot_search() {
    let space = Space::of([Dimension::choice("kind", ["a", "b"])]).unwrap();
    let error = minimise(space, |_| 0.0).strategy("cma-es").run().unwrap_err();
    assert!(error.to_string().contains("strategy `cma-es` cannot search dimension `kind`"), "{error}");
    let error = square().0.strategy("cmaes").run().unwrap_err();
    assert!(error.to_string().contains("did you mean `cma-es`?"), "{error}");
    assert!(matches!(error.cause(), Cause::Strategy(_)));
}

#[test]
fn values_that_are_no_numbers_fail_their_trials_only() {
    let found = minimise(line(), |point| (point.real("x") - 1.0).sqrt()).trials(60).run().unwrap();
    assert!(found.point().real("x") >= 1.0);
    assert!(found.result.finished.progress.failed > 0);
    let error = minimise(line(), |_| f64::NAN).run().unwrap_err();
    assert!(error.to_string().contains("none of the 8 trials so far was scored"), "{error}");
}

#[test]
fn a_name_that_the_space_does_not_have_ends_the_search_with_a_word() {
    let error = minimise(line(), |point| point.real("y")).run().unwrap_err();
    assert!(error.to_string().contains("there is no dimension `y`, only x"), "{error}");
}

#[test]
fn constraints_are_kept_in_every_trial() {
    let weights = [5.0, 4.0, 3.0, 7.0];
    let items = Dimension::level("take", [0.0, 1.0]).along("item", 4);
    let term = BudgetTerm { dimension: 0, costs: weights.iter().map(|weight| vec![0.0, *weight]).collect() };
    let budget = Budget { resource: "weight".into(), unit: "kg".into(), terms: vec![term], limit: 9.0 };
    let space = Space::new(vec![items], vec![Constraint::Budget(budget)]).unwrap();
    let value = |taken: &[f64]| -> f64 {
        taken.iter().zip([10.0, 40.0, 30.0, 50.0]).map(|(take, worth)| take * worth).sum()
    };
    let found = minimise(space, move |point| -value(&point.reals("take"))).run().unwrap();
    // A knapsack with one best answer: the second and third item (7 kg, 70).
    assert_eq!((found.value, found.point().reals("take")), (-70.0, vec![0.0, 1.0, 1.0, 0.0]));
}

#[test]
fn the_evaluator_of_a_function_keeps_the_contract_of_evaluators() {
    let space = Space::of([
        Dimension::real("x", -1.0, 1.0).along("step", 2),
        Dimension::new("order", Domain::Permutation { of: 3 }),
    ]);
    let space = space.unwrap();
    let technique = FunctionTechnique::new(space.clone());
    let evaluator = FunctionEvaluator::new("f", space.clone(), |point| point.reals("x").iter().sum());
    let config = |draw| space.sample(&mut rng::derive(1, "plans", &[draw])).unwrap();
    let plan = |draw| technique.lower(evaluator.model(), &Settings::new(), &config(draw)).unwrap();
    let plans = (0..8).map(plan).collect();
    // A function has no value without arguments.
    attune_testkit::evaluator::Trial::new(&evaluator).with_plans(plans).needs_edits().findings(
        &mut |finding| {
            assert!(finding.outcome.is_ok(), "{finding:?}");
        },
    );
}

#[test]
fn a_search_that_gives_its_sensitivities_up_says_so() {
    const CELLS: usize = 20;
    let warnings = |function: fn(&[usize; CELLS]) -> f64| {
        let names: [String; CELLS] = std::array::from_fn(|cell| format!("cell-{cell}"));
        let space = Space::of(names.clone().map(|name| Dimension::choice(&name, ["a", "b", "c"]))).unwrap();
        let said = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&said);
        let chosen = move |point: &attune::Point<'_>| {
            function(&std::array::from_fn(|cell| {
                usize::from(point.choice(&names[cell]).as_bytes()[0] - b'a')
            }))
        };
        let search = minimise(space, chosen).trials(8).strategy(strategy::Hybrid::default());
        let listener = move |event: &Event| {
            if let Event::Warning { message } = event {
                heard.lock().unwrap().push(message.clone());
            }
        };
        search.on_event(listener).run().unwrap();
        said.lock().unwrap().join("; ")
    };
    // What single cells do adds up.
    let sum = warnings(|cells| cells.iter().enumerate().map(|(cell, option)| (cell * option) as f64).sum());
    assert_eq!(sum, "");
    // Every config is worth something of its own.
    let noise = warnings(|cells| {
        let mut hasher = DefaultHasher::new();
        cells.hash(&mut hasher);
        (hasher.finish() % 1000) as f64
    });
    assert!(noise.contains("the search goes on without them, as `evolution`"), "{noise:?}");
}

#[test]
fn orders_and_conditions_are_kept_in_every_trial() {
    let dimensions = vec![
        Dimension::choice("codec", ["raw", "block"]),
        Dimension::int("size", 3, 64),
        Dimension::real("threshold", 0.0, 1.0).along("step", 3),
        Dimension::new("order", Domain::Permutation { of: 5 }),
    ];
    let constraints = vec![
        Constraint::Active { dimension: 1, when: 0, options: vec![1] },
        Constraint::Ascending { dimension: 2, along: "step".into() },
        Constraint::Active { dimension: 3, when: 0, options: vec![1] },
    ];
    let space = Space::new(dimensions, constraints).unwrap();
    let found = minimise(space, |point| {
        let thresholds = point.reals("threshold");
        assert!(thresholds.is_sorted());
        let raw = point.choice("codec") == "raw";
        let size = point.real("size");
        assert!(!raw || size == 3.0, "what does not count holds its first value");
        let wide: f64 =
            thresholds.iter().zip([0.2, 0.5, 0.6]).map(|(found, best)| (found - best).abs()).sum();
        wide + if raw { 1.0 } else { (size - 32.0).abs() / 64.0 }
    });
    let found = found.trials(200).run().unwrap();
    assert!(found.value < 0.5 && found.point().choice("codec") == "block", "{}", found.value);
}
