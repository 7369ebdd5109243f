//! The phases of a study, and how much there is to do in each before any of it is done.

use attune_core::evaluator::Split;
use attune_core::event::Phase;
use attune_core::sensitivity::{Probing, reference};

use crate::session::measure::Meter;
use crate::session::preflight::wanted_signals;
use crate::session::{SessionError, SessionSetup, report};
use crate::strategy::TableSource;

/// What is measured before the trials, as far as it is known before anything is; without `search`, for the report alone.
pub(in crate::session) fn measuring(setup: &SessionSetup, search: bool) -> Result<Meter, SessionError> {
    let source = setup.strategy.table()?.filter(|_| search);
    measuring_of(setup, source)
}

/// The same with a table from there.
pub(in crate::session) fn measuring_of(
    setup: &SessionSetup,
    source: Option<TableSource>,
) -> Result<Meter, SessionError> {
    let table = match (source, &setup.given) {
        (None, _) => 0,
        (Some(_), Some(given)) => {
            let missing = given.missing(&setup.space, &reference(&setup.space, None)?, &setup.measures())?;
            missing.len() + usize::from(!missing.is_empty())
        }
        // How many starting points are to be compared is not known yet.
        (Some(TableSource::Measured), None) => Probing::most(&setup.space, 0, false)?,
        (Some(TableSource::Doubted), None) => Probing::most(&setup.space, 0, true)?,
        (Some(TableSource::Gradient), None) => {
            let model = setup.evaluator.model();
            setup.technique.damage_signals(model, &setup.options)?.map_or(0, |signals| signals.len())
        }
    };
    let plans = wanted_signals(&*setup.technique).len() + table;
    Ok(Meter::new(Phase::Measuring, 0, plans as u64 * u64::from(setup.fidelity.items)))
}

/// The trials of a study of which `finished` are.
pub(in crate::session) fn search(setup: &SessionSetup, finished: usize) -> Meter {
    let items = u64::from(setup.fidelity.items);
    Meter::new(Phase::Search, (finished as u64).saturating_mul(items), setup.trials.saturating_mul(items))
}

/// The report with this many baselines, as far as it is known before there are results.
pub(in crate::session) fn report(setup: &SessionSetup, baselines: usize) -> Result<Meter, SessionError> {
    let of =
        |split: &Split| -> Result<u64, SessionError> { Ok(u64::from(setup.report_fidelity(split)?.items)) };
    let items = of(&Split::Report)?;
    let mut out_of_domain = 0;
    for domain in &setup.out_of_domain {
        out_of_domain += of(&Split::OutOfDomain(domain.clone()))?;
    }
    // The winner and the dense model are there too.
    let entries = (baselines + setup.plan_baselines.len()) as u64 + 2;
    let members = if setup.objectives.len() > 1 { report::MOST_OF_FRONT as u64 } else { 0 };
    let chance = report::most_of_random(setup, setup.report.random as usize, items as u32);
    Ok(Meter::new(Phase::Report, 0, chance + members * items + entries * (items + out_of_domain)))
}
