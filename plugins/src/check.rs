//! Trying a technique out, for its author: every function, on example models, twice.

mod example;
mod examples;
mod foreign;
mod words;

use std::collections::BTreeMap;
use std::path::Path;

use attune_core::facts::Facts;
use attune_core::plan::Vocabulary;
use attune_core::technique::{Technique as _, TechniqueInfo};
use attune_testkit::technique::findings;

pub use attune_testkit::technique::Finding;

pub use example::Example;

use crate::error::LoadError;
use crate::host::Host;
use crate::limits::Limits;
use crate::spent::Spent;
use crate::technique::WasmTechnique;

/// The result of [`check`].
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    /// What the technique says about itself.
    pub info: TechniqueInfo,
    /// What was tried, in order.
    pub findings: Vec<Finding>,
    /// One config of each model that the technique is for.
    pub examples: Vec<Example>,
    /// What it is held to.
    pub limits: &'static Limits,
    /// What the calls of each exported function took.
    pub spent: BTreeMap<&'static str, Spent>,
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
    check_on(host, path, &[])
}

/// The same on models of one's own, by their facts; on those of [`check`] when there are none.
///
/// # Errors
/// As [`check`].
pub fn check_on(host: &Host, path: &Path, models: &[Facts]) -> Result<Check, LoadError> {
    Ok(tried(&host.load_file(path)?.only_looked_at(), models, attune_vocabulary::model()))
}

/// The same on subjects of an evaluator that brings the `edits` of its plans: each is checked against its schema.
///
/// # Errors
/// As [`check`].
pub fn check_scored_by(
    host: &Host,
    path: &Path,
    subjects: &[Facts],
    (evaluator, edits): (&str, &Vocabulary),
) -> Result<Check, LoadError> {
    let technique = host.load_file(path)?.scored_by(evaluator, edits);
    let mut check = tried(&technique, subjects, edits);
    // Somebody brings them.
    check.findings.retain(|finding| !foreign::is_about(finding, edits));
    Ok(check)
}

fn tried(technique: &WasmTechnique, models: &[Facts], edits: &Vocabulary) -> Check {
    let made_up = if models.is_empty() { examples::models(technique.info()) } else { Vec::new() };
    let models = if models.is_empty() { &made_up[..] } else { models };
    let mut findings = findings(technique, models, &examples::signal);
    findings.extend(models.iter().flat_map(|model| foreign::findings(technique, model)));
    let spent = technique.spent();
    let examples = models.iter().filter_map(|model| example::of(technique, model, edits)).collect();
    Check { info: technique.info().clone(), findings, examples, limits: technique.limits(), spent }
}
