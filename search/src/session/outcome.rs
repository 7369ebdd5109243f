//! The result of a study, from its records and the notes on its runs.

use attune_core::event::Finished;
use attune_core::report::Report;
use attune_core::store::{Record, RunNote, RunTime, StudyHeader};

use super::counters::Counters;

/// The result that a store holds of a study, without running anything: what `run` returns when nothing is
/// left to do. `None` while there is no report over all trials.
pub fn stored(records: &[Record], notes: &[RunNote]) -> Option<Finished> {
    let Some(Record::Header(header)) = records.first() else { return None };
    let Some(Record::Report(report)) = records.last() else { return None };
    let mut counters = Counters::new(report.trials);
    for record in records {
        if let Record::Trial(trial) = record {
            counters.count(trial);
        }
    }
    counters.work_of(notes);
    Some(finished(header, &counters, (**report).clone(), notes))
}

pub(super) fn finished(
    header: &StudyHeader,
    counters: &Counters,
    report: Report,
    notes: &[RunNote],
) -> Finished {
    let runs: Vec<RunTime> = notes
        .iter()
        .filter_map(|note| match note {
            RunNote::Run(run) => Some(*run),
            _ => None,
        })
        .collect();
    let planned = notes.iter().rev().find_map(|note| match note {
        RunNote::Planned(planned) => Some(planned.clone()),
        _ => None,
    });
    Finished {
        study: header.study.clone(),
        technique: header.technique.clone(),
        model: header.model.clone(),
        device: header.device.clone(),
        progress: counters.progress(),
        seconds: runs.iter().map(|run| run.seconds).sum(),
        peak_memory: runs.iter().filter_map(|run| run.peak_memory).max(),
        seed: header.seed,
        planned,
        report,
    }
}
