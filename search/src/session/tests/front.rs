//! Studies with several objectives.

use attune_core::evaluator::Split;
use attune_core::event::Phase;
use attune_core::objective::dominates;
use attune_core::profile::Selected;
use attune_core::stats::{self, Support};

use super::*;

fn several() -> Study {
    Study {
        objectives: vec!["damage", "bits"],
        strategy: Selected { name: "nsga2".to_owned(), options: Default::default() },
        trials: 120,
        ..Study::default()
    }
}

#[test]
fn the_front_is_reported_beside_the_dense_model() {
    let study = several();
    let (finished, _) = finished(&study);
    let front = finished.report.front.as_ref().expect("a study with two objectives has a front");
    assert!(front.size >= front.members.len() as u64 && front.members.len() > 2, "{}", front.size);
    let losses = |trial: &Trial| vec![trial.scores().unwrap().value("damage").unwrap(), trial.costs[0].value];
    let all: Vec<Vec<f64>> = trials(&study).iter().map(losses).collect();
    for member in &front.members {
        let own = &all[member.trial as usize];
        assert!(all.iter().all(|other| !dominates(other, own)), "trial {} is beaten", member.trial);
        assert_eq!(member.search["damage"], own[0]);
        assert_eq!(member.report.metrics["damage"].items.len(), 20, "scored on the report split");
        let dense = &finished.report.baselines[0].report.metrics["damage"];
        let delta = stats::difference(Support::Any, &member.report.metrics["damage"], dense, 1).unwrap();
        assert_eq!(member.delta["damage"], delta);
    }
    let damages: Vec<f64> = front.members.iter().map(|member| member.search["damage"]).collect();
    assert!(damages.is_sorted(), "by the first objective: {damages:?}");
    assert_eq!(finished.report.best.trial, front.members[0].trial, "the best by the first one leads it");
}

#[test]
fn one_objective_has_no_front() {
    assert_eq!(finished(&Study::default()).0.report.front, None);
}

#[test]
fn the_whole_is_known_before_the_first_trial_and_everything_is_done_at_the_end() {
    for study in [Study::default(), several()] {
        let (_, events) = finished(&study);
        let trial = events.iter().position(|event| matches!(event, Event::TrialStarted { .. })).unwrap();
        let of = |events: &[Event], phase: Phase| {
            let advance = |event: &Event| match event {
                Event::Advanced(advance) if advance.phase == phase => Some(*advance),
                _ => None,
            };
            events.iter().filter_map(advance).collect::<Vec<_>>()
        };
        let expected = of(&events[..trial], Phase::Report);
        // Once before the baselines are known, once after.
        assert!(expected.len() <= 2 && expected.iter().all(|report| report.done == 0), "{expected:?}");
        let search = of(&events, Phase::Search);
        assert_eq!((search[0].done, search[0].total), (0, study.trials * 8));
        for phase in [Phase::Search, Phase::Report] {
            let seen = of(&events, phase);
            assert!(seen.is_sorted_by_key(|advance| advance.done), "{phase:?} goes forward");
            let last = seen.last().unwrap();
            assert_eq!(last.done, last.total, "{phase:?}");
        }
        let report = of(&events, Phase::Report);
        let (first, last) = (expected[expected.len() - 1].total, report.last().unwrap().total);
        assert!(first >= last && first < last * 2, "{first} expected, {last} needed");
        let evaluated = study.evaluator.evaluated_items();
        let of_search = evaluated.keys().filter(|(split, ..)| *split == Split::Selection).count() as u64;
        assert!(search.last().unwrap().evaluated <= of_search);
    }
}
