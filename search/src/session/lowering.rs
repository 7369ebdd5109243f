//! Whether anything of a space can be evaluated at all, asked of a few configs before the study begins.

use attune_core::rng;
use attune_core::space::Config;

use super::{SessionError, SessionSetup};

/// Random configs that are looked at.
const DRAWS: u64 = 6;

/// Refuses a study in which every config fails before it runs: its plan holds an edit that the evaluator does not know, or
/// the technique makes no plan of it. The configs are the technique's baselines, as far as it makes them
/// without signals, and a few random ones.
pub(super) fn check(setup: &SessionSetup) -> Result<(), SessionError> {
    let model = setup.evaluator.model();
    let baselines = setup.technique.baselines(model, &setup.options, &[]).unwrap_or_default();
    let named = baselines
        .into_iter()
        .map(|baseline| (format!("baseline `{}`", baseline.name), setup.space.canonical(baseline.config)))
        .filter(|(_, config)| setup.space.check_domains(config).is_ok());
    let draws = (0..DRAWS).filter_map(|draw| {
        let config = setup.space.sample(&mut rng::derive(setup.header.seed, "lowering", &[draw])).ok()?;
        Some(("a random config".to_owned(), config))
    });
    let mut refused = None;
    // Random ones first: they are what most of a study is made of.
    for (name, config) in draws.collect::<Vec<_>>().into_iter().chain(named) {
        match plan(setup, &name, &config) {
            Ok(()) => return Ok(()),
            Err(failure) => drop(refused.get_or_insert(failure)),
        }
    }
    refused.map_or(Ok(()), Err)
}

fn plan(setup: &SessionSetup, name: &str, config: &Config) -> Result<(), SessionError> {
    let model = setup.evaluator.model();
    let plan = setup.technique.lower(model, &setup.options, config)?;
    setup.technique.cost(model, &setup.options, config)?;
    setup.evaluator.check(&plan).map_err(|failure| SessionError::NothingRuns {
        technique: setup.technique.info().name.clone(),
        config: name.to_owned(),
        failure,
    })
}
