//! The target `plan`: attune itself is the engine, which reads the plan back.

use std::fs;
use std::path::PathBuf;

use attune_core::plan::Plan;

use super::{Bound, Verdict, Verification};
use crate::error::{Error, VerifyError};
use crate::export::{PLAN, Ready};

/// Writes the plan and reads it back: the same plan, by its content hash, and another one than none.
pub(super) fn write(ready: &Ready<'_>) -> Result<(Vec<(PathBuf, u64)>, Verification), Error> {
    let files = ready.write(None)?;
    let path = ready.args.out.join(attune_export::MANIFESTS[1]);
    let text = fs::read_to_string(&path)
        .map_err(|source| Error::run(VerifyError::Io { action: "read", path: path.clone(), source }))?;
    let read = attune_export::read_plan(&path.display().to_string(), &text);
    let read = read.map_err(|error| Error::run(VerifyError::ReadBack(error)))?;
    let plan = &ready.chosen.plan;
    let (verdict, why) = if read.plan.hash() != plan.hash() {
        let (found, expected) = (read.plan.hash().short(), plan.hash().short());
        (Verdict::Differs, format!("reading it back gives plan {found}, and not {expected}"))
    } else if *plan == Plan::empty() {
        (Verdict::Unclear, "the plan has no edits: nothing could be lost".to_owned())
    } else {
        (Verdict::Agrees, format!("reading it back gives the same plan, {}", plan.hash().short()))
    };
    let verification = Verification {
        target: PLAN,
        verdict,
        why,
        engine: "attune".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        evaluator: String::new(),
        approximate: None,
        items: 0,
        answered: None,
        made: None,
        bound: Bound::Same,
    };
    Ok((files, verification))
}
