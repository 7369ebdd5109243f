//! Everything about a profile that can be known without evaluating anything.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use attune_core::describe;
use attune_core::evaluator::{OpenFailure, OpenFault, Split, TaskInfo};
use attune_core::facts::Facts;
use attune_core::options::{self, OptionError, Settings};
use attune_core::plan::Plan;
use attune_core::profile::{Profile, ProfileError};
use attune_core::space::Space;
use attune_core::technique::Technique;
use attune_search::session::{Preflight, SessionError, Start};
use attune_search::strategy::{StrategyError, StrategySource};

use super::models::Models;
use super::subject::{Opened, Subject};
use super::{folder_of, taken};
use crate::backend::{Check, DraftFile, Fault};
use crate::error::Cause;
use crate::model_files::Folder;
use crate::setup::{self, ChosenTarget, ChosenTask, Compared, Found, Searched};

/// One check at a time, and of those that wait only the newest: a person who types asks faster than texts are cut
/// into tokens.
#[derive(Clone, Default)]
pub(super) struct Checks(Arc<Turns>);

#[derive(Default)]
struct Turns {
    asked: AtomicU64,
    turn: Mutex<()>,
}

impl Checks {
    /// Runs `check` on a thread of its own when its turn comes, unless another one was asked for in the meantime.
    pub(super) fn newest(&self, check: impl FnOnce() + Send + 'static) {
        let turns = Arc::clone(&self.0);
        let number = turns.asked.fetch_add(1, Ordering::Relaxed) + 1;
        super::aside(move || {
            let turn = turns.turn.lock().unwrap_or_else(PoisonError::into_inner);
            if turns.asked.load(Ordering::Relaxed) == number {
                check();
            }
            drop(turn);
        });
    }
}

/// Finds what keeps a profile from running in the store in `store`; when nothing does, the space is worth counting.
pub(super) fn check(
    draft: &DraftFile,
    store: &Path,
    models: &Models,
    opened: &Opened,
) -> (Check, Option<Arc<Space>>) {
    let mut check = Check::default();
    let space = examine(draft, store, models, opened, &mut check).filter(|_| check.faults.is_empty());
    (check, space)
}

fn examine(
    draft: &DraftFile,
    store: &Path,
    models: &Models,
    opened: &Opened,
    check: &mut Check,
) -> Option<Arc<Space>> {
    let profile = match Profile::parse(&draft.path, &draft.text, &[]) {
        Ok(profile) => profile,
        Err(ProfileError::Invalid { path, found, expected, .. }) => {
            blame(check, &path, format!("{found}: expected {expected}"));
            return None;
        }
        Err(error) => {
            blame(check, "", error.to_string());
            return None;
        }
    };
    let base = folder_of(&draft.path);
    if let Err(error) = attune_store::check_name(&profile.name) {
        blame(check, "name", error.to_string());
    }
    let strategy = match StrategySource::from(profile.strategy.clone()).resolved() {
        Ok(strategy) => Some(strategy),
        Err(error) => {
            let path = match &error {
                StrategyError::Option(option) => option_path("strategy", option),
                _ => "strategy.name".to_owned(),
            };
            blame(check, &path, error.to_string());
            None
        }
    };
    let target = ChosenTarget::of(&profile).unwrap_or_else(|fault| {
        blame(check, &fault.path, format!("{}: expected {}", fault.found, fault.expected));
        None
    });
    let files = files(&profile, base, check);
    let found = found(&profile, base, check);
    // What is wrong with a model is said before what its evaluator has to say.
    let alone = || setup::absolute(base, &profile.model).and_then(|folder| models.facts(&folder));
    if profile.evaluator.is_none()
        && let Err(error) = alone()
    {
        blame(check, "model", error.sentence());
        return None;
    }
    let chosen = match ChosenTask::for_form(&profile, base) {
        Ok(chosen) => chosen,
        Err(fault) => {
            if fault.path.starts_with("evaluator.") && !fault.path.starts_with("evaluator.options") {
                // Who was asked before is not meant any more.
                opened.close();
            }
            blame(check, &fault.path, format!("{}: expected {}", fault.found, fault.expected));
            return None;
        }
    };
    let subject = match Subject::look(&profile, &chosen, base, models, opened) {
        Ok(subject) => subject,
        Err(error) => {
            let path = match error.cause() {
                Cause::Open(failure) => fault_path(&profile, &chosen, failure.about()),
                _ => "model".to_owned(),
            };
            blame(check, &path, error.sentence());
            return None;
        }
    };
    let facts = &subject.facts;
    let start = start(&profile, store, &subject, check);
    let task = task(&profile, &chosen, base, &subject, check);
    let (found, options) = found?;
    let technique = limited(found, &chosen, target.map(|target| (target, &files)), check)?;
    let space = space(&*technique, facts, &options, check)?;
    let (strategy, task) = (strategy?, task?);
    let objectives = chosen.objectives(&profile);
    let told = target.map_or_else(|| facts.clone(), |target| target.told(facts, &files));
    let compared = Compared {
        technique: &*technique,
        options: &options,
        space: &space,
        model: &told,
        edits: &chosen.edits,
    };
    let plan_baselines = compared.with(&profile, base, &setup::nowhere()).unwrap_or_else(|error| {
        blame(check, "report.baselines", error.to_string());
        Vec::new()
    });
    let metrics: Vec<&str> = task.metrics.iter().map(|metric| metric.name.as_str()).collect();
    let searched = Searched {
        technique: &*technique,
        options: &options,
        space: &space,
        model: facts,
        objectives: &objectives,
        metrics: &metrics,
    };
    let given = searched.table(&profile, base, &setup::nowhere()).unwrap_or_else(|error| {
        blame(check, "strategy.sensitivities", error.to_string());
        None
    });
    let study = Preflight {
        technique: &*technique,
        options: &options,
        model: facts,
        space: &space,
        evaluator: chosen.evaluator(),
        signals: &chosen.signals,
        task: &task,
        strategy: &strategy,
        objectives: &objectives,
        items: profile.items,
        racing: profile.racing,
        report: profile.report,
        out_of_domain: &chosen.domains(&profile),
        start: start.as_ref(),
        plan_baselines: &plan_baselines,
        given: given.as_ref(),
        seed: profile.seed,
    };
    let honours = |plan: &Plan| subject.check(plan);
    for (path, fault) in study.faults(&honours) {
        let message = match &fault {
            SessionError::FewItems { split, wanted, items } => few(&chosen, split, *wanted, *items),
            other => other.to_string(),
        };
        blame(check, path, message);
    }
    if let Some(target) = target.filter(|_| check.faults.is_empty())
        && let Ok(folder) = chosen.model(&profile, base)
        && let Err(refusal) = target.check(&study, &folder)
    {
        blame(check, "target", refusal.to_string());
    }
    let header = taken::header(&chosen.completed(&profile), &study);
    if let Some(refusal) = taken::refusal(store, &header, subject.proved) {
        blame(check, "name", refusal);
    }
    Some(space)
}

/// The trial that the study starts from.
fn start(profile: &Profile, store: &Path, subject: &Subject, check: &mut Check) -> Option<Start> {
    let start = profile.start.as_ref()?;
    match setup::stored_start(start, store, &subject.facts, subject.proved) {
        Ok(start) => Some(start),
        Err(error) => {
            let path = match error.cause() {
                Cause::Start(start) => start.key(),
                _ => "start.study",
            };
            blame(check, path, error.sentence());
            None
        }
    }
}

/// The task, once its data can be read.
fn task(
    profile: &Profile,
    chosen: &ChosenTask,
    base: &Path,
    subject: &Subject,
    check: &mut Check,
) -> Option<TaskInfo> {
    let task = subject.task(&chosen.data(profile, base));
    let blamed = |failure: OpenFailure| {
        blame(check, &fault_path(profile, chosen, failure.about()), failure.to_string());
    };
    task.map_err(blamed).ok()
}

/// The files of the model; none where it is not there, which is said elsewhere, or is no folder.
fn files(profile: &Profile, base: &Path, check: &mut Check) -> Folder {
    let folder = setup::absolute(base, &profile.model).ok().filter(|folder| folder.is_dir());
    folder.map_or(Ok(Folder::empty()), |folder| Folder::open(&folder)).unwrap_or_else(|error| {
        blame(check, "model", describe::of_system(&error));
        Folder::empty()
    })
}

/// The technique, before it is known who scores its plans, and its resolved options.
fn found(profile: &Profile, base: &Path, check: &mut Check) -> Option<(Found, Settings)> {
    let technique = match setup::found(&profile.technique.name, base, setup::nowhere()) {
        Ok(technique) => technique,
        Err(error) => {
            blame(check, "technique.name", error.sentence());
            return None;
        }
    };
    let owner = format!("technique `{}`", technique.info().name);
    match options::resolve(&owner, &technique.info().options, &profile.technique.options) {
        Ok(options) => Some((technique, options)),
        Err(error) => {
            blame(check, &option_path("technique", &error), error.to_string());
            None
        }
    }
}

/// The technique with the edits of its evaluator, told of its target.
fn limited(
    found: Found,
    chosen: &ChosenTask,
    target: Option<(ChosenTarget, &Folder)>,
    check: &mut Check,
) -> Option<Arc<dyn Technique>> {
    let technique = found.scored_by(chosen.evaluator(), &chosen.edits);
    let Some((target, files)) = target else { return Some(technique) };
    match target.limits(technique, files.clone()) {
        Ok(technique) => Some(technique),
        Err(refusal) => {
            blame(check, "target", refusal.to_string());
            None
        }
    }
}

fn space(
    technique: &dyn Technique,
    facts: &Facts,
    options: &Settings,
    check: &mut Check,
) -> Option<Arc<Space>> {
    match technique.space(facts, options) {
        Ok(space) => Some(Arc::new(space)),
        Err(failure) => {
            let message = failure.kind.to_string();
            blame(check, &refused_path(options, &message), message);
            None
        }
    }
}

fn few(task: &ChosenTask, split: &Split, wanted: u32, items: u32) -> String {
    let size = task.spec.item(&task.options).map(|size| format!(" of {size}")).unwrap_or_default();
    format!("{wanted}: the {split} data has {items} items{size}")
}

/// Which value of the profile has to change.
fn fault_path(profile: &Profile, task: &ChosenTask, about: &OpenFault) -> String {
    let of_split = |split: &str| match split {
        "selection" | "report" => format!("task.{split}"),
        _ => task.reporting(split).map_or("task.elsewhere".to_owned(), |option| format!("task.{option}")),
    };
    match about {
        OpenFault::Split(split) => of_split(split),
        OpenFault::TaskOption(option) => format!("task.{option}"),
        OpenFault::Option(option) => format!("evaluator.options[{option:?}]"),
        OpenFault::Task => "task.kind".to_owned(),
        // As the form calls it, which is where it is chosen.
        OpenFault::Device => "--device".to_owned(),
        OpenFault::Evaluator => match &profile.evaluator {
            Some(evaluator) if !evaluator.command.is_empty() => "evaluator.command".to_owned(),
            _ => "evaluator.name".to_owned(),
        },
        // A task that names a folder reads a model of its own.
        OpenFault::Model => task.folder().map_or("model".to_owned(), |option| format!("task.{option}")),
        OpenFault::File(file) => {
            let task = &profile.task;
            if file.ends_with(&task.selection) {
                of_split("selection")
            } else if file.ends_with(&task.report) {
                of_split("report")
            } else if task.elsewhere.values().any(|path| file.ends_with(path)) {
                of_split("elsewhere")
            } else {
                // What lies beside the model: a tokenizer, a chat template.
                "model".to_owned()
            }
        }
        _ => "model".to_owned(),
    }
}

/// Which option a technique refuses: the one that its sentence quotes, else the choice of the technique.
fn refused_path(options: &Settings, message: &str) -> String {
    let quoted = options.keys().find(|name| message.contains(&format!("`{name}`")));
    quoted.map_or("technique.name".to_owned(), |name| format!("technique.options[{name:?}]"))
}

fn option_path(owner: &str, error: &OptionError) -> String {
    format!("{owner}.options[{:?}]", error.option())
}

fn blame(check: &mut Check, path: &str, message: String) {
    check.faults.push(Fault { path: path.to_owned(), message });
}

#[cfg(test)]
mod tests {
    use attune_eval::error::{OpenError, TaskError};

    use super::*;

    #[test]
    fn an_error_of_the_data_stands_beside_the_field_that_causes_it() {
        let text = r#"(version: 1, name: "n", model: "m", technique: (name: "kv-bits"), trials: 1, items: 1,
            task: (selection: "s.txt", report: "r.txt", length: 64, lengths: {512: 4}, passkeys: {1024: 2}))"#;
        let profile = Profile::parse("n.ron", text, &[]).unwrap();
        let chosen = ChosenTask::of(&profile, Path::new("")).unwrap();
        let failure = |error| OpenFailure::from(OpenError::Task(error));
        let path = |error: TaskError| fault_path(&profile, &chosen, failure(error).about());
        let long = |option| TaskError::BadLength { option, length: 64, context: 32 };
        assert_eq!(path(long("length")), "task.length");
        assert_eq!(path(long("passkeys")), "task.passkeys");
        let short = |split: Split| {
            let (file, split) = ("base/r.txt".into(), split.to_string());
            TaskError::TooShort { file, split, tokens: 9, items: 4, length: 64 }
        };
        let bad = |file: &str| {
            let (found, remedy) = ("it is odd".to_owned(), "mend it".to_owned());
            TaskError::BadText { file: file.into(), place: None, found, remedy }
        };
        assert_eq!(path(bad("base/s.txt")), "task.selection");
        assert_eq!(path(bad("base/r.txt")), "task.report");
        assert_eq!(path(bad("base/m/tokenizer.json")), "model");
        assert_eq!(path(short(Split::Report)), "task.report");
        assert_eq!(path(short(attune_eval::text::at_length(512))), "task.lengths");
        assert_eq!(path(short(Split::OutOfDomain("code".to_owned()))), "task.elsewhere");
        let reason = "the tokenizer knows no digits".to_owned();
        assert_eq!(path(TaskError::NoPasskey { option: "passkeys", length: 1024, reason }), "task.passkeys");
    }
}
