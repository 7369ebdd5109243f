//! Starting points and baselines of a study: the technique's baselines, and a trial of another study.

use attune_core::event::Event;
use attune_core::space::{Config, Space};
use attune_core::technique::Baseline;

use crate::session::measure::Measuring;
use crate::session::plan_baseline;
use crate::session::preflight::wanted_signals;
use crate::session::start::START;
use crate::session::{SessionError, SessionSetup, Start};

/// Measures the signals that the technique asks for and lets it make its baselines of them. A baseline that is
/// no config of this space at all is left out with a warning; one that only breaks a constraint stays. `None` when someone
/// asked to stop.
pub(in crate::session) fn baselines(
    measuring: &mut Measuring<'_, '_>,
) -> Result<Option<Vec<Baseline>>, SessionError> {
    let setup = measuring.setup;
    let Some(mut signals) = measuring.signals(&wanted_signals(&*setup.technique))? else { return Ok(None) };
    let events = &mut *measuring.events;
    let asked = &setup.technique.info().signals;
    let given = foreign(setup).into_iter().flat_map(|start| &start.signals);
    signals.extend(given.filter(|signal| asked.contains(&signal.name)).cloned());
    let mut baselines = setup.technique.baselines(setup.evaluator.model(), &setup.options, &signals)?;
    if let Some(start) = setup.start.as_ref().filter(|start| start.dimensions == setup.space.dimensions()) {
        let help = format!("trial {} of study `{}`", start.trial, start.study);
        baselines.retain(|baseline| baseline.name != START);
        baselines.push(Baseline { name: START.to_owned(), help, config: start.config.clone() });
    }
    baselines.retain_mut(|baseline| {
        let config = std::mem::replace(&mut baseline.config, Config::new(Vec::new()));
        baseline.config = setup.space.canonical(config);
        match setup.space.check_domains(&baseline.config) {
            Ok(()) => true,
            Err(violation) => {
                let technique = &setup.technique.info().name;
                let message = format!(
                    "baseline `{}` of technique `{technique}` is left out: {violation}",
                    baseline.name
                );
                events(Event::Warning { message });
                false
            }
        }
    });
    let names: Vec<&str> = baselines.iter().map(|baseline| baseline.name.as_str()).collect();
    plan_baseline::check(&setup.plan_baselines, &names, |plan| setup.evaluator.check(plan))?;
    match &setup.start {
        Some(start) if baselines.iter().all(|baseline| baseline.name != START) => {
            Err(start.says_nothing_to(&*setup.technique))
        }
        _ => Ok(Some(baselines)),
    }
}

/// What the study starts from, when it is of another space.
fn foreign(setup: &SessionSetup) -> Option<&Start> {
    setup.start.as_ref().filter(|start| start.dimensions != setup.space.dimensions())
}

/// The starting points of a search: the one of another study, the default, the uniform config, then the other
/// baselines, as far as they lie in the space.
pub(in crate::session) fn starts(space: &Space, baselines: &[Baseline]) -> Vec<(String, Config)> {
    let rank = |name: &str| match name {
        START => 0,
        "default" => 1,
        "uniform" => 2,
        _ => 3,
    };
    let inside = baselines.iter().filter(|baseline| space.check(&baseline.config).is_ok());
    let mut starts: Vec<_> =
        inside.map(|baseline| (baseline.name.clone(), baseline.config.clone())).collect();
    starts.sort_by_key(|(name, _)| rank(name));
    starts
}
