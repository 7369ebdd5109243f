//! What a new study can be made of.

use std::path::{Path, PathBuf};

use attune_core::profile::{DEFAULT_STRATEGY, EvaluatorChoice};
use attune_core::technique::{Technique as _, TechniqueInfo};
use attune_search::strategy;

use super::builtins::builtins;
use super::models;
use crate::backend::{Catalogue, EvaluatorRow, StrategyRow};
use crate::error::Error;
use crate::factory::{self, Described, Listed};
use crate::setup;

/// Techniques, strategies, metrics, devices and models.
pub(super) fn read() -> Result<Box<Catalogue>, String> {
    let strategies = strategy::strategies().iter().map(|info| StrategyRow {
        name: info.name.to_owned(),
        summary: info.summary.to_owned(),
        options: info.options.clone(),
    });
    let mut strategies: Vec<StrategyRow> = strategies.collect();
    strategies.sort_by_key(|row| row.name != DEFAULT_STRATEGY);
    Ok(Box::new(Catalogue {
        evaluators: factory::list().into_iter().map(row).chain(own_evaluators()).collect(),
        techniques: techniques().map_err(|error| error.sentence())?,
        strategies,
        tasks: setup::tasks(),
        targets: attune_export::targets().iter().map(|target| target.description.name.to_owned()).collect(),
        devices: attune_eval::device_names(),
        models: models::folders(),
    }))
}

/// Components in the working directory that are evaluators.
fn own_evaluators() -> Vec<EvaluatorRow> {
    let row = |file: PathBuf| {
        let name = file.display().to_string();
        let spec = factory::spec(&EvaluatorChoice::named(&name), Path::new("")).ok()?;
        Some(EvaluatorRow { name, summary: spec.summary, native: false, missing: None })
    };
    models::entries(Path::new("")).into_iter().filter(|file| is_component(file)).filter_map(row).collect()
}

fn is_component(file: &Path) -> bool {
    file.extension().is_some_and(|extension| extension == "wasm")
}

fn row(listed: Listed) -> EvaluatorRow {
    match listed {
        Listed::Native(spec) => {
            EvaluatorRow { name: spec.name, summary: spec.summary, native: true, missing: None }
        }
        Listed::Component(Described { spec, .. }) => {
            EvaluatorRow { name: spec.name, summary: spec.summary, native: false, missing: None }
        }
        Listed::Worker { name, summary, command } => EvaluatorRow {
            name: name.to_owned(),
            summary: summary.to_owned(),
            native: false,
            missing: command.err().map(|_| format!("not installed: {}", factory::INSTALL_TORCH)),
        },
    }
}

/// A technique by the name that a profile in the folder `base` gives it.
pub(super) fn technique(name: &str, base: &Path) -> Result<Box<TechniqueInfo>, String> {
    let found = setup::found(name, base, setup::nowhere()).map_err(|error| error.sentence())?;
    Ok(Box::new(found.info().clone()))
}

fn techniques() -> Result<Vec<TechniqueInfo>, Error> {
    let builtin = builtins()?;
    let host = setup::host(setup::nowhere())?;
    let components = models::entries(Path::new("")).into_iter().filter(|file| is_component(file));
    // A component that cannot be loaded is no choice; naming it in the form says what is wrong with it.
    let own = components.filter_map(|file| {
        let technique = host.load_file(&file).ok()?;
        Some(TechniqueInfo { name: file.display().to_string(), ..technique.info().clone() })
    });
    let own = own.chain([setup::edits_info().clone()]);
    Ok(builtin.iter().map(|technique| technique.info().clone()).chain(own).collect())
}
