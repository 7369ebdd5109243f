//! `attune doctor`.

use std::path::Path;

use attune::backend::come_with_attune;
use attune::engines::{Engine, EngineError, Engines};
use attune::evaluators::{self, Described, Listed};
use attune::setup;
use attune_core::profile::{EvaluatorChoice, command_text};
use attune_core::technique::Technique as _;
use attune_store::Health;

use crate::error::CliError;
use crate::output;
use attune_core::format::bytes;

/// Prints what is there; fails when something needs a person.
pub(crate) fn run(store: &Path, repair: bool) -> Result<(), CliError> {
    output::line(format!("attune {}", env!("CARGO_PKG_VERSION")))?;
    output::line("\nDevices")?;
    for (name, state) in attune_eval::devices() {
        output::line(format!("  {name:<8}{state}"))?;
    }
    output::line("\nEvaluators")?;
    for listed in evaluators::list() {
        output::line(evaluator(&listed))?;
    }
    output::line("\nTechniques")?;
    for technique in setup::host(output::complaints())?.builtins().map_err(attune::Error::from)? {
        let info = technique.info();
        output::line(format!("  {} {} ({})", info.name, info.version, info.fingerprint.short()))?;
    }
    output::line("\nTargets")?;
    let targets = attune_export::targets();
    let widest = targets.iter().map(|target| target.description.name.len()).max().unwrap_or(0) + 2;
    for target in targets {
        let (name, engines) = (target.description.name, target.description.engine_words());
        output::line(format!("  {name:<widest$}loaded by {engines}"))?;
    }
    output::line("\nEngines that check exports (attune export --verify)")?;
    output::line(engines())?;
    let (folder, profiles) = come_with_attune();
    output::line(format!("\nProfiles {}", folder.display()))?;
    output::line(match profiles {
        0 => "  none: the screens list only your own; set ATTUNE_SHARE to the folder that holds `profiles` and `models`"
            .to_owned(),
        _ => format!("  {profiles} come with attune"),
    })?;
    output::line(format!("\nStore {}", store.display()))?;
    if !store.exists() {
        return output::line("  none yet; `attune run PROFILE` makes it");
    }
    if repair {
        for note in attune_store::rebuild(store).map_err(CliError::run)? {
            output::line(format!("  {note}"))?;
        }
    }
    let health = attune_store::health(store).map_err(CliError::run)?;
    output::line(contents(&health))?;
    if health.problems.is_empty() {
        return output::line("  sound");
    }
    for problem in &health.problems {
        output::line(format!("  PROBLEM: {problem}"))?;
    }
    Err(CliError::Run("the store needs attention; see above".to_owned()))
}

/// The engines that can be asked, a line each; none is started.
fn engines() -> String {
    let listed = Engines::find().map_err(EngineError::from).and_then(|engines| engines.list());
    let engines = match listed {
        Ok(engines) => engines,
        Err(EngineError::NoPackage(missing)) => {
            return format!("  none: {} (looked for in {})", missing.install, missing.tried.join(", "));
        }
        Err(error) => return format!("  cannot be asked: {error}"),
    };
    let lines: Vec<String> = engines
        .iter()
        .map(|Engine { name, version, install, .. }| match version {
            Some(version) => format!("  {name:<14}{version}"),
            None => format!("  {name:<14}not installed: {install}"),
        })
        .collect();
    lines.join("\n")
}

/// An evaluator, in a line. One of another process is started, to see whether it is what it should be.
fn evaluator(listed: &Listed) -> String {
    let name = listed.name();
    let state = match listed {
        Listed::Native(_) => "in this build".to_owned(),
        Listed::Component(Described { component, .. }) => match component {
            Some(component) => format!("{} ({})", component.version, component.hash.short()),
            None => "in this build".to_owned(),
        },
        Listed::Worker { command: Err(missing), .. } => {
            format!(
                "not installed: {} (looked for in {})",
                evaluators::INSTALL_TORCH,
                missing.tried.join(", ")
            )
        }
        Listed::Worker { command: Ok(command), .. } => {
            let command_text = command_text(command);
            match evaluators::spec(&EvaluatorChoice::named(name), Path::new("")) {
                Ok(spec) => format!("`{command_text}` answers; {} tasks", spec.tasks.len()),
                Err(error) => format!("cannot be used: {}", error.sentence()),
            }
        }
    };
    format!("  {name:<10}{state}")
}

/// What is in a store, a line for every study.
pub(crate) fn contents(health: &Health) -> String {
    let mut lines: Vec<String> = health
        .running
        .iter()
        .map(|(study, process)| format!("  {study} is being run by process {process}"))
        .collect();
    lines.extend(health.studies.iter().map(|study| {
        format!(
            "  {}: {} trials, {} failed, {}, {} runs, {}",
            study.name,
            study.trials,
            study.failed,
            if study.reported { "reported" } else { "no report yet" },
            study.runs,
            bytes(study.bytes as f64)
        )
    }));
    lines.push(format!(
        "  {} cached evaluations, {}; database {}",
        health.cached,
        bytes(health.cache_bytes as f64),
        bytes(health.index_bytes as f64)
    ));
    lines.join("\n")
}
