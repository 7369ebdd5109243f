//! Strategies that plan with sensitivities find them measured, and a study that continues finds the same.

use attune_core::options::OptionValue;
use attune_core::profile::Selected;
use attune_core::sensitivity::{GivenTable, MeasuredTable, Origin, choices};
use attune_core::store::RunNote;

use super::*;
use attune_testkit::scripted::ScriptedTechnique;

fn planned(name: &str) -> Study {
    let strategy = Selected { name: name.to_owned(), options: Default::default() };
    Study { strategy, trials: 12, ..Study::default() }
}

#[test]
fn probes_are_measured_and_are_no_trials() {
    for name in ["profiling", "hybrid"] {
        let study = planned(name);
        let (end, events) = finished(&study);
        assert_eq!(end.progress.trials, 12, "{name}");
        let measured =
            |event: &Event| matches!(event, Event::Measuring { what } if what.contains("sensitivities"));
        assert!(events.iter().any(measured), "{name}");
        let probes = study.evaluator.evaluated().len();
        assert!(probes > 12, "{name}: trials and probes are {probes} plans");
    }
}

#[test]
fn probes_and_signals_count_as_work_and_stay_counted() {
    let study = planned("profiling");
    let (end, events) = finished(&study);
    let work = end.progress.work;
    // Two probes for each layer and the reference, and the signal of the baselines.
    assert!(end.progress.measuring.computed > 0);
    let trials: u64 = study
        .store
        .notes_on("study")
        .unwrap()
        .iter()
        .flat_map(|note| match note {
            RunNote::Trials(trials) => trials.iter().map(|trial| trial.work.computed).collect(),
            _ => Vec::new(),
        })
        .sum();
    assert_eq!(work.computed, trials + end.progress.measuring.computed);
    let layers = u64::from(scripted::LAYERS);
    let items = u64::from(study.items);
    assert_eq!(end.progress.measuring.computed, layers * items * (1 + 2 * layers + 1));
    assert!(events.iter().any(|event| matches!(event, Event::Planned(_))));
    let planned = end.planned.unwrap();
    assert!(planned.gap() < 1e-6, "{planned:?}");
    assert_eq!(planned.budgets[0].limit, 4.0);
    let again = finished(&study).0;
    assert_eq!((again.progress.work, again.planned), (work, Some(planned)), "what is stored says the same");
}

#[test]
fn a_gradient_table_needs_no_probes_and_plans_alike() {
    let gradient = |name: &str| {
        let mut study = planned(name);
        study.strategy.options.insert("signal".to_owned(), OptionValue::Text("gradient".to_owned()));
        study
    };
    for name in ["profiling", "hybrid"] {
        let study =
            Study { technique: Arc::new(ScriptedTechnique::default().with_estimates()), ..gradient(name) };
        let (end, _) = finished(&study);
        let items = u64::from(study.items);
        // The signal twice: once for the baselines, once for the estimate.
        assert_eq!(end.progress.measuring.computed, 2 * u64::from(scripted::LAYERS) * items, "{name}");
        let probed = finished(&planned(name)).0;
        assert_eq!(end.report.best.config, probed.report.best.config, "{name}");
    }
    let error = error(&gradient("profiling"));
    assert!(error.contains("technique `scripted` makes no estimate of damages"), "{error}");
    assert!(error.contains("set `signal` of strategy `profiling` to \"measured\""), "{error}");
}

#[test]
fn a_stop_while_planning_is_obeyed_and_the_study_goes_on_later() {
    let study = planned("profiling");
    let (end, events) = scripted_study::run(study.setup().unwrap(), |event, commands| {
        if matches!(event, Event::Planning) {
            commands.send(Command::StopNow).unwrap();
        }
    });
    assert_eq!(end.unwrap(), SessionEnd::Interrupted);
    assert!(!events.iter().any(|event| matches!(event, Event::Planned(_) | Event::TrialStarted { .. })));
    let (continued, _) = finished(&study);
    let (undisturbed, _) = finished(&planned("profiling"));
    assert_eq!(continued.report.best, undisturbed.report.best);
}

#[test]
fn planning_beats_chance_from_the_first_trial() {
    // Sensitivities of the scripted model add up, so the plan is the optimum.
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
        assert!(scripted_study::run(study.setup().unwrap(), |_, _| {}).0.is_err());
        study.store.limit_writes(None);
        finished(&study);
        assert_eq!(records(&study), records(&undisturbed), "after {writes} writes");
    }
}

#[test]
fn a_signal_that_the_evaluator_lacks_is_refused_before_anything_is_measured() {
    let deaf = || Arc::new(ScriptedEvaluator::default().without_signals());
    let refusal = |study: &Study| {
        let (end, events) = scripted_study::run(study.setup().unwrap(), |_, _| ());
        assert!(!events.iter().any(|event| matches!(event, Event::Measuring { .. })), "{events:?}");
        assert!(records(study).is_empty(), "something is stored");
        end.unwrap_err().to_string()
    };
    let baselines = refusal(&Study { evaluator: deaf(), ..Study::default() });
    for said in ["technique `scripted`", "signal `sensitivity`", "evaluator `scripted`", "measures none"] {
        assert!(baselines.contains(said), "`{said}` is not in: {baselines}");
    }

    // The estimate alone needs it: another strategy, or the same with a measured table, does not.
    let technique = || Arc::new(ScriptedTechnique::default().without_signals().with_estimates());
    let planning = |signal: &str| {
        let mut study = Study { evaluator: deaf(), technique: technique(), ..planned("profiling") };
        study.strategy.options.insert("signal".to_owned(), OptionValue::Text(signal.to_owned()));
        study
    };
    let estimate = refusal(&planning("gradient"));
    for said in ["strategy `profiling`", "signal `sensitivity`", "\"measured\"", "`evolution`"] {
        assert!(estimate.contains(said), "`{said}` is not in: {estimate}");
    }
    assert_eq!(finished(&planning("measured")).0.progress.trials, 12);
}

/// The table of a study, as people read it.
fn tabulated(study: &Study) -> MeasuredTable {
    let (_commands, receive) = crossbeam_channel::unbounded();
    tabulate(study.setup().unwrap(), &mut |_| (), receive).unwrap().unwrap()
}

/// What a table says, as a file gives it.
fn given(table: &MeasuredTable, study: &Study) -> GivenTable {
    let space = study.setup().unwrap().space;
    let mut given = GivenTable::new();
    for slot in space.slots() {
        for option in 0..choices(&space.dimensions()[slot.dimension].domain) {
            given.set(slot, option, 0, table.table.damage(slot, option as usize, 0));
        }
    }
    given.set_reference(table.reference.clone());
    given
}

#[test]
fn a_given_table_is_not_measured_again_and_plans_alike() {
    for name in ["profiling", "hybrid"] {
        let measured = planned(name);
        let (end, _) = finished(&measured);
        let table = tabulated(&measured);
        let study = Study { given: Some(Arc::new(given(&table, &measured))), ..planned(name) };
        let (again, events) = finished(&study);
        let sensitivities =
            |event: &Event| matches!(event, Event::Measuring { what } if what.contains("sensitivities"));
        assert!(!events.iter().any(sensitivities), "{name}");
        assert_eq!(again.progress.probes, 0, "{name}");
        let trials = |study: &Study| -> Vec<_> {
            records(study)
                .into_iter()
                .filter_map(|record| match record {
                    Record::Trial(trial) => Some((trial.config.clone(), trial.scores().cloned())),
                    _ => None,
                })
                .collect()
        };
        assert_eq!(trials(&study), trials(&measured), "{name}");
        assert_eq!(again.report.best, end.report.best, "{name}");
    }
}

#[test]
fn a_table_is_tabulated_from_the_cache_and_leaves_the_study_alone() {
    let study = planned("profiling");
    let unrun = tabulated(&study);
    assert!(records(&study).is_empty() && study.store.notes_on("study").unwrap().is_empty());
    let evaluated = study.evaluator.evaluated().len();
    assert!(evaluated > 0);
    assert_eq!(tabulated(&study), unrun, "the same from the cache");
    assert_eq!(study.evaluator.evaluated().len(), evaluated, "nothing is evaluated twice");
    finished(&study);
    assert_eq!(tabulated(&study), unrun);
    // Every measured damage of a level has its interval, and the reference its losses.
    assert!(unrun.at_reference.is_some() && unrun.items == study.items);
    let intervals: Vec<_> = unrun
        .told
        .values()
        .filter(|told| told.origin == Origin::Measured)
        .map(|told| told.intervals[0])
        .collect();
    assert!(
        !intervals.is_empty() && intervals.iter().all(|found| found.is_some_and(|(low, high)| low <= high))
    );
}

#[test]
fn what_a_given_table_lacks_is_measured() {
    let whole = planned("profiling");
    finished(&whole);
    let table = tabulated(&whole);
    let mut part = GivenTable::new();
    let full = given(&table, &whole);
    let space = whole.setup().unwrap().space;
    for slot in space.slots().skip(1) {
        for option in 0..choices(&space.dimensions()[slot.dimension].domain) {
            part.set(slot, option, 0, full.damage(slot, option, 0).unwrap());
        }
    }
    let study = Study { given: Some(Arc::new(part)), ..planned("profiling") };
    let (end, events) = finished(&study);
    assert!(events.iter().any(
        |event| matches!(event, Event::Measuring { what } if what.contains("that the given table lacks"))
    ));
    assert_eq!(end.progress.probes, 3, "the reference and two levels");
    assert_eq!(end.report.best, finished(&whole).0.report.best);
}

#[test]
fn a_given_table_needs_a_strategy_that_plans_with_it() {
    let table = || Some(Arc::new(given(&tabulated(&planned("profiling")), &planned("profiling"))));
    let unused = error(&Study { given: table(), ..planned("evolution") });
    assert!(unused.contains("strategy `evolution` plans with none"), "{unused}");
    let technique = Arc::new(ScriptedTechnique::default().with_estimates());
    let mut two = Study { given: table(), technique, ..planned("profiling") };
    two.strategy.options.insert("signal".to_owned(), OptionValue::Text("gradient".to_owned()));
    let two = error(&two);
    assert!(two.contains("is \"gradient\", which is another one"), "{two}");
}
