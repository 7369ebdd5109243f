//! How weights become codes.

use attune_guest::{Model, Options, Target};

use crate::formats::Formats;

/// Each to the nearest number of its grid, which edits need not say.
const NEAREST: &str = "nearest";
/// With error feedback; the word is that of edits.
const GPTQ: &str = "gptq";
/// Families of grids of whole numbers, of which feedback is defined.
const WHOLE: [&str; 3] = ["affine", "symmetric", "affine-int"];

/// The words of the option, the default first.
pub(crate) const WORDS: [&str; 2] = [NEAREST, GPTQ];

/// What edits say; nothing where each weight is rounded to the nearest.
pub(crate) fn chosen(
    model: &Model,
    options: &Options,
    formats: &Formats,
) -> Result<Option<&'static str>, String> {
    if options.text("rounding") != GPTQ {
        return Ok(None);
    }
    let stores =
        |target: &Target<'_>| target.takes_everything() || target.roundings("weight-bits").contains(&GPTQ);
    if let Some(target) = model.target().filter(|target| !stores(target)) {
        return Err(format!(
            "`rounding` is \"{GPTQ}\", and target `{}` has no codes that were chosen by calibration data; set `rounding` to \
             \"{NEAREST}\", or search for a target that has them (`attune target show NAME` says `rounding`) or none",
            target.name()
        ));
    }
    match WHOLE.contains(&formats.word()) {
        true => Ok(Some(GPTQ)),
        false => Err(format!(
            "`rounding` is \"{GPTQ}\", which is defined on grids of whole numbers, and `grid` is \"{}\"; set `grid` to one of {}, \
             or `rounding` to \"{NEAREST}\"",
            formats.word(),
            WHOLE.join(", ")
        )),
    }
}
