//! What a study starts from and is compared with: the technique's baselines.

use attune_core::event::Event;
use attune_core::signal::SignalRequest;
use attune_core::space::{Config, Space};
use attune_core::technique::Baseline;

use super::tally::Tally;
use super::{SessionError, SessionSetup, measuring};

/// Measures the signals that the technique asks for and lets it make its baselines of them. A baseline that is
/// no config of this space at all is left out with a warning; one that only breaks a constraint stays.
pub(super) fn baselines(
    setup: &SessionSetup,
    tally: &mut Tally,
    events: &mut dyn FnMut(Event),
) -> Result<Vec<Baseline>, SessionError> {
    let wanted: Vec<SignalRequest> =
        setup.technique.info().signals.iter().map(|name| SignalRequest::new(name)).collect();
    let signals = measuring::signals(setup, &wanted, tally, events)?;
    let mut baselines = setup.technique.baselines(setup.evaluator.model(), &setup.options, &signals)?;
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
    Ok(baselines)
}

/// The starting points of a search: the default, the uniform config, then the other baselines, as far as they
/// lie in the space.
pub(super) fn starts(space: &Space, baselines: &[Baseline]) -> Vec<(String, Config)> {
    let rank = |name: &str| match name {
        "default" => 0,
        "uniform" => 1,
        _ => 2,
    };
    let inside = baselines.iter().filter(|baseline| space.check(&baseline.config).is_ok());
    let mut starts: Vec<_> =
        inside.map(|baseline| (baseline.name.clone(), baseline.config.clone())).collect();
    starts.sort_by_key(|(name, _)| rank(name));
    starts
}
