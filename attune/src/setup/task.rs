//! Who evaluates a profile, and its task as the evaluator describes it.

#[cfg(feature = "backend")]
mod form;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use attune_core::evaluator::{EvaluatorSpec, Opening, Prepared, TaskData, TaskSpec};
use attune_core::objective::Objective;
use attune_core::options::{self, OptionError, Settings};
use attune_core::plan::Vocabulary;
use attune_core::printable::quoted;
use attune_core::profile::{EvaluatorChoice, Profile, Task, TaskFault};
use attune_core::signal::SignalSpec;
use attune_eval::registry::{self, NativeFactory};

use super::logged::passing_on;
use super::{Complaints, absolute, reading};
use crate::error::{Error, FolderError};
use crate::factory::{Factory, is_component_file};
use crate::model_files::Folder;
use crate::run_options::RunOptions;

/// The tasks of the evaluators that come with attune, the one of profiles that name none first.
pub fn tasks() -> Vec<TaskSpec> {
    registry::all().flat_map(|factory| factory.spec().tasks).collect()
}

/// Finds the evaluator that a profile in a folder names.
type Find = fn(&EvaluatorChoice, &Path) -> Result<Factory, TaskFault>;

/// An evaluator and one of its tasks, with their options completed.
pub(crate) struct ChosenTask {
    pub(crate) factory: Factory,
    /// Options of the evaluator.
    settings: Settings,
    /// The signals that the evaluator measures.
    pub(crate) signals: Vec<SignalSpec>,
    /// The edits that the evaluator knows.
    pub(crate) edits: Vocabulary,
    /// Description of the task.
    pub(crate) spec: TaskSpec,
    /// Options of the task.
    pub(crate) options: Settings,
}

impl ChosenTask {
    /// The evaluator that a profile in the folder `base` names, or else the one for its model, and the task of the profile.
    ///
    /// # Errors
    /// When there is no such evaluator, or it has no such options or task, or the task has no such options.
    pub(crate) fn of(profile: &Profile, base: &Path) -> Result<Self, TaskFault> {
        Self::found(profile, base, Factory::chosen)
    }

    /// The same for a form, which may name another evaluator before this one has said what it is.
    ///
    /// # Errors
    /// As there.
    #[cfg(feature = "backend")]
    pub(crate) fn for_form(profile: &Profile, base: &Path) -> Result<Self, TaskFault> {
        Self::found(profile, base, Factory::for_form)
    }

    fn found(profile: &Profile, base: &Path, find: Find) -> Result<Self, TaskFault> {
        let (factory, settings) = match &profile.evaluator {
            Some(evaluator) => named(evaluator, base, find)?,
            None => (Factory::Native(of_folder(profile, &base.join(&profile.model))), Settings::new()),
        };
        if factory.folders().is_some() {
            needs_files(profile, factory.name())?;
        }
        let EvaluatorSpec { name, tasks, signals, edits, .. } = factory.spec();
        let spec = match profile.task.spec(&tasks) {
            Ok(spec) => spec.clone(),
            Err(fault) => return Err(of_others(fault, &name, profile)),
        };
        let options = profile.task.resolved(&spec).map_err(|fault| match profile.task.kind {
            Some(_) => fault,
            None => TaskFault {
                expected: format!("{}; it is the task of evaluator `{name}`", fault.expected),
                ..fault
            },
        })?;
        Ok(Self { factory, settings, signals, edits, spec, options })
    }

    /// Everything that the result is reported on beside the report data.
    pub(crate) fn domains(&self, profile: &Profile) -> Vec<String> {
        profile.task.domains(&self.spec, &self.options)
    }

    /// Where the data of a profile in the folder `base` is.
    pub(crate) fn data(&self, profile: &Profile, base: &Path) -> TaskData {
        let task = &profile.task;
        let out_of_domain = task.elsewhere.iter().map(|(domain, path)| (domain.clone(), beside(base, path)));
        TaskData {
            kind: self.spec.name.clone(),
            options: self.options.clone(),
            base: base.to_owned(),
            selection: beside(base, &task.selection),
            report: beside(base, &task.report),
            out_of_domain: out_of_domain.collect(),
            selection_items: profile.items,
            report_items: profile.report.items,
        }
    }

    /// Who evaluates.
    pub(crate) fn evaluator(&self) -> &str {
        self.factory.name()
    }

    /// The subject of a profile in the folder `base`: the absolute path of what is there. In the place of a folder that has to
    /// be there, an evaluator of another process takes what the profile says.
    ///
    /// # Errors
    /// When what has to be a path is none of something that is there.
    pub(crate) fn model(&self, profile: &Profile, base: &Path) -> Result<PathBuf, Error> {
        let said = &profile.model;
        let is_path = said.starts_with(['.', '/', '\\', '~']);
        match self.factory.folders() {
            None if said.is_empty() || !(is_path || base.join(said).exists()) => Ok(PathBuf::from(said)),
            _ => absolute(base, said),
        }
    }

    /// The files of the subject that [`model`](Self::model) found; none where an evaluator of another process takes what is no
    /// folder.
    ///
    /// # Errors
    /// When the folder cannot be listed.
    pub(crate) fn files(&self, model: &Path) -> Result<Folder, Error> {
        if self.factory.folders().is_none() && !model.is_dir() {
            return Ok(Folder::empty());
        }
        Folder::open(model)
            .map_err(|source| Error::run(FolderError::Unreadable { folder: model.to_owned(), source }))
    }

    /// Opens everything but the weights of the model.
    pub(crate) fn prepare(
        &self,
        args: &RunOptions,
        task: &TaskData,
        model: &Path,
        notice: Complaints,
    ) -> Result<Box<dyn Prepared>, Error> {
        let opening = Opening {
            model,
            device: &args.device,
            options: &self.settings,
            task,
            activation_memory: args.activation_memory,
            tell: &reading::told(notice.clone()),
        };
        let log = Arc::new(passing_on("evaluator", notice));
        self.factory.telling(log).prepare(&opening).map_err(Error::input)
    }

    /// What counts in a profile: what it says, else the first metric of the task.
    pub(crate) fn objectives(&self, profile: &Profile) -> Vec<Objective> {
        if !profile.objectives.is_empty() {
            return profile.objectives.clone();
        }
        let first = self.spec.metrics.iter().take(1);
        first.map(|first| Objective { metric: first.name.clone(), direction: first.direction }).collect()
    }

    /// The profile with everything that it leaves to the evaluator and the task.
    pub(crate) fn completed(&self, profile: &Profile) -> Profile {
        let task = Task {
            kind: Some(self.spec.name.clone()),
            options: self.options.clone(),
            ..profile.task.clone()
        };
        let evaluator = profile.evaluator.as_ref();
        let evaluator = evaluator.map(|said| EvaluatorChoice {
            // A file is found again by its path.
            name: match is_component_file(&said.name) {
                true => said.name.clone(),
                false => self.evaluator().to_owned(),
            },
            command: said.command.clone(),
            options: self.settings.clone(),
        });
        Profile { task, evaluator, objectives: self.objectives(profile), ..profile.clone() }
    }
}

/// A file beside the profile; nothing where the profile names none.
fn beside(base: &Path, file: &str) -> PathBuf {
    if file.is_empty() { PathBuf::new() } else { base.join(file) }
}

/// Refuses a profile that lacks what only an evaluator of another process may have itself.
fn needs_files(profile: &Profile, evaluator: &str) -> Result<(), TaskFault> {
    let (model, task) = (&profile.model, &profile.task);
    let all = [
        ("model", model, "the folder of a model"),
        ("task.selection", &task.selection, "a file with data to tune on"),
        ("task.report", &task.report, "a file with data to report on"),
    ];
    match all.into_iter().find(|(_, text, _)| text.is_empty()) {
        None => Ok(()),
        Some((key, _, what)) => Err(TaskFault {
            path: key.to_owned(),
            found: "\"\"".to_owned(),
            expected: format!("{what}, which evaluator `{evaluator}` needs"),
        }),
    }
}

/// The evaluator that a profile names, and its options.
fn named(evaluator: &EvaluatorChoice, base: &Path, find: Find) -> Result<(Factory, Settings), TaskFault> {
    let factory = find(evaluator, base)?;
    let owner = format!("evaluator `{}`", factory.name());
    let settings = options::resolve(&owner, &factory.spec().options, &evaluator.options);
    let settings = settings.map_err(|error| {
        // The error has the name as messages quote it, the path has it as the profile does.
        let given = evaluator.options.iter().find(|(name, _)| quoted(name) == error.option());
        TaskFault {
            path: format!("evaluator.options[{:?}]", given.map_or(error.option(), |(name, _)| name.as_str())),
            found: given.map(|(_, value)| value.to_string()).unwrap_or_default(),
            expected: match &error {
                OptionError::Unknown { owner, hint, .. } => format!("no such option of {owner}{hint}"),
                OptionError::Bad { expected, .. } => expected.clone(),
                other => other.to_string(),
            },
        }
    })?;
    Ok((factory, settings))
}

/// The evaluator for the model in a folder; where there is none, the one that has the task, so that what is said is that the
/// model is missing.
fn of_folder(profile: &Profile, model: &Path) -> &'static dyn NativeFactory {
    let has = |factory: &&'static dyn NativeFactory| {
        let kind = profile.task.kind.as_deref();
        factory.spec().tasks.iter().any(|task| Some(task.name.as_str()) == kind)
    };
    match model.join("config.json").exists() {
        true => registry::of_model(model),
        false => registry::all().find(has).unwrap_or_else(|| registry::of_model(model)),
    }
}

/// A task that an evaluator does not have, with the one that does.
fn of_others(fault: TaskFault, name: &str, profile: &Profile) -> TaskFault {
    let kind = profile.task.kind.as_deref();
    let has = |factory: &&'static dyn NativeFactory| {
        factory.spec().tasks.iter().any(|task| Some(task.name.as_str()) == kind)
    };
    let who = match &profile.evaluator {
        Some(_) => format!("the profile names evaluator `{name}`"),
        None => format!("this model is for evaluator `{name}`"),
    };
    match registry::all().find(has) {
        None => fault,
        Some(other) => TaskFault {
            expected: format!("{}: {who}, and the task is one of `{}`", fault.expected, other.name()),
            ..fault
        },
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use attune_core::profile::schema;

    /// `ATTUNE_REWRITE_DOCS=1` writes the page anew.
    #[test]
    fn the_page_on_profiles_says_what_the_schema_says() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/profile.md");
        let expected = schema::reference(&super::tasks());
        if std::env::var_os("ATTUNE_REWRITE_DOCS").is_some() {
            std::fs::write(&path, &expected).unwrap();
        }
        let page = std::fs::read_to_string(&path).unwrap_or_default();
        let other = expected.lines().zip(page.lines()).find(|(expected, found)| expected != found);
        assert!(
            expected == page,
            "run this test with ATTUNE_REWRITE_DOCS=1; the first other line: {other:?}"
        );
        for key in schema::keys().iter().filter(|key| !key.kind.is_open()) {
            assert!(page.contains(&format!("| `{}` |", key.parts().1)), "{} is missing", key.path);
        }
    }
}
