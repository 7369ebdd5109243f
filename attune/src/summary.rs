//! A study in one line.

use attune_core::store::{Record, RunNote, StudyHeader, failure};

/// What one line of a list of studies says.
pub struct Summary<'a> {
    /// The study.
    pub header: &'a StudyHeader,
    /// Finished trials.
    pub trials: u64,
    /// It has a report over all of them.
    pub finished: bool,
    /// Its last run failed.
    pub failed: bool,
    /// Metric and value on the report split, once there is a report.
    pub best: Option<(String, f64)>,
}

impl<'a> Summary<'a> {
    /// From the journal and the notes beside it; `None` without a header.
    pub fn of(records: &'a [Record], notes: &[RunNote]) -> Option<Self> {
        let Some(Record::Header(header)) = records.first() else { return None };
        let trials = records.iter().filter(|record| matches!(record, Record::Trial(_))).count() as u64;
        let report = records.iter().rev().find_map(|record| match record {
            Record::Report(report) => Some(report),
            _ => None,
        });
        Some(Self {
            header,
            trials,
            failed: failure(notes).is_some(),
            finished: report.is_some_and(|report| report.trials == trials),
            best: report.and_then(|report| {
                let metric = report.judged_by()?.metric;
                let mean = report.best.estimates.get(&metric)?.mean;
                Some((metric, mean))
            }),
        })
    }

    /// `finished`, `failed` or `unfinished`.
    pub fn state(&self) -> &'static str {
        match self.finished {
            true => "finished",
            false if self.failed => "failed",
            false => "unfinished",
        }
    }
}
