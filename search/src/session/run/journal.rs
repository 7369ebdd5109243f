//! The journal of one study, read once and appended to.

use attune_core::report::Report;
use attune_core::space::Count;
use attune_core::store::{self, Record, RecordOrder, Store, StudyHeader};
use attune_core::trial::Trial;

use crate::session::SessionError;

/// What the store holds of a study.
pub(in crate::session) struct Journal<'a> {
    store: &'a dyn Store,
    header: StudyHeader,
    trials: Vec<Trial>,
    /// The report, when it covers all trials.
    report: Option<Report>,
}

impl<'a> Journal<'a> {
    /// Reads the study, or begins it.
    pub(in crate::session) fn open(store: &'a dyn Store, header: &StudyHeader) -> Result<Self, SessionError> {
        let mut records = store.records(&header.study)?;
        if !store::has_scores(&records) && is_in_the_way(store, &records, header)? {
            store.begin_anew(&header.study)?;
            records.clear();
        }
        let mut journal = Self { store, header: header.clone(), trials: Vec::new(), report: None };
        if records.is_empty() {
            store.append(&header.study, &Record::Header(Box::new(header.clone())))?;
        }
        let mut order = RecordOrder::default();
        for (position, record) in records.into_iter().enumerate() {
            journal.read(position, record, &mut order)?;
        }
        Ok(journal)
    }

    fn read(&mut self, position: usize, record: Record, order: &mut RecordOrder) -> Result<(), SessionError> {
        order.take(&record).map_err(|wrong| SessionError::Journal {
            study: self.header.study.clone(),
            record: position,
            found: wrong.found,
            expected: wrong.expected,
        })?;
        match record {
            Record::Header(found) => {
                store::same_study(&found, &self.header)?;
                self.header = *found;
            }
            Record::Trial(trial) => {
                self.trials.push(*trial);
                self.report = None;
            }
            Record::Report(report) => self.report = Some(*report),
        }
        Ok(())
    }

    /// The header that the study was started with.
    pub(in crate::session) fn header(&self) -> &StudyHeader {
        &self.header
    }

    pub(in crate::session) fn trials(&self) -> &[Trial] {
        &self.trials
    }

    /// The report over all trials, if there is one.
    pub(in crate::session) fn report(&self) -> Option<&Report> {
        self.report.as_ref()
    }

    /// The report, when nothing is left to do: the budget is spent or the space is exhausted.
    pub(in crate::session) fn settled(&self, budget: u64, size: Count) -> Option<&Report> {
        let configs = self.trials.iter().filter(|trial| trial.again_of().is_none()).count() as u128;
        let over =
            self.trials.len() as u64 >= budget || matches!(size, Count::Exact(points) if points <= configs);
        self.report.as_ref().filter(|_| over)
    }

    /// Appends a finished trial; durable when this returns.
    pub(in crate::session) fn add_trial(&mut self, trial: Trial) -> Result<(), SessionError> {
        self.store.append(&self.header.study, &Record::Trial(Box::new(trial.clone())))?;
        self.trials.push(trial);
        self.report = None;
        Ok(())
    }

    /// Appends the report; durable when this returns.
    pub(in crate::session) fn add_report(&mut self, report: &Report) -> Result<(), SessionError> {
        self.store.append(&self.header.study, &Record::Report(Box::new(report.clone())))?;
        self.report = Some(report.clone());
        Ok(())
    }
}

/// Whether a study that scored nothing is to make room: for another one, or because its last run failed, for reasons that
/// may be gone.
fn is_in_the_way(store: &dyn Store, records: &[Record], header: &StudyHeader) -> Result<bool, SessionError> {
    let Some(Record::Header(found)) = records.first() else { return Ok(false) };
    Ok(store::same_study(found, header).is_err() || store::failure(&store.notes_on(&header.study)?).is_some())
}
