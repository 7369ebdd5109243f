//! The sensitivity table that some strategies plan with: measured before the search, and no trials.

use attune_core::evaluator::{Request, Split};
use attune_core::event::Event;
use attune_core::plan::Plan;
use attune_core::sensitivity::{SensitivityTable, probes, reference, table_from};
use attune_core::space::Config;
use attune_core::technique::{Cost, TechniqueFailure};

use super::losses::Losses;
use super::scoring::{Flow, Scoring, Step, Wanted};
use super::{SessionError, SessionSetup};

/// A config that may break budgets, lowered.
struct Probed {
    lowered: Result<(Plan, Vec<Cost>), TechniqueFailure>,
    losses: Option<Vec<f64>>,
}

/// Scores the undamaged reference and every deviation of one cell from it, on the selection split, through the
/// cache; so a study that continues finds the same table. `None` when someone asked to stop.
pub(super) fn table(
    setup: &SessionSetup,
    losses: &Losses,
    preferred: Option<&Config>,
    scoring: &mut Scoring<'_>,
    events: &mut dyn FnMut(Event),
) -> Result<Option<SensitivityTable>, SessionError> {
    let reference = reference(&setup.space, preferred)?;
    let probes = probes(&setup.space, &reference)?;
    events(Event::Measuring { what: format!("sensitivity of {} choices", probes.len()) });
    let model = setup.evaluator.model();
    let lower = |config: &Config| Probed {
        lowered: setup.technique.lower(model, &setup.options, config).and_then(|plan| {
            let costs = setup.technique.cost(model, &setup.options, config)?;
            Ok((plan, costs))
        }),
        losses: None,
    };
    let mut probed: Vec<Probed> =
        std::iter::once(&reference).chain(probes.iter().map(|probe| &probe.config)).map(lower).collect();
    let plans: Vec<(usize, Plan)> = probed
        .iter()
        .enumerate()
        .filter_map(|(number, probe)| Some((number, probe.lowered.as_ref().ok()?.0.clone())))
        .filter(|(_, plan)| setup.evaluator.check(plan).is_ok())
        .collect();
    let wanted: Vec<Wanted<'_>> =
        plans.iter().map(|(number, plan)| Wanted { plan, by: format!("probe:{number}") }).collect();
    let items = setup.fidelity.all();
    let request = Request { deadline: setup.deadline, ..Request::new(Split::Selection, items) };
    let flow = scoring.score(&request, &wanted, &mut |step| {
        if let Step::Scored(position, scored) = step {
            let probe = &mut probed[plans[position].0];
            let costs = probe.lowered.as_ref().map(|(_, costs)| &costs[..]).unwrap_or_default();
            probe.losses = scored.outcome.ok().and_then(|scores| losses.of(&scores, costs).ok());
        }
        Ok(())
    })?;
    if flow == Flow::Stopped {
        return Ok(None);
    }
    let mut found = probed.into_iter();
    let Some(Probed { lowered, losses: Some(at_reference) }) = found.next() else {
        return Err(SessionError::NoReference);
    };
    lowered?;
    let found: Vec<Option<Vec<f64>>> = found.map(|probe| probe.losses).collect();
    Ok(Some(table_from(&setup.space, &reference, &at_reference, &probes, &found)))
}
