//! What the study's evaluator computes for a plan.

use std::path::Path;

use attune_core::evaluator::{EvalFailure, Outputs, Request, Split};
use attune_core::options::{OptionKind, OptionValue};
use attune_core::plan::Plan;
use attune_core::profile::Profile;

use super::super::reopened::{self, Reopened};
use super::{ITEMS, POSITIONS};
use crate::error::{Error, VerifyError};
use crate::factory;
use crate::run_options::ExportOptions;
use crate::setup::Complaints;

/// The option of an evaluator that says what it computes in, and the word for what engines are compared in.
const FLOAT32: (&str, &str) = ("dtype", "float32");

/// What an engine is held to.
pub(super) struct Reference {
    pub(super) rows: Vec<Outputs>,
    /// Report items that they are of.
    pub(super) items: u32,
    /// Name and numerics of the evaluator.
    pub(super) evaluator: String,
}

/// Outputs for `plan` of the evaluator of the study, on the CPU and, where it can be told so, in float32: engines are asked
/// in float32, too, so that what differs is not the arithmetic. With them that evaluator, for whoever has something else to ask it.
pub(super) fn of_plan(
    store: &Path,
    args: &ExportOptions,
    plan: &Plan,
    tell: Complaints,
) -> Result<(Reference, Reopened), Error> {
    let opened = reopened::evaluator(store, args, "cpu", tell, in_float32)?;
    let evaluator = &opened.evaluator;
    let (info, held) = (evaluator.info(), evaluator.task().items.get(&Split::Report).copied().unwrap_or(0));
    let items = held.min(ITEMS);
    let request = Request::new(Split::Report, (0..items).collect());
    let rows = evaluator.outputs(plan, &request, POSITIONS).map_err(|failure| match failure {
        EvalFailure::Unsupported { .. } | EvalFailure::BadRequest(_) => Error::input(failure),
        failure => Error::run(failure),
    })?;
    let none = || Error::input(VerifyError::NoOutputs { evaluator: info.name.clone() });
    let rows = rows.filter(|rows| !rows.is_empty()).ok_or_else(none)?;
    let reference = Reference { rows, items, evaluator: format!("{} ({})", info.name, info.numerics) };
    Ok((reference, opened))
}

/// The profile with an evaluator that computes in float32, where it has the option.
fn in_float32(mut profile: Profile, base: &Path) -> Result<Profile, Error> {
    let Some(choice) = profile.evaluator.as_mut().filter(|choice| !factory::is_native(choice)) else {
        return Ok(profile);
    };
    let (option, word) = FLOAT32;
    let has = factory::spec(choice, base)?.options.iter().any(|spec| {
        spec.name == option
            && matches!(&spec.kind, OptionKind::OneOf(words) if words.iter().any(|one| one == word))
    });
    if has {
        choice.options.insert(option.to_owned(), OptionValue::Text(word.to_owned()));
    }
    Ok(profile)
}
