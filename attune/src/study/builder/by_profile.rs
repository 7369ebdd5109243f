//! Studies that a profile describes, with what is said beside it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use attune_core::profile::{EvaluatorChoice, Profile, Selected};
use attune_search::session::SessionSetup;

use super::super::own_evaluator::{Described, missing};
use super::super::source::{OpenStore, ProfileSource, TechniqueChoice, TechniqueSource};
use super::StudyBuilder;
use crate::continuation::Continuation;
use crate::error::Error;
use crate::run_options::RunOptions;
use crate::setup::{self, Complaints, Parts, ReadProfile};

/// A profile, and what only a study of one can be told.
#[derive(Default)]
pub(super) struct ByProfile {
    profile: Option<ProfileSource>,
    sets: Vec<(String, String)>,
    evaluator_name: Option<String>,
    model: Option<PathBuf>,
    device: Option<String>,
    activation_memory: Option<u64>,
}

/// Studies of profiles.
impl StudyBuilder {
    /// The profile of this file; paths in it are relative to its folder.
    pub fn profile_file(mut self, file: impl Into<PathBuf>) -> Self {
        self.by_profile.profile = Some(ProfileSource::File(file.into()));
        self
    }

    /// A profile as text; paths in it are relative to the folder `base`.
    pub fn profile_text(mut self, text: impl Into<String>, base: impl Into<PathBuf>) -> Self {
        self.by_profile.profile = Some(ProfileSource::Text { text: text.into(), base: base.into() });
        self
    }

    /// A profile of typed values; paths in it are relative to the folder `base`.
    pub fn profile(mut self, profile: Profile, base: impl Into<PathBuf>) -> Self {
        let file = base.into().join(format!("{}.ron", profile.name));
        self.by_profile.profile = Some(ProfileSource::Typed { profile: Box::new(profile), file });
        self
    }

    /// Goes on with a study that a store holds, in the place of a profile: what [`Continuation::find`] found. The store has
    /// to be named all the same.
    pub fn continuation(mut self, found: Continuation) -> Self {
        let Continuation { args, profile } = found;
        self.by_profile.profile =
            Some(ProfileSource::Typed { profile: Box::new(profile), file: args.profile });
        self.name = args.study.or(self.name);
        self.by_profile.device = Some(args.device);
        self.workers = args.workers.or(self.workers);
        self.by_profile.activation_memory = args.activation_memory.or(self.by_profile.activation_memory);
        self
    }

    /// A value of the profile by its key, as `--set KEY=VALUE` has it; for profiles of files and texts.
    pub fn set(mut self, key: impl Into<String>, value: impl ToString) -> Self {
        self.by_profile.sets.push((key.into(), value.to_string()));
        self
    }

    /// An evaluator of this build by name, in the place of the one that a profile names or that its model asks for.
    pub fn evaluator_named(mut self, name: impl Into<String>) -> Self {
        self.by_profile.evaluator_name = Some(name.into());
        self
    }

    /// The model's folder, instead of the profile's.
    pub fn model(mut self, folder: impl Into<PathBuf>) -> Self {
        self.by_profile.model = Some(folder.into());
        self
    }

    /// Where to evaluate, as `--device` has it; `auto` when nothing is said.
    pub fn device(mut self, device: impl Into<String>) -> Self {
        self.by_profile.device = Some(device.into());
        self
    }

    /// Bytes for activations of candidates; the result does not depend on it.
    pub fn activation_memory(mut self, bytes: u64) -> Self {
        self.by_profile.activation_memory = Some(bytes);
        self
    }

    pub(super) fn of_profile_or_program(
        mut self,
        store: &OpenStore,
        complaints: Complaints,
    ) -> Result<SessionSetup, Error> {
        self.by_profile.is_heard(self.evaluator.is_some())?;
        match self.by_profile.profile.take() {
            Some(source) => self.of_profile(source, store, complaints),
            None => self.of_program(store, complaints),
        }
    }

    fn of_profile(
        self,
        source: ProfileSource,
        store: &OpenStore,
        complaints: Complaints,
    ) -> Result<SessionSetup, Error> {
        let read = self.read(source)?;
        if let Some(evaluator) = self.evaluator {
            let (profile, file) = (read.profile, read.file);
            takes(&profile)?;
            let name = self.name.unwrap_or(profile.name);
            attune_store::check_name(&name)?;
            let technique = self.technique.unwrap_or(TechniqueSource::Named(profile.technique.name));
            let described = Described {
                name,
                technique: TechniqueChoice { source: technique, options: profile.technique.options },
                base: file.parent().map(PathBuf::from).unwrap_or_default(),
                strategy: self.strategy.unwrap_or_else(|| profile.strategy.into()),
                objectives: profile.objectives,
                trials: profile.trials,
                items: Some(profile.items),
                racing: profile.racing,
                report: profile.report,
                deadline: Some(Duration::from_secs(profile.deadline_seconds)),
                seed: profile.seed,
                workers: self.workers,
            };
            return described.setup(evaluator, Arc::clone(&store.store), complaints);
        }
        let file = read.file.clone();
        let profile = read.checked()?;
        attune_store::check_name(self.name.as_ref().unwrap_or(&profile.name))?;
        let args = RunOptions {
            study: self.name,
            workers: self.workers,
            activation_memory: self.by_profile.activation_memory,
            ..RunOptions::new(file, self.by_profile.device.as_deref().unwrap_or("auto"))
        };
        let technique = match self.technique {
            Some(TechniqueSource::Own(own)) => Some(own),
            _ => None,
        };
        let parts = Parts { technique, strategy: self.strategy };
        setup::study_of_parts(&args, &profile, parts, Arc::clone(&store.store), complaints)
    }

    /// The profile with what is said beside it.
    fn read(&self, source: ProfileSource) -> Result<ReadProfile, Error> {
        let mut read = match source {
            ProfileSource::File(file) => ReadProfile::of_file(&file, self.by_profile.sets.clone())?,
            ProfileSource::Text { text, base } => {
                let (file, name) = (base.join("profile.ron"), "the profile".to_owned());
                ReadProfile::of_text(&file, name, text, self.by_profile.sets.clone())?
            }
            ProfileSource::Typed { profile, file } => ReadProfile::of_values(&file, *profile),
        };
        let profile = &mut read.profile;
        if let Some(technique) = &self.technique {
            let choice = match technique {
                TechniqueSource::Named(name) => name.clone(),
                TechniqueSource::Own(own) => own.info().name.clone(),
            };
            profile.technique = Selected { name: choice, options: self.technique_options.clone() };
        }
        if let Some(name) = &self.by_profile.evaluator_name {
            profile.evaluator = Some(EvaluatorChoice::named(name));
        }
        if let Some(strategy) = &self.strategy {
            profile.strategy = strategy.selected();
        }
        if !self.objectives.is_empty() {
            profile.objectives.clone_from(&self.objectives);
        }
        if let Some(model) = &self.by_profile.model {
            profile.model = setup::model_text(model, profile)?;
        }
        profile.trials = self.trials.unwrap_or(profile.trials);
        profile.items = self.items.unwrap_or(profile.items);
        profile.racing = self.racing.or(profile.racing);
        profile.report = self.report.unwrap_or(profile.report);
        profile.seed = self.seed.unwrap_or(profile.seed);
        if let Some(deadline) = self.deadline {
            profile.deadline_seconds = deadline.as_secs_f64().ceil() as u64;
        }
        profile.checked("the study").map_err(Error::input)?;
        Ok(read)
    }
}

impl ByProfile {
    /// Refuses what is said and has no effect beside the rest; `own` says that the program brings an evaluator.
    fn is_heard(&self, own: bool) -> Result<(), Error> {
        let text = matches!(self.profile, Some(ProfileSource::File(_) | ProfileSource::Text { .. }));
        if !text && !self.sets.is_empty() {
            return Err(missing(
                "`set(…)` changes the profile of a file or of a text, and there is none",
                "change the typed values, or say it by its own method",
            ));
        }
        let opened = self.model.is_some()
            || self.device.is_some()
            || self.activation_memory.is_some()
            || self.evaluator_name.is_some();
        if own && opened {
            return Err(missing(
                "an evaluator of one's own has its model and its device",
                "leave out `model`, `device`, `activation_memory` and `evaluator_named`",
            ));
        }
        Ok(())
    }
}

/// Refuses what a profile says of a model and a task that an evaluator of one's own has itself; the folder of the model and
/// the two files of the task have to be there in any profile.
fn takes(profile: &Profile) -> Result<(), Error> {
    let task = &profile.task;
    let what = if profile.start.is_some() {
        "a study of one's own evaluator starts from no other study, and the profile has `start`"
    } else if profile.evaluator.is_some() {
        "a study has one evaluator: one's own, and the profile has `evaluator`"
    } else if task.kind.is_some() || !task.options.is_empty() || !task.elsewhere.is_empty() {
        "an evaluator of one's own has its task, and the profile says more of a task than `selection` and `report`"
    } else if profile.target.is_some() {
        "what a program evaluates is exported by the program, and the profile has `target`"
    } else if !profile.baselines.is_empty() {
        "a study of one's own evaluator is compared with no recipes, and the profile has `report.baselines`"
    } else if profile.sensitivities.is_some() {
        "a study of one's own evaluator has its sensitivities measured, and the profile has `strategy.sensitivities`"
    } else if profile.notes.is_some() {
        "a study of one's own evaluator keeps no notes, and the profile has `notes`"
    } else {
        return Ok(());
    };
    Err(missing(what, "leave it out"))
}
