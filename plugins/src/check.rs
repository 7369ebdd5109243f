//! Trying a technique out, for its author: every function, on example models, twice.

mod examples;

use std::path::Path;

use attune_core::technique::{Technique as _, TechniqueInfo};
use attune_testkit::technique::findings;

pub use attune_testkit::technique::Finding;

use crate::error::LoadError;
use crate::host::Host;

/// The result of [`check`].
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    /// What the technique says about itself.
    pub info: TechniqueInfo,
    /// What was tried, in order.
    pub findings: Vec<Finding>,
}

impl Check {
    /// Whether nothing is wrong.
    pub fn passed(&self) -> bool {
        self.findings.iter().all(|finding| finding.outcome.is_ok())
    }
}

/// Loads a component and tries all of it, with default options, on a dense model and on a mixture of
/// experts, and on an image generator when it mixes checkpoints: draws configs, lowers, costs, compares and varies them, and does so twice, since equal arguments
/// must give equal results. A technique may refuse a model that it is not for, but not every model.
///
/// # Errors
/// [`LoadError`] when the file is no technique at all. What is wrong with a technique is in the findings.
pub fn check(host: &Host, path: &Path) -> Result<Check, LoadError> {
    let technique = host.load_file(path)?;
    let models = examples::models(technique.info());
    let findings = findings(&technique, &models, &examples::signal);
    Ok(Check { info: technique.info().clone(), findings })
}
