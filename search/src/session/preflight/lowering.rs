//! Lowering: whether anything of a space can be evaluated at all, asked of a few configs before the study begins.

use attune_core::rng;
use attune_core::space::Config;

use super::{Honours, Preflight};
use crate::session::SessionError;

/// Random configs that are looked at.
const DRAWS: u64 = 6;

/// Refuses a study in which every config fails before it runs: its plan holds an edit that the evaluator does not know, or
/// the technique makes no plan of it. The configs are the technique's baselines, as far as it makes them
/// without signals, and a few random ones.
pub(super) fn check(study: &Preflight<'_>, honours: &Honours<'_>) -> Result<(), SessionError> {
    let baselines = study.technique.baselines(study.model, study.options, &[]).unwrap_or_default();
    let named = baselines
        .into_iter()
        .map(|baseline| (format!("baseline `{}`", baseline.name), study.space.canonical(baseline.config)))
        .filter(|(_, config)| study.space.check_domains(config).is_ok());
    let draws = (0..DRAWS).filter_map(|draw| {
        let config = study.space.sample(&mut rng::derive(study.seed, "lowering", &[draw])).ok()?;
        Some(("a random config".to_owned(), config))
    });
    let mut refused = None;
    // Random ones first: they are what most of a study is made of.
    for (name, config) in draws.collect::<Vec<_>>().into_iter().chain(named) {
        match plan(study, honours, &name, &config) {
            Ok(()) => return Ok(()),
            Err(failure) => drop(refused.get_or_insert(failure)),
        }
    }
    refused.map_or(Ok(()), Err)
}

fn plan(
    study: &Preflight<'_>,
    honours: &Honours<'_>,
    name: &str,
    config: &Config,
) -> Result<(), SessionError> {
    let plan = study.technique.lower(study.model, study.options, config)?;
    study.technique.cost(study.model, study.options, config)?;
    honours(&plan).map_err(|failure| SessionError::NothingRuns {
        technique: study.technique.info().name.clone(),
        config: name.to_owned(),
        failure,
    })
}
