//! Strategies that plan with sensitivities find them measured, and a study that continues finds the same.

use attune_core::profile::Choice;

use super::*;

fn planned(name: &str) -> Study {
    let strategy = Choice { name: name.to_owned(), options: Default::default() };
    Study { strategy, trials: 12, ..Study::default() }
}

#[test]
fn probes_are_measured_and_are_no_trials() {
    for name in ["profiling", "hybrid"] {
        let study = planned(name);
        let (end, events) = finished(&study);
        assert_eq!(end.progress.trials, 12, "{name}");
        let measured = |event: &Event| matches!(event, Event::Measuring { what } if what.contains("choices"));
        assert!(events.iter().any(measured), "{name}");
        let probes = study.evaluator.evaluated().len();
        assert!(probes > 12, "{name}: trials and probes are {probes} plans");
    }
}

#[test]
fn planning_beats_chance_from_the_first_trial() {
    // Damages of the scripted model add up, so the plan is the optimum.
    let planned = finished(&planned("profiling")).0;
    let evolved = finished(&Study { trials: 200, ..Study::default() }).0;
    let damage = |end: &Finished| end.report.best.estimates["damage"].mean;
    assert!(damage(&planned) <= damage(&evolved) * 1.001, "{} {}", damage(&planned), damage(&evolved));
}

#[test]
fn an_interrupted_study_plans_again_the_same() {
    let undisturbed = planned("hybrid");
    finished(&undisturbed);
    for writes in [1, 9, 20, 26] {
        let study = planned("hybrid");
        study.store.limit_writes(Some(writes));
        assert!(testkit::run(study.setup().unwrap(), |_, _| {}).0.is_err());
        study.store.limit_writes(None);
        finished(&study);
        assert_eq!(records(&study), records(&undisturbed), "after {writes} writes");
    }
}
