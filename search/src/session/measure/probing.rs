//! The sensitivity table that some strategies plan with: measured before the search, and no trials; or estimated by
//! the technique from gradients of the dense model; or given, as far as it goes.

mod telling;

use attune_core::evaluator::{Request, Split};
use attune_core::event::Event;
use attune_core::plan::Plan;
use attune_core::scores::Scores;
use attune_core::sensitivity::{
    GivenTable, MeasuredTable, Origin, Probe, Probing, SensitivityTable, choices, probes, reference,
    table_from,
};
use attune_core::space::{Config, Slot, Space};
use attune_core::technique::{Cost, TechniqueFailure};

use super::measuring::Measuring;
use super::metered::Metered;
use super::needed::Needed;
use super::scoring::{Effort, Flow, Step, Wanted};
use crate::session::SessionError;
use crate::session::error::lasting;
use crate::session::losses::Losses;
use crate::strategy::TableSource;
use telling::Telling;

/// A config that may break budgets, lowered.
struct Probed {
    lowered: Result<(Plan, Vec<Cost>), TechniqueFailure>,
    losses: Option<Vec<f64>>,
    scores: Option<Scores>,
}

/// Everything that a table is made with.
pub(in crate::session) struct SensitivityProbe<'a, 'env> {
    pub(in crate::session) measuring: Measuring<'a, 'env>,
    pub(in crate::session) metered: &'a Metered,
    pub(in crate::session) losses: &'a Losses,
    pub(in crate::session) needed: &'a mut Needed,
    /// Whether somebody reads the table, who wants to know how certain it is.
    pub(in crate::session) read: bool,
}

impl SensitivityProbe<'_, '_> {
    /// The table from where the strategy wants it, or that was given. `None` when someone asked to stop.
    pub(in crate::session) fn table(
        &mut self,
        source: TableSource,
        starts: &[Config],
    ) -> Result<Option<MeasuredTable>, SessionError> {
        let setup = self.measuring.setup;
        if let Some(given) = &setup.given {
            return self.given(given, starts);
        }
        match source {
            TableSource::Measured => self.measured(starts, false),
            TableSource::Doubted => self.measured(starts, true),
            TableSource::Gradient => {
                let reference = reference(&setup.space, starts.first())?;
                let probes = probes(&setup.space, &reference)?;
                let Some(table) = self.estimated(&reference, &probes)? else { return Ok(None) };
                let mut telling = Telling::new(setup, self.read);
                telling.all(Origin::Estimated);
                Ok(Some(telling.of(table, reference, None, None)))
            }
        }
    }

    /// Scores what [`Probing`] asks for, on the selection split, through the cache; so a study that continues finds the same
    /// table.
    fn measured(&mut self, starts: &[Config], doubted: bool) -> Result<Option<MeasuredTable>, SessionError> {
        let setup = self.measuring.setup;
        let most = Probing::most(&setup.space, starts.len(), doubted)?;
        let probing = Probing::new(&setup.space, starts)?;
        let mut probing = if doubted { probing.doubted() } else { probing };
        let mut telling = Telling::new(setup, self.read);
        let mut first = 0;
        (self.measuring.events)(Event::Measuring { what: format!("sensitivities, {most} configs at most") });
        loop {
            let batch: Vec<Config> = probing.batch().into_iter().cloned().collect();
            if batch.is_empty() {
                break;
            }
            let Some(probed) = self.batch(&batch, first)? else { return Ok(None) };
            first += batch.len();
            let losses: Vec<Option<Vec<f64>>> = probed.iter().map(|probe| probe.losses.clone()).collect();
            let left = probing.reference().0.clone();
            telling.hear(&left, &batch, probed);
            let before = probing.changes().count();
            probing.tell(&losses).map_err(|_| SessionError::NoReference)?;
            telling.probes(&left, &probing, before);
        }
        // What a bound promised and few probes did without is over, too.
        self.measuring.meter.add((most.saturating_sub(first)) * setup.fidelity.items as usize, 0);
        (self.measuring.events)(self.measuring.meter.event());
        self.measuring.probed(first as u64)?;
        if probing.is_given_up() {
            let message = format!(
                "{first} configs were measured for sensitivities, and damages of single cells do not add up to those of several: \
                 the search goes on without them, as `evolution`"
            );
            (self.measuring.events)(Event::Warning { message });
        }
        let (reference, at_reference) = probing.reference();
        let (reference, at_reference) = (reference.clone(), at_reference.to_vec());
        let (table, best) = probing.finish();
        Ok(Some(telling.of(table, reference, Some(at_reference), best)))
    }

    /// Scores what a given table does not say, in one batch.
    fn given(
        &mut self,
        given: &GivenTable,
        starts: &[Config],
    ) -> Result<Option<MeasuredTable>, SessionError> {
        let setup = self.measuring.setup;
        let space = &setup.space;
        let measures = setup.measures();
        let reference = reference(space, starts.first())?;
        let missing = given.missing(space, &reference, &measures)?;
        let mut telling = Telling::new(setup, self.read);
        telling.all(Origin::Given);
        let (mut at_reference, mut losses) = (None, Vec::new());
        if !missing.is_empty() {
            let what = format!("sensitivities, {} configs that the given table lacks", missing.len() + 1);
            (self.measuring.events)(Event::Measuring { what });
            let probes = missing.iter().map(|probe| probe.config.clone());
            let batch: Vec<Config> = std::iter::once(reference.clone()).chain(probes).collect();
            let Some(probed) = self.batch(&batch, 0)? else { return Ok(None) };
            self.measuring.probed(batch.len() as u64)?;
            let mut found = probed.iter().map(|probe| probe.losses.clone());
            at_reference = Some(found.next().flatten().ok_or(SessionError::NoReference)?);
            losses = found.collect();
            telling.hear(&reference, &batch, probed);
            for (probe, losses) in missing.iter().zip(&losses) {
                telling.probe(
                    &reference,
                    probe,
                    if losses.is_some() { Origin::Measured } else { Origin::Failed },
                );
            }
        }
        let nothing = vec![0.0; measures.len()];
        let at = at_reference.as_ref().unwrap_or(&nothing);
        let completed = given.completed(space, &reference, at, &missing, &losses, &measures);
        let table = match self.counted(&reference, &probes(space, &reference)?, &measures)? {
            None => completed,
            Some(counted) => joined(&setup.space, &completed, &counted, &measures),
        };
        // Where nothing limits a config, that which damages are told against is the best that was seen.
        let told = given.reference().filter(|config| space.check(config).is_ok());
        let best = told.filter(|_| space.constraints().is_empty()).cloned();
        let reference = given.reference().filter(|_| missing.is_empty()).cloned().unwrap_or(reference);
        Ok(Some(telling.of(table, reference, at_reference, best)))
    }

    /// Losses of configs, of which so many were probed before.
    fn batch(&mut self, configs: &[Config], before: usize) -> Result<Option<Vec<Probed>>, SessionError> {
        let losses = self.losses;
        let read = self.read;
        let Measuring { setup, scoring, meter, events, .. } = &mut self.measuring;
        let setup = *setup;
        let model = setup.evaluator.model();
        let lower = |config: &Config| Probed {
            lowered: setup.technique.lower(model, &setup.options, config).and_then(|plan| {
                let costs = setup.technique.cost(model, &setup.options, config)?;
                Ok((plan, costs))
            }),
            losses: None,
            scores: None,
        };
        let mut probed: Vec<Probed> = Vec::with_capacity(configs.len());
        for config in configs {
            // Each is a call into the technique, which may take seconds.
            scoring.control.poll();
            if scoring.control.is_stopping() {
                return Ok(None);
            }
            let found = lower(config);
            if let Err(failure) = &found.lowered {
                lasting(failure.clone())?;
            }
            probed.push(found);
            self.metered.tell(*events);
        }
        if let (0, Some(Probed { lowered: Err(failure), .. })) = (before, probed.first()) {
            return Err(failure.clone().into());
        }
        let plans: Vec<(usize, Plan)> = probed
            .iter()
            .enumerate()
            .filter_map(|(number, probe)| Some((number, probe.lowered.as_ref().ok()?.0.clone())))
            .filter(|(_, plan)| setup.evaluator.check(plan).is_ok())
            .collect();
        let name = |number: usize| format!("probe:{}", before + number);
        let wanted: Vec<Wanted<'_>> =
            plans.iter().map(|(number, plan)| Wanted { plan, by: name(*number) }).collect();
        let items = setup.fidelity.all();
        plans.iter().for_each(|(_, plan)| self.needed.add(plan, items.iter().copied()));
        let request = Request { deadline: setup.deadline, ..Request::new(Split::Selection, items) };
        let mut effort = Effort::default();
        meter.expect(scoring.evaluations(), (wanted.len() * request.items.len()) as u64);
        events(meter.event());
        let flow = scoring.score(&request, &wanted, &mut |step| {
            match step {
                Step::Started(_) => {}
                Step::Evaluated(evaluations) => {
                    if meter.hear(evaluations) {
                        events(meter.event());
                    }
                }
                Step::Scored(position, scored) => {
                    meter.add(request.items.len(), scored.effort.items);
                    let probe = &mut probed[plans[position].0];
                    let costs = probe.lowered.as_ref().map(|(_, costs)| &costs[..]).unwrap_or_default();
                    effort += scored.effort;
                    if let Ok(scores) = scored.outcome {
                        probe.losses = losses.of(&scores, costs).ok();
                        probe.scores = Some(scores).filter(|_| read);
                    }
                }
            }
            Ok(())
        })?;
        events(meter.event());
        self.measuring.took("sensitivities", effort.work, effort.seconds)?;
        Ok((flow == Flow::Done).then_some(probed))
    }

    /// The technique's own estimate for every objective that is a metric; objectives that are costs are counted.
    fn estimated(
        &mut self,
        reference: &Config,
        probes: &[Probe],
    ) -> Result<Option<SensitivityTable>, SessionError> {
        let setup = self.measuring.setup;
        let model = setup.evaluator.model();
        let none = || SessionError::NoDamages {
            technique: setup.technique.info().name.clone(),
            strategy: setup.strategy.name().to_owned(),
        };
        let wanted = setup.technique.damage_signals(model, &setup.options)?.ok_or_else(none)?;
        let Some(signals) = self.measuring.signals(&wanted)? else { return Ok(None) };
        let damages = setup.technique.sensitivities(model, &setup.options, &signals)?.ok_or_else(none)?;
        let measures = setup.measures();
        let counted = self.counted(reference, probes, &measures)?;
        let row = |slot: Slot| {
            let choices = damages.get(slot.dimension).and_then(|cells| cells.get(slot.cell));
            let choice = |damage: &f64| vec![*damage; measures.len()];
            (slot, choices.into_iter().flatten().map(choice).collect())
        };
        let estimated = SensitivityTable::new(setup.space.slots().map(row).collect());
        Ok(Some(match counted {
            None => estimated,
            Some(counted) => joined(&setup.space, &estimated, &counted, &measures),
        }))
    }

    /// The table of objectives that are costs, which need no evaluation; `None` where none is one. `measures` says which are
    /// metrics.
    fn counted(
        &self,
        reference: &Config,
        probes: &[Probe],
        measures: &[bool],
    ) -> Result<Option<SensitivityTable>, SessionError> {
        if !measures.contains(&false) {
            return Ok(None);
        }
        let setup = self.measuring.setup;
        let model = setup.evaluator.model();
        let costs = |config: &Config| -> Result<Vec<f64>, SessionError> {
            let costs = setup.technique.cost(model, &setup.options, config)?;
            let losses = self.losses.of_costs(&setup.evaluator.task().metrics, &costs);
            Ok(losses.into_iter().map(|loss| loss.unwrap_or(0.0)).collect())
        };
        let found = probes.iter().map(|probe| costs(&probe.config).map(Some));
        let found = found.collect::<Result<Vec<Option<Vec<f64>>>, SessionError>>()?;
        Ok(Some(table_from(&setup.space, reference, &costs(reference)?, probes, &found)))
    }
}

/// A table of metrics with the objectives that are costs from another one.
fn joined(
    space: &Space,
    metrics: &SensitivityTable,
    costs: &SensitivityTable,
    measures: &[bool],
) -> SensitivityTable {
    let row = |slot: Slot| {
        let choices = choices(&space.dimensions()[slot.dimension].domain) as usize;
        let choice = |choice: usize| {
            let damage = |(objective, measured): (usize, &bool)| {
                if *measured { metrics } else { costs }.damage(slot, choice, objective)
            };
            measures.iter().enumerate().map(damage).collect()
        };
        (slot, (0..choices).map(choice).collect())
    };
    SensitivityTable::new(space.slots().map(row).collect())
}
