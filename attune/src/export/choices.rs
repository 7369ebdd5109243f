//! What the study's evaluator chose for edits of a plan, where files are to have it: opened once more, it chooses the same.

use std::path::Path;

use attune_core::choices::Choices;
use attune_core::evaluator::RunControl;
use attune_core::hash::ContentHash;
use attune_core::plan::Plan;
use attune_core::store::StudyHeader;

use super::reopened::{self, Reopened};
use crate::error::{ChoiceError, Error};
use crate::reading::{StoredStudy, store_of};
use crate::run_options::ExportOptions;
use crate::setup;

/// What was chosen for edits of `plan`, a plan of the study, when it was scored; asked of `opened` where that computes as the study
/// did.
///
/// # Errors
/// When its evaluator cannot be opened, does not hand that out, or would choose otherwise here than it did.
pub(super) fn of_plan(
    store: &Path,
    args: &ExportOptions,
    plan: &Plan,
    opened: Option<Reopened>,
) -> Result<Choices, Error> {
    let StoredStudy { header, .. } = StoredStudy::read(&store_of(&args.study, store)?, &args.study)?;
    let mute = |evaluator: &str| {
        let (study, evaluator) = (header.study.clone(), evaluator.to_owned());
        Error::input(ChoiceError::NoCodes { study, evaluator })
    };
    let device = device(&header);
    // Outputs are asked for in float32 on a CPU, whatever the study was scored in.
    let is_of_the_study =
        |opened: &Reopened| opened.device == device && opened.evaluator.info().numerics == header.numerics;
    let Reopened { evaluator, .. } = match opened.filter(is_of_the_study) {
        Some(opened) => opened,
        None => reopened::evaluator(store, args, device, setup::nowhere(), |profile, _| Ok(profile))?,
    };
    let found = &evaluator.info().numerics;
    if *found != header.numerics {
        return Err(Error::input(ChoiceError::OtherNumerics {
            study: header.study.clone(),
            found: found.clone(),
            expected: header.numerics.clone(),
        }));
    }
    let data = evaluator.task().fingerprints.values().map(|hash| hash.as_bytes().as_slice());
    if ContentHash::of_parts(data) != header.task_fingerprint {
        return Err(Error::input(ChoiceError::OtherData { study: header.study.clone() }));
    }
    let choices = evaluator.choices(plan, &RunControl::default()).map_err(Error::run)?;
    choices.ok_or_else(|| mute(&evaluator.info().name))
}

/// The device that the study ran on, as `--device` takes it: `vulkan:0` of `vulkan:0 (NVIDIA H200)`.
fn device(header: &StudyHeader) -> &str {
    header.device.split_whitespace().next().unwrap_or("cpu")
}
