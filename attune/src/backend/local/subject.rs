//! The subject of a profile before it is loaded: what its folder says, or what its evaluator says once it is open.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use attune_core::evaluator::{EvalFailure, FolderOutline, OpenFailure, Prepared, TaskData, TaskInfo};
use attune_core::facts::Facts;
use attune_core::plan::Plan;
use attune_core::profile::{EvaluatorChoice, Profile};

use super::models::Models;
use crate::error::Error;
use crate::factory::Factory;
use crate::run_options::RunOptions;
use crate::setup::{self, ChosenTask};

/// The subject of a profile, as far as it is known without loading it.
pub(super) struct Subject {
    /// What techniques may know of it.
    pub(super) facts: Facts,
    /// Its fingerprint is that of everything that it is made of, and no stand-in.
    pub(super) proved: bool,
    seen: Seen,
}

enum Seen {
    Folder(Box<dyn FolderOutline>),
    Open(Shared),
}

type Shared = Arc<Mutex<Box<dyn Prepared>>>;

impl Subject {
    /// Looks at the subject of `profile`, which lies in the folder `base`.
    ///
    /// # Errors
    /// When it is none for the evaluator that was chosen, or that cannot be opened.
    pub(super) fn look(
        profile: &Profile,
        chosen: &ChosenTask,
        base: &Path,
        models: &Models,
        opened: &Opened,
    ) -> Result<Self, Error> {
        let model = chosen.model(profile, base)?;
        match chosen.outline(&model).map_err(Error::input)? {
            Some(outline) => {
                Ok(Self { facts: models.facts(&model)?, proved: true, seen: Seen::Folder(outline) })
            }
            None => {
                let prepared = opened.open(profile, chosen, base, &model)?;
                let facts = locked(&prepared).outline().facts(setup::not_loaded());
                Ok(Self { facts, proved: false, seen: Seen::Open(prepared) })
            }
        }
    }

    /// Whether the evaluator honours a plan on it.
    ///
    /// # Errors
    /// [`EvalFailure::Unsupported`].
    pub(super) fn check(&self, plan: &Plan) -> Result<(), EvalFailure> {
        match &self.seen {
            Seen::Folder(outline) => outline.check(plan),
            Seen::Open(prepared) => locked(prepared).outline().check(plan),
        }
    }

    /// The task on it.
    ///
    /// # Errors
    /// When its data cannot be read.
    pub(super) fn task(&self, data: &TaskData) -> Result<TaskInfo, OpenFailure> {
        match &self.seen {
            Seen::Folder(outline) => outline.task(data),
            Seen::Open(prepared) => Ok(locked(prepared).task().clone()),
        }
    }
}

fn locked(prepared: &Shared) -> MutexGuard<'_, Box<dyn Prepared>> {
    prepared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The evaluator of another process that was opened last: a person who types asks for the same one again and again.
#[derive(Clone, Default)]
pub(super) struct Opened(Arc<Mutex<Option<Last>>>);

/// What was opened last, by whom.
struct Last {
    factory: Factory,
    asked: Asked,
    prepared: Shared,
}

/// What it was opened with, and when the data was written.
type Asked = (Option<EvaluatorChoice>, PathBuf, TaskData, Vec<Option<SystemTime>>);

impl Opened {
    fn open(
        &self,
        profile: &Profile,
        chosen: &ChosenTask,
        base: &Path,
        model: &Path,
    ) -> Result<Shared, Error> {
        let data = chosen.data(profile, base);
        let files = [&data.selection, &data.report].into_iter().chain(data.out_of_domain.values());
        let written = files.map(|file| file.metadata().ok()?.modified().ok()).collect();
        let asked = (chosen.completed(profile).evaluator, model.to_owned(), data, written);
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A program that was written anew is another one.
        let same = |last: &&Last| last.asked == asked && last.factory.is(&chosen.factory);
        if let Some(last) = last.as_ref().filter(same) {
            return Ok(Arc::clone(&last.prepared));
        }
        // The old one goes before a new one comes: each may hold a device.
        *last = None;
        let args = RunOptions::new(base.join("profile.ron"), "auto");
        let prepared = chosen.prepare(&args, &asked.2, model, setup::nowhere())?;
        let prepared = Arc::new(Mutex::new(prepared));
        let factory = chosen.factory.clone();
        *last = Some(Last { factory, asked, prepared: Arc::clone(&prepared) });
        Ok(prepared)
    }

    /// Lets go of it if nobody is opening one: the program ends, and with it whatever it started.
    pub(super) fn leave(&self) {
        if let Ok(mut last) = self.0.try_lock() {
            *last = None;
        }
    }

    /// Lets go of it, for a study that is about to open its own.
    pub(super) fn close(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}
