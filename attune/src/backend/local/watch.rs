//! A study of the store, opened for reading; when another process runs it, its journal is followed.

use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, SystemTime};

use attune_core::event::{Event, Phase, Underway};
use attune_core::plan::Vocabulary;
use attune_core::profile::Profile;
use attune_core::store::{self, StoreError};
use attune_eval::model::DecoderConfig;
use attune_search::session;
use attune_store::ReadStore;

use super::running::Running;
use super::{profiles, stored, studies};
use crate::backend::{Answer, Mailbox, Opening, RunLocation};
use crate::continuation::budget;
use crate::error::Error;
use crate::factory;
use crate::reading::StoredStudy;
use crate::replay::Replay;

/// How often a journal is looked at.
const GLANCE: Duration = Duration::from_millis(500);

/// Somebody looks at a study, as long as the backend keeps its half of this.
#[derive(Clone, Default)]
pub(super) struct Watching(Arc<()>);

impl Watching {
    fn goes_on(&self) -> bool {
        Arc::strong_count(&self.0) > 1
    }
}

/// Opens a study, and follows it for as long as somebody works on it elsewhere and somebody looks at it here.
pub(super) fn open(path: &Path, running: &Running, study: &str, watching: &Watching, mailbox: &Mailbox) {
    let opened = ReadStore::open(path)
        .map_err(Error::input)
        .and_then(|store| Ok((opening(&store, running, study)?, store)));
    let (store, records, opening) = match opened {
        Ok(((records, opening), store)) => (store, records, opening),
        Err(error) => return mailbox.send(Answer::Opened(Err(error.sentence()))),
    };
    let mut replay = Replay::new(opening.objectives.clone(), opening.budget);
    for trial in &opening.trials {
        replay.count(trial);
    }
    let follow = opening.place == RunLocation::Elsewhere;
    mailbox.send(Answer::Opened(Ok(Box::new(opening))));
    if follow {
        let tell = |event| mailbox.send(Answer::Event { study: study.to_owned(), event });
        let (state, underway) = ((None, 0), Underway::default());
        let mut tail = Tail { store: &store, running, study, seen: records, state, underway, replay };
        while watching.goes_on() {
            match tail.look(&tell) {
                Ok(true) => thread::sleep(GLANCE),
                Ok(false) => return,
                Err(error) => {
                    tell(Event::Warning { message: error.to_string() });
                    return tell(Event::Interrupted { progress: tail.replay.progress() });
                }
            }
        }
    }
}

/// The number of records that were read, and what they say.
fn opening(store: &ReadStore, running: &Running, study: &str) -> Result<(usize, Opening), Error> {
    // Looked at before the journal is read: what is written in between is then followed, not missed.
    let activity = store.activity(study).map_err(Error::input)?;
    let StoredStudy { header, records, notes } = StoredStudy::read(store, study)?;
    let finished = session::stored(&records, &notes);
    let failure = store::failure(&notes);
    let place = match studies::place(study, &activity, running) {
        RunLocation::Nobody if finished.is_some() => RunLocation::Done,
        RunLocation::Nobody if failure.is_some() => RunLocation::Failed,
        place => place,
    };
    let described = profiles::of_study(study);
    let profile = stored::profile(&header);
    let config = DecoderConfig::read(&Path::new(&header.model_path).join("config.json"));
    let opening = Opening {
        edits: edits(&profile),
        header: header.clone(),
        objectives: profile.map(|profile| profile.objectives).unwrap_or_default(),
        budget: budget(&notes).unwrap_or(0),
        // A model that has moved away is needed to go on, not to look.
        layers: config.map_or(0, |config| config.layers as u32),
        place,
        failure: failure.filter(|_| place == RunLocation::Failed).map(str::to_owned),
        profile: described.map(|(file, _)| file),
        device: None,
        trials: stored::trials(&records),
        notes,
        finished: finished.filter(|_| place == RunLocation::Done).map(Box::new),
    };
    Ok((records.len(), opening))
}

/// The edits of the evaluator that a profile names, where it is found in an instant: no program is started for its words, and a component
/// of one's own may be elsewhere by now.
fn edits(profile: &Option<Profile>) -> Vocabulary {
    let chosen = profile.as_ref().and_then(|profile| profile.evaluator.as_ref());
    let builtin = chosen.filter(|chosen| factory::is_builtin_component(chosen));
    let spec = builtin.and_then(|chosen| factory::spec(chosen, Path::new("")).ok());
    spec.map_or_else(|| attune_vocabulary::model().clone(), |spec| spec.edits)
}

/// How far a journal has been read.
struct Tail<'a> {
    store: &'a ReadStore,
    running: &'a Running,
    study: &'a str,
    seen: usize,
    /// Time and size of the journal when it was read last.
    state: (Option<SystemTime>, u64),
    /// How far it was when that was told last.
    underway: Underway,
    replay: Replay,
}

impl Tail<'_> {
    /// Tells what the process that runs the study says of itself: its journal tells only of trials.
    fn hear(&mut self, underway: Underway, tell: &impl Fn(Event)) {
        let Underway { phases, running, what } = &underway;
        let said = (running, what) != (&self.underway.running, &self.underway.what);
        match running {
            Some(Phase::Measuring) if said => tell(Event::Measuring { what: what.clone() }),
            Some(Phase::Report) if said => {
                let report = phases.iter().find(|advance| advance.phase == Phase::Report);
                let (done, total) = report.map_or((0, 0), |report| (report.done, report.total));
                tell(Event::Reporting { what: what.clone(), done: done as usize, total: total as usize });
            }
            _ => {}
        }
        for advance in phases.iter().filter(|advance| !self.underway.phases.contains(advance)) {
            tell(Event::Advanced(*advance));
        }
        self.underway = underway;
    }

    /// Tells what is new; says whether there may be more.
    fn look(&mut self, tell: &impl Fn(Event)) -> Result<bool, StoreError> {
        // As in `opening`: a writer that ends while the journal is read has written nothing that is missed.
        let activity = self.store.activity(self.study)?;
        let elsewhere = studies::place(self.study, &activity, self.running) == RunLocation::Elsewhere;
        if let Some(underway) = activity.underway.filter(|_| elsewhere) {
            self.hear(underway, tell);
        }
        if elsewhere && self.state == (activity.changed, activity.bytes) {
            return Ok(true);
        }
        self.state = (activity.changed, activity.bytes);
        let records = self.store.records(self.study)?;
        self.replay.work_of(&self.store.notes_on(self.study)?);
        for record in records.iter().skip(self.seen) {
            if let Some(event) = self.replay.next(record) {
                tell(event);
            }
        }
        self.seen = records.len();
        if elsewhere {
            return Ok(true);
        }
        // The report comes before the note of the run that made it, and the time it took is in that note.
        let over = session::stored(&records, &self.store.notes_on(self.study)?);
        tell(over.map_or_else(
            || Event::Interrupted { progress: self.replay.progress() },
            |finished| Event::Finished(Box::new(finished)),
        ));
        Ok(false)
    }
}
