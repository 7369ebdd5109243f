//! The sensitivity table that some strategies plan with: measured before the search, and no trials; or estimated by
//! the technique from gradients of the dense model.

use attune_core::evaluator::{Request, Split};
use attune_core::event::Event;
use attune_core::plan::Plan;
use attune_core::sensitivity::{Probe, Probing, SensitivityTable, probes, reference, table_from};
use attune_core::space::{Config, Slot};
use attune_core::technique::{Cost, TechniqueFailure};

use super::measuring::Measuring;
use super::metered::Metered;
use super::needed::Needed;
use super::scoring::{Effort, Flow, Step, Wanted};
use crate::session::SessionError;
use crate::session::error::lasting;
use crate::session::losses::Losses;
use crate::strategy::TableSource;

/// A config that may break budgets, lowered.
struct Probed {
    lowered: Result<(Plan, Vec<Cost>), TechniqueFailure>,
    losses: Option<Vec<f64>>,
}

/// A table, and the best config that was found while it was measured, where probes are configs that a study may choose.
pub(in crate::session) struct Table {
    pub(in crate::session) table: SensitivityTable,
    pub(in crate::session) best: Option<Config>,
}

/// Everything that a table is made with.
pub(in crate::session) struct SensitivityProbe<'a, 'env> {
    pub(in crate::session) measuring: Measuring<'a, 'env>,
    pub(in crate::session) metered: &'a Metered,
    pub(in crate::session) losses: &'a Losses,
    pub(in crate::session) needed: &'a mut Needed,
}

impl SensitivityProbe<'_, '_> {
    /// The table from where the strategy wants it. `None` when someone asked to stop.
    pub(in crate::session) fn table(
        &mut self,
        source: TableSource,
        starts: &[Config],
    ) -> Result<Option<Table>, SessionError> {
        let space = &self.measuring.setup.space;
        match source {
            TableSource::Measured => self.measured(starts, false),
            TableSource::Doubted => self.measured(starts, true),
            TableSource::Gradient => {
                let reference = reference(space, starts.first())?;
                let probes = probes(space, &reference)?;
                let table = self.estimated(&reference, &probes)?;
                Ok(table.map(|table| Table { table, best: None }))
            }
        }
    }

    /// Scores what [`Probing`] asks for, on the selection split, through the cache; so a study that continues finds the same
    /// table.
    fn measured(&mut self, starts: &[Config], doubted: bool) -> Result<Option<Table>, SessionError> {
        let setup = self.measuring.setup;
        let most = Probing::most(&setup.space, starts.len(), doubted)?;
        let probing = Probing::new(&setup.space, starts)?;
        let mut probing = if doubted { probing.doubted() } else { probing };
        let mut first = 0;
        (self.measuring.events)(Event::Measuring { what: format!("sensitivities, {most} configs at most") });
        loop {
            let batch: Vec<Config> = probing.batch().into_iter().cloned().collect();
            if batch.is_empty() {
                break;
            }
            let Some(losses) = self.batch(&batch, first)? else { return Ok(None) };
            first += batch.len();
            probing.tell(&losses).map_err(|_| SessionError::NoReference)?;
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
        let (table, best) = probing.finish();
        Ok(Some(Table { table, best }))
    }

    /// Losses of configs, of which so many were probed before.
    fn batch(
        &mut self,
        configs: &[Config],
        before: usize,
    ) -> Result<Option<Vec<Option<Vec<f64>>>>, SessionError> {
        let losses = self.losses;
        let Measuring { setup, scoring, meter, events, .. } = &mut self.measuring;
        let setup = *setup;
        let model = setup.evaluator.model();
        let lower = |config: &Config| Probed {
            lowered: setup.technique.lower(model, &setup.options, config).and_then(|plan| {
                let costs = setup.technique.cost(model, &setup.options, config)?;
                Ok((plan, costs))
            }),
            losses: None,
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
                    probe.losses = scored.outcome.ok().and_then(|scores| losses.of(&scores, costs).ok());
                    effort += scored.effort;
                }
            }
            Ok(())
        })?;
        events(meter.event());
        self.measuring.took("sensitivities", effort.work, effort.seconds)?;
        Ok((flow == Flow::Done).then(|| probed.into_iter().map(|probe| probe.losses).collect()))
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
        let costs = |config: &Config| -> Result<Vec<Option<f64>>, SessionError> {
            let costs = setup.technique.cost(model, &setup.options, config)?;
            Ok(self.losses.of_costs(&setup.evaluator.task().metrics, &costs))
        };
        let at_reference = costs(reference)?;
        let counted = |losses: Vec<Option<f64>>| losses.into_iter().map(|loss| loss.unwrap_or(0.0)).collect();
        let is_metric: Vec<bool> = at_reference.iter().map(Option::is_none).collect();
        // A study with metrics alone needs no costs.
        let counts = is_metric.contains(&false);
        let found = probes
            .iter()
            .map(
                |probe| {
                    if counts { costs(&probe.config).map(|losses| Some(counted(losses))) } else { Ok(None) }
                },
            )
            .collect::<Result<Vec<Option<Vec<f64>>>, SessionError>>()?;
        let table = table_from(&setup.space, reference, &counted(at_reference), probes, &found);
        let row = |slot: Slot| {
            let choices = damages.get(slot.dimension).and_then(|cells| cells.get(slot.cell));
            let choice = |(choice, damage): (usize, &f64)| {
                let loss = |(objective, metric): (usize, &bool)| {
                    if *metric { *damage } else { table.damage(slot, choice, objective) }
                };
                is_metric.iter().enumerate().map(loss).collect()
            };
            (slot, choices.into_iter().flatten().enumerate().map(choice).collect())
        };
        Ok(Some(SensitivityTable::new(setup.space.slots().map(row).collect())))
    }
}
