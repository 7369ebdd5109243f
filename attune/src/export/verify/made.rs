//! An engine that makes a checkpoint and runs none: what it makes of the exported document is compared with the exported checkpoint,
//! number by number. That one holds the sums which the evaluator computes.

use std::path::PathBuf;

use super::{Asked, Beside, Bound, Verdict, Verification, absolute, answer, control, note};
use crate::engines::Made;
use crate::error::Error;
use crate::export::Ready;
use crate::setup::Complaints;

/// How far numbers may be apart, as a share of the largest one: eight steps of float32.
const SHARE: f64 = 1e-6;
/// Why that far.
pub(super) const WHY: &str = "sums in float32 differ in the order of their terms";

/// Writes the files, and has the engine make a checkpoint of the document among them.
pub(super) fn write(
    ready: &Ready<'_>,
    asked: &Asked,
    tell: &Complaints,
) -> Result<(Vec<(PathBuf, u64)>, Verification), Error> {
    let out = &ready.args.out;
    let beside = Beside::make(out)?;
    let files = ready.write(None)?;
    let control = control(ready, &beside)?;
    tell(format!("making it with {} {}", asked.name, asked.version));
    let model = absolute(&ready.chosen.model_folder)?;
    let made = answer(asked.engines.make(asked.name, out, &model, &control), out, &beside)?;
    let (verdict, why) = verdict(&made);
    let verification = Verification {
        target: ready.target.description.name,
        verdict,
        why,
        engine: asked.name.to_owned(),
        version: made.version.clone(),
        evaluator: String::new(),
        approximate: None,
        items: 0,
        answered: None,
        bound: Bound::Rounding(SHARE * made.largest),
        made: Some(made),
    };
    note(out, &verification.document(), &beside)?;
    Ok((files, verification))
}

/// Whether what is made is what was exported, and something else without the plan.
fn verdict(made: &Made) -> (Verdict, String) {
    let allowed = SHARE * made.largest;
    let found = made.apart.max_difference;
    if found > allowed {
        let words =
            format!("a number of what it makes is off by {found:.2e}; expected at most {allowed:.2e}");
        return (Verdict::Differs, words);
    }
    match &made.control {
        Err(why) => (Verdict::Unclear, format!("there is nothing to tell it from: without the plan, {why}")),
        Ok(control) if control.max_difference <= allowed => {
            (Verdict::Unclear, "without the plan it makes the same".to_owned())
        }
        Ok(_) => (Verdict::Agrees, "it makes the exported checkpoint".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engines::Apart;

    fn made(own: f64, control: Result<f64, &str>) -> Verdict {
        let apart = |max_difference| Apart { max_difference, mean_difference: 0.0, numbers: 6 };
        let control = control.map(apart).map_err(str::to_owned);
        verdict(&Made { version: "0.1.5".to_owned(), apart: apart(own), control, largest: 2.0 }).0
    }

    #[test]
    fn the_same_checkpoint_agrees_where_another_document_makes_another_one() {
        assert_eq!(made(1e-7, Ok(0.5)), Verdict::Agrees);
        assert_eq!(made(1e-5, Ok(0.5)), Verdict::Differs);
        assert_eq!(made(1e-7, Ok(1e-7)), Verdict::Unclear);
        assert_eq!(made(1e-7, Err("no such file")), Verdict::Unclear);
    }
}
