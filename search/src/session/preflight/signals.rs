//! Signals: whether the evaluator measures what the technique asks for.

use attune_core::signal::SignalRequest;
use attune_core::technique::Technique;

use super::Preflight;
use crate::session::SessionError;

/// Names of signals that come with what the study starts from begin with this; they are not measured.
const GIVEN: &str = "start-";

/// The signals that have to be measured for the baselines of a technique.
pub(in crate::session) fn wanted(technique: &dyn Technique) -> Vec<SignalRequest> {
    let names = technique.info().signals.iter().filter(|name| !name.starts_with(GIVEN));
    names.map(|name| SignalRequest::new(name)).collect()
}

/// Refuses a technique whose baselines are made of a signal that the evaluator does not measure.
pub(super) fn of_baselines(study: &Preflight<'_>) -> Result<(), SessionError> {
    missing(study, &wanted(study.technique)).map_or(Ok(()), |signal| {
        Err(SessionError::NoSignal {
            technique: study.technique.info().name.clone(),
            signal,
            evaluator: study.evaluator.to_owned(),
            measures: measured(study),
        })
    })
}

/// Refuses a strategy that plans with an estimate which is made of such a signal.
pub(super) fn of_estimate(study: &Preflight<'_>, wanted: &[SignalRequest]) -> Result<(), SessionError> {
    missing(study, wanted).map_or(Ok(()), |signal| {
        Err(SessionError::NoEstimate {
            technique: study.technique.info().name.clone(),
            strategy: study.strategy.name().to_owned(),
            signal,
            evaluator: study.evaluator.to_owned(),
            measures: measured(study),
        })
    })
}

/// The first signal that is asked for and not measured.
fn missing(study: &Preflight<'_>, wanted: &[SignalRequest]) -> Option<String> {
    let known = |name: &str| study.signals.iter().any(|signal| signal.name == name);
    wanted.iter().find(|wanted| !known(&wanted.name)).map(|wanted| wanted.name.clone())
}

/// What the evaluator measures, in words.
fn measured(study: &Preflight<'_>) -> String {
    let names: Vec<String> = study.signals.iter().map(|signal| format!("`{}`", signal.name)).collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}
