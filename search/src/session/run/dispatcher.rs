//! The dispatcher: asks, has the proposals scored, journals and tells, until the budget is spent.

use std::sync::Arc;

use attune_core::evaluator::{Request, Split};
use attune_core::event::Event;
use attune_core::report::Report;
use attune_core::space::Config;
use attune_core::store::RunNote;
use attune_core::strategy::{Proposal, Strategy};
use attune_core::technique::Baseline;
use attune_core::trial::{Trial, TrialState};

use super::generation::{self, CommitSink, Generation};
use super::journal::Journal;
use super::{phases, proposals, repeats, seeds};
use crate::operators::{Guarded, TechniqueOperators, Variation, VariationError};
use crate::session::counters::Counters;
use crate::session::losses::Losses;
use crate::session::measure::{
    Flow, Measuring, Meter, Metered, Needed, Scoring, SensitivityProbe, Step, Wanted, interruptible,
};
use crate::session::race::{RacingSchedule, observations};
use crate::session::report::ReportBuilder;
use crate::session::{SessionError, SessionSetup};
use crate::strategy::{PROBED, SearchContext};

/// How the dispatcher ends.
pub(in crate::session) enum End {
    Reported(Box<Report>),
    Interrupted,
}

/// Owns everything that has an order.
pub(in crate::session) struct Dispatcher<'a, 'e> {
    setup: &'a SessionSetup,
    metered: &'a Metered,
    scoring: Scoring<'a>,
    events: &'e mut dyn FnMut(Event),
    pub(in crate::session) journal: Journal<'a>,
    pub(in crate::session) counters: Counters,
    meter: Meter,
    needed: Needed,
}

impl<'a, 'e> Dispatcher<'a, 'e> {
    pub(in crate::session) fn new(
        setup: &'a SessionSetup,
        metered: &'a Metered,
        journal: Journal<'a>,
        scoring: Scoring<'a>,
        events: &'e mut dyn FnMut(Event),
    ) -> Self {
        let trials = journal.trials().len();
        let meter = phases::search(setup, trials);
        let counters = Counters::new(setup.trials.max(trials as u64));
        Self { setup, metered, scoring, events, journal, counters, meter, needed: Needed::default() }
    }

    pub(in crate::session) fn run(&mut self) -> Result<End, SessionError> {
        let losses = self.setup.preflight().losses()?;
        self.counters.work_of(&self.setup.store.notes_on(&self.setup.header.study)?);
        for trial in self.journal.trials() {
            self.needed.learn(trial, self.setup.fidelity.items);
            self.counters.count(trial);
            self.counters.rank(trial, losses.of_trial(trial).as_deref());
        }
        if self.journal.trials().iter().any(|trial| trial.again_of().is_some()) {
            self.counters.rank_again(self.journal.trials(), &losses);
        }
        if let Some(best) = self.counters.best() {
            let trial = Box::new(self.journal.trials()[best].clone());
            (self.events)(Event::BestSoFar { trial });
        }
        let mut measuring = phases::measuring(self.setup, self.searches())?;
        if !measuring.is_empty() {
            (self.events)(measuring.event());
            self.advances(0)?;
        }
        let Self { setup, scoring, events, counters, .. } = self;
        let signals =
            &mut Measuring { setup, scoring, counters, meter: &mut measuring, events: &mut **events };
        let Some(baselines) = seeds::baselines(signals)? else { return Ok(End::Interrupted) };
        self.advances(baselines.len())?;
        if self.search(&losses, &baselines, &mut measuring)? == Flow::Stopped {
            return Ok(End::Interrupted);
        }
        if let Some(report) = self.journal.report() {
            return Ok(End::Reported(Box::new(report.clone())));
        }
        let Some(best) = self.counters.best() else { return Err(nothing_scored(self.journal.trials())) };
        let mut builder = ReportBuilder {
            setup: self.setup,
            losses: &losses,
            scoring: &mut self.scoring,
            events: self.events,
        };
        let trials = self.journal.trials();
        match builder.report(&trials[best], trials, &baselines)? {
            None => Ok(End::Interrupted),
            Some(report) => {
                self.journal.add_report(&report)?;
                Ok(End::Reported(Box::new(report)))
            }
        }
    }

    /// Whether there are trials to come.
    fn searches(&self) -> bool {
        (self.journal.trials().len() as u64) < self.setup.trials
    }

    /// Says how much there is to do, before any of it is done.
    fn advances(&mut self, baselines: usize) -> Result<(), SessionError> {
        (self.events)(self.meter.event());
        if self.journal.report().is_none() {
            (self.events)(phases::report(self.setup, baselines)?.event());
        }
        Ok(())
    }

    fn search(
        &mut self,
        losses: &Losses,
        baselines: &[Baseline],
        meter: &mut Meter,
    ) -> Result<Flow, SessionError> {
        let budget = self.setup.trials;
        if !self.searches() {
            return Ok(Flow::Done);
        }
        let operators = self.operators();
        let mut starts = seeds::starts(&self.setup.space, baselines);
        let mut table = None;
        if let Some(source) = self.setup.strategy.table()? {
            let configs: Vec<Config> = starts.iter().map(|(_, config)| config.clone()).collect();
            let Self { setup, metered, scoring, events, counters, needed, .. } = self;
            let measuring = Measuring { setup, scoring, counters, meter, events: &mut **events };
            let mut probe = SensitivityProbe { measuring, metered, losses, needed, read: false };
            let Some(measured) = probe.table(source, &configs)? else { return Ok(Flow::Stopped) };
            table = Some(measured.table);
            starts.splice(0..0, measured.best.map(|best| (PROBED.to_owned(), best)));
        }
        let context = SearchContext {
            space: self.setup.space.clone(),
            seed: self.setup.header.seed,
            starts,
            operators: operators.clone().map(|guarded| guarded as Arc<dyn Variation>),
            table,
            repeats: self.setup.repeats()?,
            stop: self.scoring.control.flag(),
        };
        if context.table.is_some() {
            (self.events)(Event::Planning);
        }
        let source = &self.setup.strategy;
        let name = source.name();
        let Some(built) = interruptible(
            &mut self.scoring.control,
            &format!("building strategy `{name}`"),
            &mut || (),
            || source.build(context),
        )?
        else {
            return Ok(Flow::Stopped);
        };
        let mut strategy = built?;
        if let Some(planned) = strategy.planned() {
            (self.events)(Event::Planned(planned.clone()));
            self.setup.store.note(&self.setup.header.study, &RunNote::Planned(planned.clone()))?;
        }
        // Its pace begins here.
        (self.events)(self.meter.event());
        let mut asked = 0;
        while asked < budget {
            let limit = usize::try_from(budget - asked).unwrap_or(usize::MAX);
            let Some(proposals) = interruptible(
                &mut self.scoring.control,
                &format!("asking strategy `{name}`"),
                &mut || (),
                || strategy.ask(limit),
            )?
            else {
                return Ok(Flow::Stopped);
            };
            self.check_operators(operators.as_deref())?;
            let before = &self.journal.trials()[..asked as usize];
            proposals::check(name, &proposals, before, limit, &self.setup.space)?;
            let Some(last) = proposals.last() else { break };
            let next = last.index + 1;
            if self.generation(&*strategy, proposals, losses)? == Flow::Stopped {
                return Ok(Flow::Stopped);
            }
            let trials = &self.journal.trials()[..next as usize];
            let observations = observations(trials, asked as usize, losses);
            if asked == 0 && observations.iter().all(|observation| observation.losses.is_none()) {
                return Err(nothing_scored(trials));
            }
            strategy.tell(&observations);
            asked = next;
        }
        // A stop that came while the last generation ran still comes before the report.
        Ok(if self.scoring.control.is_stopping() { Flow::Stopped } else { Flow::Done })
    }

    /// The technique's own operator, if it brings one, guarded.
    fn operators(&self) -> Option<Arc<Guarded>> {
        let setup = self.setup;
        setup.technique.info().has_operators.then(|| {
            let own = TechniqueOperators::new(
                setup.technique.clone(),
                setup.evaluator.model().clone(),
                setup.options.clone(),
                setup.space.clone(),
            );
            Arc::new(Guarded::new(Arc::new(own), setup.space.clone(), self.scoring.control.flag()))
        })
    }

    fn check_operators(&mut self, operators: Option<&Guarded>) -> Result<(), SessionError> {
        let Some(operators) = operators else { return Ok(()) };
        if let Some(failure) = operators.take_unrepeatable() {
            return Err(SessionError::Variation(failure));
        }
        if let Some(failure) = operators.take_warning() {
            let message = format!(
                "{failure}; the operators of the space step in whenever this happens (said only once)"
            );
            (self.events)(Event::Warning { message });
        }
        if let Some(failure) = operators.take_given_up() {
            let reason = match failure {
                VariationError::UsedUp { .. } => failure.to_string(),
                _ => format!(
                    "{failure}; this was the {}. time that it used up what one call may take",
                    Guarded::EXHAUSTED
                ),
            };
            let message = format!(
                "{reason}, so it is not asked any more: the operators of the space make all further children"
            );
            (self.events)(Event::Warning { message });
        }
        Ok(())
    }

    /// Has every proposal finished: the journalled ones are only compared, the others scored and journalled.
    fn generation(
        &mut self,
        strategy: &dyn Strategy,
        proposals: Vec<Proposal>,
        losses: &Losses,
    ) -> Result<Flow, SessionError> {
        let known = self.journal.trials().len() as u64;
        let first = proposals.first().map_or(known, |proposal| proposal.index);
        let blocks = repeats::blocks(self.setup, &self.journal.trials()[..first as usize], &proposals)?;
        let (old, new): (Vec<_>, Vec<_>) = proposals.into_iter().partition(|proposal| proposal.index < known);
        for proposal in &old {
            let trial = &self.journal.trials()[proposal.index as usize];
            if trial.config != proposal.config {
                return Err(SessionError::Diverged {
                    study: self.setup.header.study.clone(),
                    trial: trial.id,
                    found: trial.config.hash().short(),
                    strategy: strategy.name().to_owned(),
                    proposed: proposal.config.hash().short(),
                });
            }
        }
        // Repeats have items of their own and race nobody.
        let races = |proposals: &[Proposal]| -> Vec<Proposal> {
            proposals.iter().filter(|proposal| !blocks.contains_key(&proposal.index)).cloned().collect()
        };
        let racing = (&races(&old)[..], &races(&new)[..]);
        let mut schedule = RacingSchedule::new(self.setup, strategy.rival(), self.journal.trials(), racing)?;
        let Self { setup, metered, scoring, events, journal, counters, meter, needed } = self;
        let mut lowered = Vec::with_capacity(new.len());
        for proposal in new {
            // Each is a call into the technique, which may take seconds.
            scoring.control.poll();
            if scoring.control.is_stopping() {
                return Ok(Flow::Stopped);
            }
            lowered.push(generation::lower(setup, proposal)?);
            metered.tell(*events);
        }
        let sink = CommitSink { journal, counters, meter, needed, losses, events: &mut **events };
        let mut generation = Generation::new(setup, lowered, sink);
        let (again, unsettled): (Vec<_>, Vec<_>) = generation
            .unsettled()
            .into_iter()
            .partition(|(position, _)| blocks.contains_key(&generation.id(*position)));
        let again = again.into_iter().filter_map(|(position, plan)| {
            let items = blocks.get(&generation.id(position))?.clone();
            Some((position, plan, items))
        });
        let again: Vec<_> = again.collect();
        let ids: Vec<u64> = unsettled.iter().map(|(position, _)| generation.id(*position)).collect();
        generation.commit()?;
        generation.begins(scoring.evaluations());
        let mut flow = Flow::Done;
        let mut racing: Vec<usize> = (0..unsettled.len()).collect();
        for stage in 0..schedule.stages() {
            let wanted: Vec<Wanted<'_>> = racing
                .iter()
                .map(|&entrant| Wanted { plan: &unsettled[entrant].1, by: ids[entrant].to_string() })
                .collect();
            let items = schedule.items(stage).to_vec();
            let request = Request { deadline: setup.deadline, ..Request::new(Split::Selection, items) };
            let mut left = vec![];
            flow = scoring.score(&request, &wanted, &mut |step| match step {
                Step::Started(number) => {
                    generation.started(unsettled[racing[number]].0);
                    Ok(())
                }
                Step::Evaluated(evaluations) => {
                    generation.evaluated(evaluations);
                    Ok(())
                }
                Step::Scored(number, scored) => {
                    let entrant = racing[number];
                    match schedule.scored(entrant, stage, scored) {
                        None => {
                            left.push(entrant);
                            Ok(())
                        }
                        Some(ended) => generation.settled(unsettled[entrant].0, ended),
                    }
                }
            })?;
            if flow == Flow::Stopped {
                break;
            }
            // Outcomes come in any order; the next batch goes out in proposal order again.
            left.sort_unstable();
            let behind = schedule.cut(stage, &left, &ids);
            left.retain(|entrant| behind.iter().all(|(cut, _)| cut != entrant));
            for (entrant, ended) in behind {
                generation.settled(unsettled[entrant].0, ended)?;
            }
            racing = left;
        }
        if flow == Flow::Done {
            flow = repeats::score(setup, scoring, &mut generation, again)?;
        }
        for note in generation.notes() {
            setup.store.note(&setup.header.study, &note)?;
        }
        Ok(flow)
    }
}

fn nothing_scored(trials: &[Trial]) -> SessionError {
    let failed = trials.iter().find_map(|trial| match trial.state() {
        TrialState::Failed(failure) => Some((trial.id, failure.clone())),
        _ => None,
    });
    let (trial, failure) = failed.unwrap_or((0, "every score is NaN".to_owned()));
    SessionError::NothingScored { trials: trials.len(), trial, failure }
}
