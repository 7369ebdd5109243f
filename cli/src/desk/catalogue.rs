//! What a new study can be made of.

use std::path::Path;

use attune_core::technique::{Technique as _, TechniqueInfo};
use attune_search::strategy;
use attune_tui::desk::{Catalogue, StrategyRow};

use super::{models, nowhere};
use crate::error::CliError;
use crate::setup;

/// Techniques, strategies, metrics, devices and models.
pub(super) fn read() -> Result<Box<Catalogue>, String> {
    let strategies = strategy::strategies().iter().map(|info| StrategyRow {
        name: info.name.to_owned(),
        summary: info.summary.to_owned(),
        options: info.options.clone(),
    });
    Ok(Box::new(Catalogue {
        techniques: techniques().map_err(CliError::sentence)?,
        strategies: strategies.collect(),
        metrics: attune_eval::text::metrics(),
        devices: attune_eval::device_names(),
        models: models::folders(),
    }))
}

/// A technique by the name that a profile in the folder `base` gives it.
pub(super) fn technique(name: &str, base: &Path) -> Result<Box<TechniqueInfo>, String> {
    let found = setup::technique(name, base, nowhere()).map_err(CliError::sentence)?;
    Ok(Box::new(found.info().clone()))
}

fn techniques() -> Result<Vec<TechniqueInfo>, CliError> {
    let host = setup::host(nowhere())?;
    let builtin = host.builtins().map_err(|error| setup::load_error(&error))?;
    let components = models::entries(Path::new(""))
        .into_iter()
        .filter(|file| file.extension().is_some_and(|extension| extension == "wasm"));
    // A component that cannot be loaded is no choice; naming it in the form says what is wrong with it.
    let own = components.filter_map(|file| {
        let technique = host.load_file(&file).ok()?;
        Some(TechniqueInfo { name: file.display().to_string(), ..technique.info().clone() })
    });
    Ok(builtin.iter().map(|technique| technique.info().clone()).chain(own).collect())
}
