//! The report: the winner beside everything that it has to beat, on data that no strategy saw.

mod bounds;
mod entries;
mod front;
mod lead;
mod random;
mod table;

use std::collections::BTreeMap;

use attune_core::evaluator::{EvalFailure, Request, Split};
use attune_core::event::{Event, Phase};
use attune_core::plan::Plan;
use attune_core::report::{Report, UNEDITED_WORDS, Words};
use attune_core::scores::Scores;
use attune_core::technique::Baseline;
use attune_core::trial::Trial;

use super::losses::Losses;
use super::measure::{Flow, Meter, Scoring, Step, Wanted};
use super::{SessionError, SessionSetup};
use entries::Entry;
use table::{Intervals, Table};

pub(super) use front::MOST as MOST_OF_FRONT;
pub(super) use random::most as most_of_random;

/// Scores of entries by position; those that failed are missing.
type Column = BTreeMap<usize, Scores>;

/// Where the report is made.
pub(super) struct ReportBuilder<'a, 'b> {
    pub(super) setup: &'b SessionSetup,
    pub(super) losses: &'b Losses,
    pub(super) scoring: &'b mut Scoring<'a>,
    pub(super) events: &'b mut dyn FnMut(Event),
}

/// Plans scored and to be scored, and the evaluations that they take.
struct Counter {
    done: usize,
    total: usize,
    meter: Meter,
}

impl Counter {
    /// One plan has its scores on `items` items.
    fn count(&mut self, items: usize, evaluated: usize) {
        self.done += 1;
        self.meter.add(items, evaluated);
    }

    /// Plans that are not scored after all, with their evaluations.
    fn skip(&mut self, plans: usize, evaluations: usize) {
        self.done += plans;
        self.meter.add(evaluations, 0);
    }

    /// What `plans` would have run in the stages after the first of `stages`, which end with that many items.
    fn skip_race(&mut self, plans: usize, stages: &[u32]) {
        if let (Some(seen), Some(all)) = (stages.first(), stages.last()) {
            self.skip(plans * (stages.len() - 1), plans * (all - seen) as usize);
        }
    }
}

impl ReportBuilder<'_, '_> {
    /// Scores the winner and its contenders; `None` when someone asked to stop. What was scored until
    /// then is in the cache.
    pub(super) fn report(
        &mut self,
        best: &Trial,
        trials: &[Trial],
        baselines: &[Baseline],
    ) -> Result<Option<Report>, SessionError> {
        let mut entries = vec![Entry::winner(best)];
        // What is evaluated need not have a form without any change: a function of a config has none.
        if self.setup.evaluator.check(&Plan::empty()).is_ok() {
            entries.push(Entry::unedited(best, self.setup.evaluator.info().edits.unedited()));
        }
        entries.extend(entries::of_baselines(self.setup, baselines, self.events)?);
        entries.extend(self.setup.plan_baselines.iter().map(Entry::of_plan));
        let draws = entries::random(self.setup, self.events)?;
        let front = front::of(trials, self.losses);
        let members: Vec<Entry> =
            front.iter().flat_map(|front| &front.members).map(Entry::of_trial).collect();
        let total = random::plans(self.setup, draws.len())
            + members.len()
            + entries.len() * (1 + self.setup.out_of_domain.len());
        let mut counter = Counter { done: 0, total, meter: self.meter(draws.len(), &members, &entries)? };
        (self.events)(counter.meter.event());

        let Some(random) = random::contenders(self, &draws, &mut counter)? else { return Ok(None) };
        let (entries_of, members_of) = (references(&entries), references(&members));
        let Some(report) = self.report_column(Split::Report, &entries_of, &mut counter)? else {
            return Ok(None);
        };
        let mut out_of_domain = BTreeMap::new();
        for domain in &self.setup.out_of_domain {
            let split = Split::OutOfDomain(domain.clone());
            let Some(column) = self.report_column(split, &entries_of, &mut counter)? else { return Ok(None) };
            out_of_domain.insert(domain.clone(), column);
        }
        let Some(on_front) = self.report_column(Split::Report, &members_of, &mut counter)? else {
            return Ok(None);
        };
        let Some(bounds) = bounds::asked(self, best, [&report, &on_front], &out_of_domain)? else {
            return Ok(None);
        };
        let front = front.map(|front| (front, on_front));
        let intervals =
            Intervals { metrics: &self.setup.evaluator.task().metrics, seed: self.setup.header.seed };
        let table = Table { entries, random, report, out_of_domain, front, intervals, bounds };
        let report = table.assemble(best, trials)?;
        let (objectives, edits) = (self.setup.objectives.clone(), &self.setup.evaluator.info().edits);
        let own = edits.unedited() != UNEDITED_WORDS;
        let words =
            own.then(|| Words { unedited: edits.unedited().to_owned(), found: edits.describe(&best.plan) });
        Ok(Some(Report { objectives, words, ..report }))
    }

    /// Everything that is to be evaluated.
    fn meter(&self, draws: usize, members: &[Entry], entries: &[Entry]) -> Result<Meter, SessionError> {
        let of = |split: &Split, entries: &[Entry]| -> Result<u64, SessionError> {
            Ok(entries.len() as u64 * u64::from(self.setup.report_fidelity(split)?.items))
        };
        let items = self.setup.report_fidelity(&Split::Report)?.items;
        let mut total = random::most(self.setup, draws, items);
        for entries in [members, entries] {
            total += of(&Split::Report, entries)?;
        }
        for domain in &self.setup.out_of_domain {
            total += of(&Split::OutOfDomain(domain.clone()), entries)?;
        }
        Ok(Meter::new(Phase::Report, 0, total))
    }

    /// Entries on report data, which takes as long as it takes.
    fn report_column(
        &mut self,
        split: Split,
        entries: &[&Entry],
        counter: &mut Counter,
    ) -> Result<Option<Column>, SessionError> {
        let items = self.setup.report_fidelity(&split)?.all();
        self.column(Request::new(split, items), entries, counter)
    }

    /// One score per entry. An entry that cannot be scored is left out with a warning, but a failure that need
    /// not repeat ends the session: a report is written once, and must not depend on a bad moment.
    fn column(
        &mut self,
        request: Request,
        entries: &[&Entry],
        counter: &mut Counter,
    ) -> Result<Option<Column>, SessionError> {
        let wanted: Vec<Wanted<'_>> = entries
            .iter()
            .map(|entry| Wanted { plan: &entry.plan, by: format!("report:{}", entry.name) })
            .collect();
        counter.meter.expect(self.scoring.evaluations(), (entries.len() * request.items.len()) as u64);
        let mut column = Column::new();
        let mut failed: BTreeMap<usize, EvalFailure> = BTreeMap::new();
        let events = &mut *self.events;
        let flow = self.scoring.score(&request, &wanted, &mut |step| {
            let (position, scored) = match step {
                Step::Started(_) => return Ok(()),
                Step::Evaluated(evaluations) => {
                    if counter.meter.hear(evaluations) {
                        events(counter.meter.event());
                    }
                    return Ok(());
                }
                Step::Scored(position, scored) => (position, scored),
            };
            counter.count(request.items.len(), scored.effort.items);
            let what = entries[position].name.clone();
            events(Event::Reporting { what, done: counter.done, total: counter.total });
            events(counter.meter.event());
            match scored.outcome {
                Ok(scores) => drop(column.insert(position, scores)),
                Err(failure) => drop(failed.insert(position, failure)),
            }
            Ok(())
        })?;
        if flow == Flow::Stopped {
            return Ok(None);
        }
        for (position, failure) in failed {
            let entry = &entries[position];
            match entry.trial {
                Some(trial) if request.split == Split::Report => {
                    return Err(SessionError::BestFails { trial, split: request.split, failure });
                }
                _ if !failure.is_deterministic() => {
                    let during = format!("scoring `{}` for the report", entry.name);
                    return Err(SessionError::Evaluator { during, failure });
                }
                _ => {
                    let message = format!("`{}` has no {} scores: {failure}", entry.name, request.split);
                    (self.events)(Event::Warning { message });
                }
            }
        }
        Ok(Some(column))
    }
}

fn references(entries: &[Entry]) -> Vec<&Entry> {
    entries.iter().collect()
}
