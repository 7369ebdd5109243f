//! What the screens ask of the rest of the program. Nothing in here prints: the screens have the terminal.

mod catalogue;
mod check;
mod exports;
mod launch;
mod models;
pub(crate) mod profiles;
mod running;
mod save;
mod stored;
mod studies;
mod taken;
mod timing;
mod watch;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use attune_core::panics;
use attune_core::store::StoreError;
use attune_tui::desk::{Answer, Desk, DraftFile, Mail, Request};

use crate::args::{ContinueArgs, ExportArgs, RunArgs};
use crate::continuation::Continuation;
use crate::setup::{self, Complaints};
use check::Checks;
use models::Models;
use running::Running;
use studies::StudyList;
use watch::Watching;

/// The desk of this process: one store, and the studies that run here.
pub(crate) struct CliDesk {
    store: PathBuf,
    running: Running,
    studies: StudyList,
    models: Models,
    checks: Checks,
    watching: BTreeMap<String, Watching>,
}

impl CliDesk {
    /// A desk over the store in `store`, which need not exist yet.
    pub(crate) fn new(store: &Path) -> Self {
        let running = Running::default();
        Self {
            store: store.to_owned(),
            studies: StudyList::new(store, running.clone()),
            running,
            models: Models::default(),
            checks: Checks::default(),
            watching: BTreeMap::new(),
        }
    }
}

impl CliDesk {
    /// Changes a study of the store that nobody works on.
    fn change(
        &self,
        mail: &Mail,
        study: String,
        change: impl FnOnce(&Path, &str) -> Result<(), StoreError> + Send + 'static,
    ) {
        let store = self.store.clone();
        later(mail, move || {
            let result = change(&store, &study).map_err(|error| error.to_string());
            Answer::Changed { study, result }
        });
    }
}

impl Desk for CliDesk {
    fn ask(&mut self, request: Request, mail: &Mail) {
        match request {
            Request::Studies => {
                let list = self.studies.clone();
                later(mail, move || Answer::Studies(list.read()));
            }
            Request::Profiles => later(mail, || Answer::Profiles(profiles::find())),
            Request::Catalogue => later(mail, || Answer::Catalogue(catalogue::read())),
            Request::Model { path, profile } => {
                let models = self.models.clone();
                later(mail, move || {
                    let found = models.find(&path, folder_of(&profile));
                    Answer::Model { path, found }
                });
            }
            Request::Technique { name, profile } => later(mail, move || {
                let found = catalogue::technique(&name, folder_of(&profile));
                Answer::Technique { name, found }
            }),
            Request::Folder { folder, profile } => later(mail, move || {
                let listing = models::listing(&folder_of(&profile).join(&folder));
                Answer::Folder { folder, listing }
            }),
            Request::Load { path } => later(mail, move || {
                let found = setup::profile(&run_args(&path, "auto"));
                let found = found.map(|profile| profiles::for_form(&path, profile));
                Answer::Profile {
                    found: found
                        .map(|(file, profile)| (file, Box::new(profile)))
                        .map_err(|error| error.sentence()),
                    path,
                }
            }),
            Request::Check { ticket, draft } => {
                let (store, models, mail) = (self.store.clone(), self.models.clone(), mail.clone());
                self.checks.newest(move || {
                    let (check, space) = check::check(&draft, &store, &models);
                    mail.send(Answer::Checked { ticket, check });
                    // Counting takes no turn: the next check need not wait for it.
                    if let Some(space) = space {
                        aside(move || mail.send(Answer::Counted { ticket, space: space.count() }));
                    }
                });
            }
            Request::Time { ticket, draft, device } => later(mail, move || {
                let timing = timing::time(&draft, &device).map_err(|error| error.sentence());
                Answer::Timed { ticket, timing }
            }),
            Request::Save { draft, replace } => later(mail, move || {
                let DraftFile { path, text } = draft;
                let result = save::save(Path::new(&path), &text, replace);
                Answer::Saved { path, result }
            }),
            Request::Launch { profile, study, device } => {
                let args = RunArgs { study, ..run_args(&profile, &device) };
                let (store, running, mail) = (self.store.clone(), self.running.clone(), mail.clone());
                opening(&mail.clone(), move || {
                    let described = setup::profile(&args).map(|profile| (args, profile));
                    launch::launch(&store, &running, described, &mail);
                });
            }
            Request::Continue { study, device } => {
                let asked = ContinueArgs { device, ..continue_args(study) };
                let (store, running, mail) = (self.store.clone(), self.running.clone(), mail.clone());
                opening(&mail.clone(), move || {
                    let found = Continuation::find(&store, &asked);
                    let described = found.map(|found| (found.args, found.profile));
                    launch::launch(&store, &running, described, &mail);
                });
            }
            Request::Open { study } => {
                let watching = Watching::default();
                self.watching.insert(study.clone(), watching.clone());
                let (store, running, mail) = (self.store.clone(), self.running.clone(), mail.clone());
                opening(&mail.clone(), move || watch::open(&store, &running, &study, &watching, &mail));
            }
            // Dropping the last handle but the thread's own ends the watch.
            Request::Leave { study } => drop(self.watching.remove(&study)),
            Request::Remove { study } => self.change(mail, study, attune_store::remove),
            Request::Rename { study, to } => {
                self.change(mail, study, move |store, study| attune_store::rename(store, study, &to));
            }
            Request::Clone { study, to } => {
                self.change(mail, study, move |store, study| attune_store::copy(store, study, &to));
            }
            Request::Command { study, command } => self.running.tell(&study, command),
            Request::Targets { study, trial } => {
                let store = self.store.clone();
                later(mail, move || {
                    let targets = exports::targets(&store, &study, trial);
                    Answer::Targets { study, trial, targets: targets.map_err(|error| error.sentence()) }
                });
            }
            Request::Export { study, trial, to, out, approximate } => {
                let store = self.store.clone();
                let args = ExportArgs { study, to, model: None, out: out.into(), trial, approximate };
                later(mail, move || {
                    let written = exports::write(&store, &args).map_err(|error| error.sentence());
                    Answer::Exported { study: args.study, written }
                });
            }
        }
    }

    fn close(&mut self) {
        self.watching.clear();
        self.running.close();
    }
}

/// Answers from a thread of its own.
fn later(mail: &Mail, work: impl FnOnce() -> Answer + Send + 'static) {
    let mail = mail.clone();
    aside(move || mail.send(work()));
}

/// Does `work` on a thread of the desk. Where the system gives no more threads, nobody answers.
fn aside(work: impl FnOnce() + Send + 'static) {
    drop(thread::Builder::new().name("desk".to_owned()).spawn(work));
}

/// Opens a study on a thread of its own; a panic on the way is an answer and not the end of the screens.
fn opening(mail: &Mail, work: impl FnOnce() + Send + 'static) {
    let mail = mail.clone();
    thread::spawn(move || {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(work)) {
            let text = panics::message(&*panic).unwrap_or("no message");
            mail.send(Answer::Opened(Err(format!(
                "opening the study panicked: {text}; this is a fault of attune or of a library that it uses, please report it"
            ))));
        }
    });
}

/// The folder that the paths in a profile are relative to.
fn folder_of(profile: &str) -> &Path {
    Path::new(profile).parent().unwrap_or(Path::new(""))
}

/// `attune run PROFILE --device DEVICE`.
fn run_args(profile: &str, device: &str) -> RunArgs {
    RunArgs {
        profile: profile.into(),
        study: None,
        model: None,
        device: device.to_owned(),
        seed: None,
        trials: None,
        sets: Vec::new(),
        workers: None,
        activation_memory: None,
        json: false,
    }
}

/// `attune continue STUDY`.
fn continue_args(study: String) -> ContinueArgs {
    ContinueArgs {
        study,
        base: None,
        model: None,
        device: "auto".to_owned(),
        trials: None,
        workers: None,
        activation_memory: None,
        json: false,
    }
}

/// For loading a technique where nobody listens to what it says on the way.
fn nowhere() -> Complaints {
    Arc::new(|_| {})
}
