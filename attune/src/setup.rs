//! From a profile and the command line to a study that can run: who is who, and every check that can be
//! made before anything is evaluated.

mod reading;
mod start;
mod task;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use attune_core::evaluator::Fidelity;
use attune_core::hash::ContentHash;
use attune_core::options;
use attune_core::profile::{self, Profile, Selected};
use attune_core::store::{self, Record, Store, StudyHeader, Whereabouts};
use attune_core::technique::Technique;
use attune_plugins::{Host, LogLevel, WasmTechnique};
use attune_search::session::{Preflight, SessionSetup};
use attune_search::strategy::StrategySource;

use crate::error::{Cause, Error, FolderError, PathError};
use crate::model_folder;
use crate::paths;
use crate::run_options::{ProfileOptions, RunOptions};
pub(crate) use start::stored_start;
pub(crate) use task::ChosenTask;
pub use task::tasks;

/// The longest profile, in bytes: a thousand times what people write.
pub const PROFILE_BYTES: u64 = 1 << 20;

/// Reads a profile, with the values that stand in the place of its own.
///
/// # Errors
/// When it cannot be read or does not describe a study, or names a place that is not on this machine.
pub fn profile(args: &ProfileOptions) -> Result<Profile, Error> {
    let file = args.file.display().to_string();
    let text = attune_files::text(&args.file, PROFILE_BYTES)
        .map_err(|error| Error::input(Cause::ProfileFile(error)))?;
    let mut sets = args.sets.clone();
    sets.extend(args.seed.map(|seed| ("seed".to_owned(), seed.to_string())));
    sets.extend(args.trials.map(|trials| ("trials".to_owned(), trials.to_string())));
    let profile = Profile::parse(&file, &text, &sets).map_err(Error::input)?;
    on_this_machine(&file, &profile)?;
    let model = args.model.as_deref().map(model_folder::given).transpose()?;
    let profile = match model {
        Some(model) => Profile { model: paths::text(&model)?, ..profile },
        None => profile,
    };
    let model = args.file.parent().unwrap_or(Path::new("")).join(&profile.model);
    ChosenTask::of(&profile, &model).map_err(|fault| {
        let path = fault.path.replace("[\"", ".").replace("\"]", "");
        let set = sets.iter().any(|(key, _)| *key == path);
        Error::input(if set { fault.of_set() } else { fault.of_file(&file, &text) })
    })?;
    Ok(profile)
}

/// The absolute path of a model folder, as a profile keeps it.
pub(crate) fn model_text(folder: &Path) -> Result<String, Error> {
    paths::text(&model_folder::given(folder)?)
}

/// Refuses a URL where a path is expected.
fn on_this_machine(file: &str, profile: &Profile) -> Result<(), Error> {
    for (key, path) in profile.paths(&tasks()) {
        if let Some(problem) = paths::elsewhere(&path) {
            return Err(Error::input(PathError::Remote { file: file.to_owned(), key, path, problem }));
        }
    }
    Ok(())
}

/// Where complaints of techniques and word of long preparations go, each one sentence.
pub type Complaints = Arc<dyn Fn(String) + Send + Sync>;

/// Complaints that nobody hears.
pub fn nowhere() -> Complaints {
    Arc::new(|_| {})
}

/// A technique by built-in name or by the path of a component, relative to `base`.
///
/// # Errors
/// When it cannot be loaded.
pub fn technique(name: &str, base: &Path, complaints: Complaints) -> Result<WasmTechnique, Error> {
    let host = host(complaints)?;
    let loaded = if name.ends_with(".wasm") { host.load_file(&base.join(name)) } else { host.builtin(name) };
    Ok(loaded?)
}

/// A host that passes on what techniques complain about.
///
/// # Errors
/// When the WebAssembly engine cannot run here.
pub fn host(complaints: Complaints) -> Result<Host, Error> {
    Host::with_log(move |line| {
        if matches!(line.level, LogLevel::Warn | LogLevel::Error) {
            complaints(format!("technique {}: {}", line.technique, line.message));
        }
    })
    .map_err(Error::run)
}

/// Everything that a study needs.
///
/// The order is that of the costs: a slip in the profile must not wait for texts to be read, and nothing that can be told
/// from the shape of a model for its weights.
///
/// # Errors
/// Whatever keeps the study from running.
pub fn study(
    args: &RunOptions,
    profile: &Profile,
    store: Arc<dyn Store>,
    complaints: Complaints,
) -> Result<SessionSetup, Error> {
    study_of_parts(args, profile, Parts::default(), store, complaints)
}

/// What a program brings in the place of what a profile names; the profile then has its names.
#[derive(Clone, Default)]
pub(crate) struct Parts {
    /// The technique.
    pub(crate) technique: Option<Arc<dyn Technique>>,
    /// The strategy.
    pub(crate) strategy: Option<StrategySource>,
}

/// As [`study`], with parts that a program brings.
pub(crate) fn study_of_parts(
    args: &RunOptions,
    profile: &Profile,
    parts: Parts,
    store: Arc<dyn Store>,
    complaints: Complaints,
) -> Result<SessionSetup, Error> {
    let base = args.profile.parent().unwrap_or(Path::new("")).to_owned();
    let technique: Arc<dyn Technique> = match parts.technique {
        Some(own) => own,
        None => Arc::new(technique(&profile.technique.name, &base, Arc::clone(&complaints))?),
    };
    let owner = format!("technique `{}`", technique.info().name);
    let settings = options::resolve(&owner, &technique.info().options, &profile.technique.options)
        .map_err(Error::input)?;
    let strategy = parts.strategy.unwrap_or_else(|| profile.strategy.clone().into());
    let strategy = strategy.resolved().map_err(Error::input)?;
    let start = profile.start.as_ref().map(|start| start::find(start, &*store)).transpose()?;

    let model_path = absolute(&base, &profile.model)?;
    let task = ChosenTask::of(profile, &model_path).map_err(Error::input)?;
    let prepared = task.prepare(args, &task.data(profile, &base), &model_path, complaints)?;
    // Its fingerprint takes reading all weights, so that a stand-in is in its place.
    let model = prepared.outline().facts(ContentHash::of(b"weights that have not been read"));
    let start = start.map(|found| found.on(&model));
    let space = Arc::new(technique.space(&model, &settings)?);
    let out_of_domain = task.domains(profile);
    let objectives = task.objectives(profile);
    let study = Preflight {
        technique: &*technique,
        options: &settings,
        model: &model,
        space: &space,
        task: prepared.task(),
        strategy: &strategy,
        objectives: &objectives,
        items: profile.items,
        racing: profile.racing,
        report: profile.report,
        out_of_domain: &out_of_domain,
        start: start.as_ref().map(|found| &found.start),
        seed: profile.seed,
    };
    study.check(&|plan| prepared.outline().check(plan))?;

    let resolved = Profile {
        technique: Selected { name: profile.technique.name.clone(), options: settings.clone() },
        strategy: strategy.selected(),
        // Which trial wins may change when that study goes on.
        start: start
            .as_ref()
            .map(|found| profile::Start { study: found.start.study.clone(), trial: Some(found.start.trial) }),
        ..task.completed(profile)
    };
    let header = StudyHeader {
        study: args.study.clone().unwrap_or_else(|| profile.name.clone()),
        profile: resolved.identity(),
        technique: technique.info().name.clone(),
        technique_fingerprint: technique.info().fingerprint,
        model: model.name.clone(),
        dimensions: space.dimensions().to_vec(),
        model_fingerprint: model.fingerprint,
        model_path: paths::text(&model_path)?,
        task_fingerprint: ContentHash::of_parts(
            prepared.task().fingerprints.values().map(|hash| hash.as_bytes().as_slice()),
        ),
        numerics: prepared.info().numerics.clone(),
        device: prepared.info().device.clone(),
        seed: profile.seed,
    };
    goes_on(&*store, &header)?;
    let whereabouts = Whereabouts {
        profile: paths::text(
            &std::path::absolute(&args.profile)
                .map_err(|source| Error::run(PathError::Absolute { path: args.profile.clone(), source }))?,
        )?,
        model: header.model_path.clone(),
    };

    let evaluator = prepared.load().map_err(Error::input)?;
    start.as_ref().map_or(Ok(()), |found| found.is_of(evaluator.model()))?;
    let workers = args.workers.map_or(evaluator.info().concurrency, usize::from);
    Ok(SessionSetup {
        header: StudyHeader { model_fingerprint: evaluator.model().fingerprint, ..header },
        whereabouts: Some(whereabouts),
        technique,
        options: settings,
        space,
        evaluator,
        store,
        strategy,
        objectives,
        trials: profile.trials,
        fidelity: Fidelity { items: profile.items },
        start: start.map(|found| found.start),
        racing: profile.racing,
        deadline: Some(Duration::from_secs(profile.deadline_seconds)),
        report: profile.report,
        out_of_domain,
        workers,
    })
}

/// Refuses to go on with a study of the same name that differs in anything but the weights, which are still to be read.
pub(crate) fn goes_on(store: &dyn Store, header: &StudyHeader) -> Result<(), Error> {
    let records = store.records(&header.study)?;
    match records.first() {
        Some(Record::Header(existing)) if store::has_scores(&records) => {
            let model_fingerprint = existing.model_fingerprint;
            let same = store::same_study(existing, &StudyHeader { model_fingerprint, ..header.clone() });
            Ok(same?)
        }
        _ => Ok(()),
    }
}

/// The absolute path of a folder that must exist.
pub(crate) fn absolute(base: &Path, path: &str) -> Result<PathBuf, Error> {
    let joined = base.join(path);
    joined
        .canonicalize()
        .map_err(|error| Error::input(FolderError::OfProfile { folder: joined.clone(), source: error }))
}
