//! Tests of whole sessions against a scripted technique, evaluator and store.

mod advance;
mod again;
mod failures;
mod front;
mod interruption;
mod journal;
mod outcome;
mod own_strategy;
mod probing;
mod racing;
mod report;
mod reuse;
mod start;

use std::sync::Arc;

use attune_core::event::{Command, Event, Finished};
use attune_core::store::{Record, Store as _};
use attune_core::technique::Technique as _;
use attune_core::trial::Trial;

use super::*;
use crate::scripted_study::{self, Study};
use attune_testkit::scripted::{self, ScriptedEvaluator};

fn finished(study: &Study) -> (Finished, Vec<Event>) {
    let (end, events) = scripted_study::run(study.setup().unwrap(), |_, _| {});
    match end.unwrap() {
        SessionEnd::Finished(finished) => (*finished, events),
        SessionEnd::Interrupted => panic!("nobody interrupted it"),
    }
}

fn error(study: &Study) -> String {
    match scripted_study::run(study.setup().unwrap(), |_, _| {}).0 {
        Err(error) => error.to_string(),
        Ok(end) => panic!("it should fail, but ended with {end:?}"),
    }
}

fn records(study: &Study) -> Vec<Record> {
    study.store.records(study.name).unwrap()
}

fn trials(study: &Study) -> Vec<Trial> {
    let trial = |record| match record {
        Record::Trial(trial) => Some(*trial),
        _ => None,
    };
    records(study).into_iter().filter_map(trial).collect()
}

fn warnings(events: &[Event]) -> Vec<String> {
    let message = |event: &'_ Event| match event {
        Event::Warning { message } => Some(message.clone()),
        _ => None,
    };
    events.iter().filter_map(message).collect()
}
