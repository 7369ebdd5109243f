//! What the screens ask of the rest of the program. Nothing in here prints: the screens have the terminal.

mod builtins;
mod catalogue;
mod check;
mod exports;
mod launch;
mod models;
mod profiles;
mod running;
mod save;
mod stored;
mod studies;
mod subject;
mod taken;
mod timing;
mod watch;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::thread;

use attune_core::panics;
use attune_core::store::StoreError;

use super::{Answer, Backend, DraftFile, Mailbox, Request};
use crate::continuation::Continuation;
use crate::factory;
use crate::run_options::{ContinueOptions, ExportOptions, ProfileOptions, RunOptions};
use crate::setup;
use check::Checks;
use models::Models;
pub use profiles::come_with_attune;
pub(crate) use profiles::that_come_with_attune;
use running::Running;
use studies::StudyList;
use subject::Opened;
use watch::Watching;

/// The name of threads that prepare an answer: a panic in one of them is one of the screens.
pub const THREAD: &str = "backend";

/// The backend of this process: one store, and the studies that run here.
pub struct LocalBackend {
    store: PathBuf,
    running: Running,
    studies: StudyList,
    models: Models,
    opened: Opened,
    checks: Checks,
    watching: BTreeMap<String, Watching>,
}

impl LocalBackend {
    /// A backend over the store in `store`, which need not exist yet.
    pub fn new(store: &Path) -> Self {
        let running = Running::default();
        Self {
            store: store.to_owned(),
            studies: StudyList::new(store, running.clone()),
            running,
            models: Models::default(),
            opened: Opened::default(),
            checks: Checks::default(),
            watching: BTreeMap::new(),
        }
    }
}

impl LocalBackend {
    /// Changes a study of the store that nobody works on.
    fn change(
        &self,
        mailbox: &Mailbox,
        study: String,
        change: impl FnOnce(&Path, &str) -> Result<(), StoreError> + Send + 'static,
    ) {
        let store = self.store.clone();
        later(mailbox, move || {
            let result = change(&store, &study).map_err(|error| error.to_string());
            Answer::Changed { study, result }
        });
    }
}

impl Backend for LocalBackend {
    fn ask(&mut self, request: Request, mailbox: &Mailbox) {
        match request {
            Request::Studies => {
                let list = self.studies.clone();
                later(mailbox, move || Answer::Studies(list.read()));
            }
            Request::Profiles => later(mailbox, || Answer::Profiles(profiles::find())),
            Request::Catalogue => later(mailbox, || Answer::Catalogue(catalogue::read())),
            Request::Model { path, evaluator, profile } => {
                let models = self.models.clone();
                later(mailbox, move || {
                    let found = models.find(&path, evaluator.as_ref(), folder_of(&profile));
                    Answer::Model { path, evaluator, found }
                });
            }
            Request::Evaluator { evaluator, profile } => {
                factory::wait_for_none_but(&evaluator, folder_of(&profile));
                later(mailbox, move || {
                    let found = factory::spec_for_form(&evaluator, folder_of(&profile)).map(Box::new);
                    Answer::Evaluator { evaluator, found: found.map_err(|error| error.sentence()) }
                });
            }
            Request::Technique { name, profile } => later(mailbox, move || {
                let found = catalogue::technique(&name, folder_of(&profile));
                Answer::Technique { name, found }
            }),
            Request::Folder { folder, profile } => later(mailbox, move || {
                let listing = models::listing(&folder_of(&profile).join(&folder));
                Answer::Folder { folder, listing }
            }),
            Request::Load { path } => later(mailbox, move || {
                let found = setup::profile_for_form(path.as_ref());
                let found = found.map(|profile| profiles::for_form(&path, profile));
                Answer::Profile {
                    found: found
                        .map(|(file, profile)| (file, Box::new(profile)))
                        .map_err(|error| error.sentence()),
                    path,
                }
            }),
            Request::Check { ticket, draft } => {
                let (store, mailbox) = (self.store.clone(), mailbox.clone());
                let (models, opened) = (self.models.clone(), self.opened.clone());
                self.checks.newest(move || {
                    let (check, space) = check::check(&draft, &store, &models, &opened);
                    mailbox.send(Answer::Checked { ticket, check });
                    // Counting takes no turn: the next check need not wait for it.
                    if let Some(space) = space {
                        aside(move || mailbox.send(Answer::Counted { ticket, space: space.count() }));
                    }
                });
            }
            Request::Time { ticket, draft, device } => later(mailbox, move || {
                let timing = timing::time(&draft, &device).map_err(|error| error.sentence());
                Answer::Timed { ticket, timing }
            }),
            Request::Save { draft, replace } => later(mailbox, move || {
                let DraftFile { path, text } = draft;
                let result = save::save(Path::new(&path), &text, replace);
                Answer::Saved { path, result }
            }),
            Request::Launch { profile, study, device } => {
                let from = profile_options(&profile);
                let args = RunOptions { study, ..RunOptions::new(profile, &device) };
                let (store, running, mailbox) = (self.store.clone(), self.running.clone(), mailbox.clone());
                let opened = self.opened.clone();
                opening(&mailbox.clone(), move || {
                    opened.close();
                    let described = setup::profile(&from).map(|profile| (args, profile));
                    launch::launch(&store, &running, described, &mailbox);
                });
            }
            Request::Continue { study, device } => {
                let asked = ContinueOptions::new(study, &device);
                let (store, running, mailbox) = (self.store.clone(), self.running.clone(), mailbox.clone());
                let opened = self.opened.clone();
                opening(&mailbox.clone(), move || {
                    opened.close();
                    let found = Continuation::find(&store, &asked);
                    let described = found.map(|found| (found.args, found.profile));
                    launch::launch(&store, &running, described, &mailbox);
                });
            }
            Request::Open { study } => {
                let watching = Watching::default();
                self.watching.insert(study.clone(), watching.clone());
                let (store, running, mailbox) = (self.store.clone(), self.running.clone(), mailbox.clone());
                opening(&mailbox.clone(), move || watch::open(&store, &running, &study, &watching, &mailbox));
            }
            // Dropping the last handle but the thread's own ends the watch.
            Request::Leave { study } => drop(self.watching.remove(&study)),
            Request::Remove { study } => self.change(mailbox, study, attune_store::remove),
            Request::Rename { study, to } => {
                self.change(mailbox, study, move |store, study| attune_store::rename(store, study, &to));
            }
            Request::Clone { study, to } => {
                self.change(mailbox, study, move |store, study| attune_store::copy(store, study, &to));
            }
            Request::Command { study, command } => self.running.tell(&study, command),
            Request::Targets { study, trial } => {
                let store = self.store.clone();
                later(mailbox, move || {
                    let targets = exports::targets(&store, &study, trial);
                    Answer::Targets { study, trial, targets: targets.map_err(|error| error.sentence()) }
                });
            }
            Request::Export { study, trial, to, out, approximate } => {
                let store = self.store.clone();
                let args =
                    ExportOptions { study, to: Some(to), model: None, out: out.into(), trial, approximate };
                later(mailbox, move || {
                    let written = exports::write(&store, &args).map_err(|error| error.sentence());
                    Answer::Exported { study: args.study, written }
                });
            }
        }
    }

    fn close(&mut self) {
        self.watching.clear();
        self.running.close();
        self.opened.leave();
    }
}

/// Answers from a thread of its own.
fn later(mailbox: &Mailbox, work: impl FnOnce() -> Answer + Send + 'static) {
    let mailbox = mailbox.clone();
    aside(move || mailbox.send(work()));
}

/// Does `work` on a thread of the backend. Where the system gives no more threads, nobody answers.
fn aside(work: impl FnOnce() + Send + 'static) {
    drop(thread::Builder::new().name(THREAD.to_owned()).spawn(work));
}

/// Opens a study on a thread of its own; a panic on the way is an answer and not the end of the screens.
fn opening(mailbox: &Mailbox, work: impl FnOnce() + Send + 'static) {
    let mailbox = mailbox.clone();
    thread::spawn(move || {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(work)) {
            let text = panics::message(&*panic).unwrap_or("no message");
            mailbox.send(Answer::Opened(Err(format!(
                "opening the study panicked: {text}; this is a fault of attune or of a library that it uses, please report it"
            ))));
        }
    });
}

/// The folder that the paths in a profile are relative to.
fn folder_of(profile: &str) -> &Path {
    Path::new(profile).parent().unwrap_or(Path::new(""))
}

/// A profile as it is on disk.
fn profile_options(file: &str) -> ProfileOptions {
    ProfileOptions { file: file.into(), ..ProfileOptions::default() }
}
