//! The result table.

use attune_core::scores::MetricScore;
use attune_core::stats;

use super::*;

#[test]
fn the_table_holds_everyone_who_has_to_be_beaten() {
    let study = Study::default();
    let (finished, events) = finished(&study);
    let report = &finished.report;
    let names: Vec<&str> = report.baselines.iter().map(|line| line.name.as_str()).collect();
    assert_eq!(names, ["dense", "random", "random-best", "sensitivity", "uniform", "too-large"]);
    let line = |name: &str| report.baselines.iter().find(|line| line.name == name).unwrap();
    let damage = |name: &str| line(name).estimates["damage"].mean;

    assert_eq!(damage("dense"), 0.0);
    assert_eq!(line("dense").costs[0].value, 16.0);
    assert!(damage("random") > damage("random-best"));
    assert!(report.best.estimates["damage"].mean <= damage("uniform"));
    assert!(report.best.estimates["damage"].mean <= damage("sensitivity"));
    assert!(line("random").delta["damage"].is_below_zero());
    assert!(line("too-large").costs[0].value > 4.0, "reported although it breaks the budget");

    let done: Vec<(usize, usize)> = events
        .iter()
        .filter_map(|event| match event {
            Event::Reporting { done, total, .. } => Some((*done, *total)),
            _ => None,
        })
        .collect();
    // 5 random configs on two splits; the winner, dense and 3 baselines on the report split and elsewhere.
    assert_eq!(done, (1..=20).map(|done| (done, 20)).collect::<Vec<_>>());
}

#[test]
fn differences_are_paired_best_minus_contender() {
    let (finished, _) = finished(&Study::default());
    let report = &finished.report;
    for line in &report.baselines {
        let (best, other) = (&report.best.report.metrics["damage"], &line.report.metrics["damage"]);
        assert_eq!(best.items.len(), 20, "the report split at the report's own number of items");
        assert_eq!(line.delta["damage"], stats::difference(best, other, 1).unwrap());
    }
}

#[test]
fn other_domains_are_reported_for_everyone_but_chance() {
    let (finished, _) = finished(&Study::default());
    assert!(finished.report.best.elsewhere.contains_key("other"));
    for line in &finished.report.baselines {
        let chance = line.name.starts_with("random");
        assert_eq!(line.elsewhere.contains_key("other"), !chance, "{}", line.name);
        assert_eq!(line.elsewhere_delta.contains_key("other"), !chance, "{}", line.name);
    }
}

#[test]
fn random_is_the_mean_over_the_drawn_configs_item_by_item() {
    let study = Study::default();
    let (finished, _) = finished(&study);
    let line = |name: &str| finished.report.baselines.iter().find(|line| line.name == name).unwrap().clone();
    let space = testkit::ScriptedTechnique::space().unwrap();
    let technique = testkit::ScriptedTechnique::default();
    let scores: Vec<MetricScore> = (0..5)
        .map(|number| {
            use attune_core::evaluator::{Evaluator as _, Fidelity, Request, Split};
            use attune_core::technique::Technique as _;
            let mut random = attune_core::rng::derive(1, "random-baseline", &[number]);
            let config = space.sample(&mut random).unwrap();
            let evaluator = testkit::ScriptedEvaluator::default();
            let plan = technique.lower(evaluator.model(), &Default::default(), &config).unwrap();
            let request = Request::new(Split::Report, Fidelity { items: 20 }.all());
            let mut found = None;
            let mut sink = |_: usize, outcome: Result<attune_core::evaluator::Evaluation, _>| {
                found = outcome.ok();
                std::ops::ControlFlow::Continue(())
            };
            evaluator.evaluate(&[plan], &request, &mut sink).unwrap();
            found.unwrap().scores.metrics["damage"].clone()
        })
        .collect();
    for (place, value) in line("random").report.metrics["damage"].items.iter().enumerate() {
        let mean = scores.iter().map(|score| score.items[place]).sum::<f64>() / 5.0;
        assert!((value - mean).abs() < 1e-15);
    }
    assert!(line("random").help.contains("5 random configs"));
    assert!(scores.contains(&line("random-best").report.metrics["damage"]));
}

#[test]
fn a_report_without_random_configs_has_no_chance_lines() {
    let study = Study::default();
    let mut setup = study.setup().unwrap();
    setup.report.random = 0;
    let SessionEnd::Finished(finished) = testkit::run(setup, |_, _| {}).0.unwrap() else {
        panic!("nobody interrupted it")
    };
    assert!(finished.report.baselines.iter().all(|line| !line.name.starts_with("random")));
}
