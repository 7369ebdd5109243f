//! The result table.

use attune_core::evaluator::Evaluator as _;
use attune_core::scores::MetricScore;
use attune_core::stats::{self, Support};

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
    // 5 random configs on two splits, the best of them once more; the winner, dense and 3 baselines on the report split
    // and elsewhere.
    assert_eq!(done, (1..=21).map(|done| (done, 21)).collect::<Vec<_>>());
}

/// What the scripted technique makes of a config of the highest level everywhere, as somebody else might have chosen it.
fn others(study: &Study, name: &str) -> PlanBaseline {
    let technique = &*study.technique;
    let own = technique.baselines(study.evaluator.model(), &Default::default(), &[]).unwrap();
    let config = &own.iter().find(|baseline| baseline.name == "too-large").unwrap().config;
    let plan = technique.lower(study.evaluator.model(), &Default::default(), config).unwrap();
    let costs = technique.cost(study.evaluator.model(), &Default::default(), config).unwrap();
    PlanBaseline { name: name.to_owned(), help: "what they chose".to_owned(), costs, plan }
}

#[test]
fn what_others_chose_is_scored_beside_the_winner_and_changes_no_search() {
    let alone = Study::default();
    let plan_baselines = vec![others(&alone, "theirs")];
    let study = Study { plan_baselines, ..Study::default() };
    let (with, events) = finished(&study);
    let line = |name: &str| with.report.baselines.iter().find(|line| line.name == name).unwrap();
    assert_eq!(with.report.baselines.last().map(|line| line.name.as_str()), Some("theirs"));
    assert_eq!(line("theirs").report, line("too-large").report, "the same plan");
    assert_eq!(line("theirs").delta, line("too-large").delta);
    assert!(line("theirs").out_of_domain.contains_key("other"));
    let last = events.iter().rev().find_map(|event| match event {
        Event::Reporting { done, total, .. } => Some((*done, *total)),
        _ => None,
    });
    assert_eq!(last, Some((23, 23)), "two more than without");
    finished(&alone);
    assert_eq!(trials(&study), trials(&alone), "no strategy hears of it");
}

#[test]
fn a_row_has_a_name_of_its_own() {
    for name in ["dense", "found (trial 3)", "Random", "uniform"] {
        let study = Study::default();
        let plan_baselines = vec![others(&study, name)];
        let message = error(&Study { plan_baselines, ..study });
        assert!(message.contains(&format!("named `{name}`, which is another row")), "{message}");
    }
}

#[test]
fn differences_are_paired_best_minus_contender() {
    let (finished, _) = finished(&Study::default());
    let report = &finished.report;
    for line in &report.baselines {
        let (best, other) = (&report.best.report.metrics["damage"], &line.report.metrics["damage"]);
        assert_eq!(best.items.len(), 20, "the report split at the report's own number of items");
        assert_eq!(line.delta["damage"], stats::difference(Support::Any, best, other, 1).unwrap());
    }
}

#[test]
fn other_domains_are_reported_for_everyone_but_chance() {
    let (finished, _) = finished(&Study::default());
    assert!(finished.report.best.out_of_domain.contains_key("other"));
    for line in &finished.report.baselines {
        let chance = line.name.starts_with("random");
        assert_eq!(line.out_of_domain.contains_key("other"), !chance, "{}", line.name);
        assert_eq!(line.out_of_domain_delta.contains_key("other"), !chance, "{}", line.name);
    }
}

#[test]
fn random_is_the_mean_over_the_drawn_configs_item_by_item() {
    let study = Study::default();
    let (finished, _) = finished(&study);
    let line = |name: &str| finished.report.baselines.iter().find(|line| line.name == name).unwrap().clone();
    let space = scripted::ScriptedTechnique::space().unwrap();
    let technique = scripted::ScriptedTechnique::default();
    let scores: Vec<MetricScore> = (0..5)
        .map(|number| {
            use attune_core::evaluator::{Evaluator as _, Fidelity, Request, Split};
            use attune_core::technique::Technique as _;
            let mut random = attune_core::rng::derive(1, "random-baseline", &[number]);
            let config = space.sample(&mut random).unwrap();
            let evaluator = ScriptedEvaluator::default();
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
    let SessionEnd::Finished(finished) = scripted_study::run(setup, |_, _| {}).0.unwrap() else {
        panic!("nobody interrupted it")
    };
    assert!(finished.report.baselines.iter().all(|line| !line.name.starts_with("random")));
}

/// A study of 48 random configs that race on 32 items and are reported on 20.
fn with_many_random() -> (SessionSetup, Study) {
    let study = Study { items: 32, ..Study::default() };
    let mut setup = study.setup().unwrap();
    setup.report.random = 48;
    (setup, study)
}

fn end(setup: SessionSetup) -> (Finished, Vec<Event>) {
    let (end, events) = scripted_study::run(setup, |_, _| {});
    match end.unwrap() {
        SessionEnd::Finished(finished) => (*finished, events),
        SessionEnd::Interrupted => panic!("nobody interrupted it"),
    }
}

/// The plans of the random configs, and their losses on a split.
fn drawn(split: &attune_core::evaluator::Split, items: u32) -> Vec<(attune_core::plan::Plan, MetricScore)> {
    use attune_core::evaluator::{Evaluator as _, Fidelity, Request};
    use attune_core::technique::Technique as _;
    let (space, technique) =
        (scripted::ScriptedTechnique::space().unwrap(), scripted::ScriptedTechnique::default());
    let evaluator = ScriptedEvaluator::default();
    let draw = |number| {
        let config = space.sample(&mut attune_core::rng::derive(1, "random-baseline", &[number])).unwrap();
        let plan = technique.lower(evaluator.model(), &Default::default(), &config).unwrap();
        let scores = evaluator.scores(&plan, &Request::new(split.clone(), Fidelity { items }.all()));
        (plan, scores.metrics["damage"].clone())
    };
    (0..48).map(draw).collect()
}

#[test]
fn random_configs_that_cannot_be_the_best_are_left_early_and_the_best_is_found() {
    use attune_core::evaluator::Split;
    let (setup, study) = with_many_random();
    let (finished, _) = end(setup);
    let line = finished.report.baselines.iter().find(|line| line.name == "random-best").unwrap();
    let selection = drawn(&Split::Selection, 32);
    let best = (0..48).min_by(|&a, &b| selection[a].1.value().total_cmp(&selection[b].1.value())).unwrap();
    assert_eq!(line.report.metrics["damage"], drawn(&Split::Report, 20)[best].1, "on every report item");
    assert!(line.help.contains("raced"), "{}", line.help);
    let evaluated = study.evaluator.evaluated_items();
    let evaluations = |split: Split| {
        let plans: std::collections::BTreeSet<_> = selection.iter().map(|(plan, _)| plan.hash()).collect();
        evaluated.keys().filter(|(of, plan, _)| *of == split && plans.contains(plan)).count()
    };
    assert!(evaluations(Split::Selection) < 48 * 32 / 2, "{}", evaluations(Split::Selection));
    assert!(evaluations(Split::Report) < 48 * 20 / 3, "{}", evaluations(Split::Report));
}

#[test]
fn the_mean_of_many_random_configs_scores_every_item_with_a_few_of_them_and_says_so() {
    use attune_core::evaluator::Split;
    let (setup, _) = with_many_random();
    let (finished, _) = end(setup);
    let line = finished.report.baselines.iter().find(|line| line.name == "random").unwrap();
    assert_eq!(line.help, "mean of 48 random configs, every item with 4 of them");
    let all = drawn(&Split::Report, 20);
    let items = &line.report.metrics["damage"].items;
    assert_eq!(items.len(), 20);
    for (item, value) in items.iter().enumerate() {
        let of_item: Vec<f64> =
            (0..48).filter(|draw| draw % 12 == item % 12).map(|draw| all[draw].1.items[item]).collect();
        let mean = of_item.iter().sum::<f64>() / of_item.len() as f64;
        assert!((value - mean).abs() < 1e-15, "item {item}");
    }
    // It estimates what all of them on all items would give.
    let truth = all.iter().map(|(_, score)| score.value()).sum::<f64>() / 48.0;
    let estimate = line.estimates["damage"];
    assert!(estimate.low < truth && truth < estimate.high, "{estimate:?} of {truth}");
}

#[test]
fn by_a_cost_the_best_random_config_is_chosen_without_evaluating_any() {
    use attune_core::evaluator::{Evaluator as _, Split};
    use attune_core::technique::Technique as _;
    let study = Study { objectives: vec!["bits"], ..Study::default() };
    let mut setup = study.setup().unwrap();
    setup.report.random = 20;
    let (finished, _) = end(setup);
    let (space, technique) =
        (scripted::ScriptedTechnique::space().unwrap(), scripted::ScriptedTechnique::default());
    let cost = |number| {
        let mut random = attune_core::rng::derive(1, "random-baseline", &[number]);
        let config = space.sample(&mut random).unwrap();
        technique.cost(study.evaluator.model(), &Default::default(), &config).unwrap()[0].value
    };
    let cheapest = (0..20).map(cost).fold(f64::INFINITY, f64::min);
    let line = finished.report.baselines.iter().find(|line| line.name == "random-best").unwrap();
    assert_eq!(line.costs[0].value, cheapest);
    let evaluated = study.evaluator.evaluated_items();
    let plans: std::collections::BTreeSet<_> =
        drawn(&Split::Selection, 1)[..20].iter().map(|(plan, _)| plan.hash()).collect();
    let searched: std::collections::BTreeSet<_> =
        trials(&study).iter().map(|trial| trial.plan.hash()).collect();
    let raced = |(split, plan, _): &&(Split, attune_core::hash::ContentHash, u32)| {
        *split == Split::Selection && plans.contains(plan) && !searched.contains(plan)
    };
    assert_eq!(evaluated.keys().filter(raced).count(), 0);
}

#[test]
fn the_report_of_an_interrupted_race_is_that_of_an_undisturbed_one() {
    let (setup, undisturbed) = with_many_random();
    end(setup);
    let (setup, study) = with_many_random();
    let mut reports = 0;
    let (stopped, _) = scripted_study::run(setup, |event, commands| {
        if let Event::Reporting { done, .. } = event
            && *done % 40 == 17
        {
            reports += 1;
            commands.send(Command::StopNow).unwrap();
        }
    });
    assert!(matches!(stopped.unwrap(), SessionEnd::Interrupted) && reports > 0);
    let mut setup = study.setup().unwrap();
    setup.report.random = 48;
    end(setup);
    assert_eq!(records(&study), records(&undisturbed));
}

#[test]
fn a_share_of_none_or_all_leaves_room_and_a_distance_of_nothing_does_not() {
    for value in [0.0, 1.0] {
        let evaluator = ScriptedEvaluator::default().edited(move |_, mut scores| {
            scores.metrics.values_mut().for_each(|score| score.items.fill(value));
            scores
        });
        let study = Study { evaluator: Arc::new(evaluator), ..Study::default() };
        let best = finished(&study).0.report.best;
        let (share, damage) = (best.estimates["likeness"], best.estimates["damage"]);
        assert_eq!((share.mean, damage.mean), (value, value));
        // Wilson at none and all of 20 items, which weigh 1, 2 and 3 and are worth 39²/89: 1/(1 + n/z²) from the end.
        assert!((share.high - share.low - 0.1835).abs() < 1e-4, "{share:?}");
        assert_eq!((damage.low, damage.high), (value, value));
        let beside = &finished(&study).0.report.baselines[0];
        let (share, damage) = (beside.delta["likeness"], beside.delta["damage"]);
        assert!(share.mean == 0.0 && share.low < 0.0 && share.high > 0.0, "{share:?}");
        assert_eq!((damage.low, damage.high), (0.0, 0.0));
    }
}

fn bounded(bound: f64) -> Study {
    Study { evaluator: ScriptedEvaluator::default().bounded(bound).into(), ..Study::default() }
}

#[test]
fn gaps_to_known_bounds_are_reported_for_everyone_and_kept() {
    let study = bounded(0.0);
    let (finished, events) = finished(&study);
    let report = &finished.report;
    assert_eq!(warnings(&events), Vec::<String>::new());
    let dense = report.baselines.iter().find(|line| line.name == "dense").unwrap();
    let gap = dense.gaps["damage"];
    assert_eq!((gap.known, gap.items, gap.reached, gap.distance.mean), (10, 20, 10, 0.0));
    let best = &report.best;
    let score = &best.report.metrics["damage"];
    let even: Vec<(f64, f64)> = (0..20)
        .step_by(2)
        .map(|item| (score.items[item] * score.weights[item], score.weights[item]))
        .collect();
    let mean = even.iter().map(|pair| pair.0).sum::<f64>() / even.iter().map(|pair| pair.1).sum::<f64>();
    assert!((best.gaps["damage"].distance.mean - mean).abs() < 1e-12);
    assert_eq!((best.gaps["damage"].reached, best.search_gaps["damage"].items), (0, 8));
    let elsewhere = &best.out_of_domain_gaps["other"]["damage"];
    assert_eq!((elsewhere.bound, elsewhere.reached), (0.0, 0));
    assert!(elsewhere.distance.mean > 0.0 && elsewhere.known < elsewhere.items, "{elsewhere:?}");
    assert!(report.baselines.iter().all(|line| line.gaps.len() == 1), "likeness has no bound");
    let kept = records(&study).into_iter().find_map(|record| match record {
        Record::Report(report) => Some(*report),
        _ => None,
    });
    assert_eq!(kept.as_ref(), Some(report));
    // Nothing but the report knows of them.
    let without = Study::default();
    self::finished(&without);
    assert_eq!(trials(&study), trials(&without));
}

#[test]
fn a_bound_that_a_plan_beats_is_none() {
    let (finished, events) = finished(&bounded(0.5));
    let best = &finished.report.best;
    assert!(finished.report.bounds.is_empty() && best.gaps.is_empty() && best.out_of_domain_gaps.is_empty());
    let warnings = warnings(&events);
    let about = warnings.iter().find(|warning| warning.contains("of the report data")).unwrap();
    assert!(about.contains("better than 0.5, which its evaluator calls a bound"), "{about}");
}
