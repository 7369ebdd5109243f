//! Everything that a study of a profile needs.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use attune_core::evaluator::Fidelity;
use attune_core::hash::ContentHash;
use attune_core::options;
use attune_core::profile::{self, Profile, Selected};
use attune_core::store::{Store, StudyHeader, Whereabouts};
use attune_core::technique::Technique;
use attune_search::session::{Preflight, SessionSetup};
use attune_search::strategy::StrategySource;

use super::{
    ChosenTarget, ChosenTask, Compared, Complaints, Found, Searched, found, goes_on, hashes, start, told,
};
use crate::error::{Error, PathError};
use crate::paths;
use crate::run_options::RunOptions;

/// Everything that a study of a profile needs.
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

/// Stands for the fingerprint of a model that is not loaded.
pub(crate) fn not_loaded() -> ContentHash {
    ContentHash::of(b"weights that have not been read")
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
    let chosen = match parts.technique {
        Some(own) => Found::Own(own),
        None => found(&profile.technique.name, &base, Arc::clone(&complaints))?,
    };
    let target = ChosenTarget::of(profile).map_err(Error::input)?;
    let owner = format!("technique `{}`", chosen.info().name);
    let settings =
        options::resolve(&owner, &chosen.info().options, &profile.technique.options).map_err(Error::input)?;
    let strategy = parts.strategy.unwrap_or_else(|| profile.strategy.clone().into());
    let strategy = strategy.resolved().map_err(Error::input)?;
    let start = profile.start.as_ref().map(|start| start::find(start, &*store)).transpose()?;

    let task = ChosenTask::of(profile, &base).map_err(Error::input)?;
    let technique = chosen.scored_by(task.evaluator(), &task.edits);
    let model_path = task.model(profile, &base)?;
    // What the target makes of the rest of the model is in its files.
    let limited = target.map(|target| Ok::<_, Error>((target, task.files(&model_path)?))).transpose()?;
    let technique = match &limited {
        Some((target, files)) => target.limits(technique, files.clone()).map_err(Error::input)?,
        None => technique,
    };
    let prepared = task.prepare(args, &task.data(profile, &base), &model_path, Arc::clone(&complaints))?;
    // Its fingerprint takes reading all weights, so that a stand-in is in its place.
    let model = prepared.outline().facts(not_loaded());
    let start = start.map(|found| found.on(&model));
    let space = Arc::new(technique.space(&model, &settings)?);
    let out_of_domain = task.domains(profile);
    let objectives = task.objectives(profile);
    let heard = limited.as_ref().map_or_else(|| model.clone(), |(target, files)| target.told(&model, files));
    let compared = Compared {
        technique: &*technique,
        options: &settings,
        space: &space,
        model: &heard,
        edits: &task.edits,
    };
    let plan_baselines = compared.with(profile, &base, &complaints).map_err(Error::input)?;
    let metrics: Vec<&str> = prepared.task().metrics.iter().map(|metric| metric.name.as_str()).collect();
    let searched = Searched {
        technique: &*technique,
        options: &settings,
        space: &space,
        model: &model,
        objectives: &objectives,
        metrics: &metrics,
    };
    let given = searched.table(profile, &base, &complaints).map_err(Error::input)?.map(Arc::new);
    let study = Preflight {
        technique: &*technique,
        options: &settings,
        model: &model,
        space: &space,
        evaluator: task.evaluator(),
        signals: &prepared.info().signals,
        task: prepared.task(),
        strategy: &strategy,
        objectives: &objectives,
        items: profile.items,
        racing: profile.racing,
        report: profile.report,
        out_of_domain: &out_of_domain,
        start: start.as_ref().map(|found| &found.start),
        plan_baselines: &plan_baselines,
        given: given.as_deref(),
        seed: profile.seed,
    };
    study.check(&|plan| prepared.outline().check(plan))?;
    if let Some(target) = target {
        target.heed(technique.info()).into_iter().for_each(&*complaints);
        let exactness = target.check(&study, &model_path).map_err(Error::input)?;
        target.note(&exactness).into_iter().for_each(&*complaints);
    }

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
        conditions: space.conditions(),
        model_fingerprint: model.fingerprint,
        model_path: paths::text(&model_path)?,
        task_fingerprint: ContentHash::of_parts(
            prepared.task().fingerprints.values().map(|hash| hash.as_bytes().as_slice()),
        ),
        baselines: hashes(&plan_baselines),
        sensitivities: given.as_ref().map(|given| given.hash()),
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

    let evaluator = prepared.load(&told(complaints)).map_err(Error::input)?;
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
        plan_baselines,
        given,
        workers,
    })
}
