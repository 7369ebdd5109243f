//! What a session finds and says on the way.

use attune_core::evaluator::{Evaluator as _, Fidelity, Request, Split};
use attune_core::options::Settings;
use attune_core::space::Config;
use attune_core::strategy::Origin;
use attune_core::technique::Technique as _;
use attune_core::trial::TrialState;

use super::*;

#[test]
fn a_study_finds_the_best_config_and_tells_its_story_in_order() {
    let study = Study { trials: 60, ..Study::default() };
    let (finished, events) = finished(&study);
    let space = scripted::ScriptedTechnique::space().unwrap();
    let technique = scripted::ScriptedTechnique::default();
    let evaluator = ScriptedEvaluator::default();
    let damage = |config: &Config| {
        let plan = technique.lower(evaluator.model(), &Settings::new(), config).unwrap();
        let request = Request::new(Split::Selection, Fidelity { items: 8 }.all());
        evaluator.scores(&plan, &request).value("damage").unwrap()
    };
    let all: Vec<f64> = space.enumerate(1000).unwrap().map(|config| damage(&config)).collect();
    let lowest = all.iter().copied().fold(f64::INFINITY, f64::min);
    assert!(all.len() > 200, "60 trials are a fraction of the {} configs", all.len());
    assert_eq!(finished.report.best.search["damage"], lowest);
    assert_eq!(damage(&finished.report.best.config), lowest);

    assert!(matches!(&events[0], Event::Started { resumed: 0, budget: 60, .. }));
    let first = events[1..].iter().find(|event| !matches!(event, Event::Advanced(_)));
    assert!(matches!(first, Some(Event::Measuring { what }) if what == "sensitivity"));
    assert!(matches!(events.last(), Some(Event::Finished(_))));
    let done: Vec<u64> = events
        .iter()
        .filter_map(|event| match event {
            Event::TrialFinished { trial, progress, .. } => {
                assert_eq!(progress.trials, trial.id + 1);
                Some(trial.id)
            }
            _ => None,
        })
        .collect();
    assert_eq!(done, (0..60).collect::<Vec<u64>>(), "trials finish in proposal order");
}

#[test]
fn generation_0_holds_the_default_the_uniform_config_and_the_baselines_inside_the_space() {
    let study = Study::default();
    finished(&study);
    let starts: Vec<String> = trials(&study)
        .iter()
        .filter_map(|trial| match &trial.origin {
            Origin::Start(name) => Some(name.clone()),
            _ => None,
        })
        .collect();
    // `uniform` is the default under another name, `too-large` breaks the budget.
    assert_eq!(starts, ["default", "sensitivity"]);
}

#[test]
fn workers_do_not_change_a_study() {
    let one = Study::default();
    let four = Study { workers: 4, ..Study::default() };
    finished(&one);
    finished(&four);
    assert_eq!(records(&one), records(&four));
}

#[test]
fn the_best_event_follows_the_lowest_loss_and_ties_stay_with_the_earlier_trial() {
    let study = Study::default();
    let (finished, events) = finished(&study);
    let mut lowest = f64::INFINITY;
    let mut last_best = None;
    for event in &events {
        let Event::TrialFinished { trial, best, .. } = event else { continue };
        let loss = trial.scores().unwrap().value("damage").unwrap();
        assert_eq!(*best, loss < lowest);
        if *best {
            (lowest, last_best) = (loss, Some(trial.id));
        }
    }
    assert_eq!(Some(finished.report.best.trial), last_best);
}

#[test]
fn objectives_may_be_costs_or_maximised() {
    let cheapest = Study { objectives: vec!["bits"], ..Study::default() };
    assert!(finished(&cheapest).0.report.best.costs[0].value < 3.0);
    let damage = Study::default();
    let likeness = Study { objectives: vec!["likeness", "bits"], ..Study::default() };
    let found = finished(&likeness).0.report.best.search["likeness"];
    let of_damage = finished(&damage).0.report.best.search["likeness"];
    assert!((found - of_damage).abs() < 0.02, "{found} and {of_damage} find about the same");
}

#[test]
fn unknown_objectives_list_what_exists() {
    let message = error(&Study { objectives: vec!["bit"], ..Study::default() });
    assert_eq!(
        message,
        "there is no objective `bit`; the task measures damage, likeness, the technique counts bits; \
         did you mean `bits`?"
    );
    assert!(error(&Study { objectives: vec![], ..Study::default() }).contains("no objective"));
}

#[test]
fn an_exhausted_space_ends_the_search_early() {
    let study = Study { trials: 100_000, ..Study::default() };
    let points = scripted::ScriptedTechnique::space().unwrap().enumerate(1000).unwrap().count() as u64;
    assert_eq!(finished(&study).0.progress.trials, points);
    let before = study.evaluator.evaluated();
    let again = finished(&study).0;
    assert_eq!(again.progress.trials, points);
    assert_eq!(study.evaluator.evaluated(), before, "there is nothing left to evaluate");
}

#[test]
fn what_the_task_does_not_have_is_refused_before_the_search() {
    let refused = |change: fn(&mut SessionSetup)| {
        let study = Study::default();
        let mut setup = study.setup().unwrap();
        change(&mut setup);
        let error = scripted_study::run(setup, |_, _| {}).0.unwrap_err().to_string();
        assert_eq!(study.store.writes(), 0);
        error
    };
    assert!(refused(|setup| setup.fidelity.items = 33).contains("`selection` has 32 items"));
    assert!(refused(|setup| setup.fidelity.items = 0).contains("0 items"));
    assert!(refused(|setup| setup.report.items = 25).contains("`report` has 24 items"));
    assert!(
        refused(|setup| setup.out_of_domain.push("moon".to_owned())).contains("no split `elsewhere:moon`")
    );
}

#[test]
fn every_trial_is_complete_and_counted() {
    let study = Study::default();
    let progress = finished(&study).0.progress;
    assert_eq!((progress.trials, progress.evaluated, progress.reused, progress.failed), (30, 30, 0, 0));
    assert_eq!(progress.work.computed - progress.measuring.computed, 30 * 8 * 6);
    assert!(trials(&study).iter().all(|trial| matches!(trial.state(), TrialState::Complete(_))));
}
