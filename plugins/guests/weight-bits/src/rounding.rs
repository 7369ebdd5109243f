//! How weights become codes.

use attune_guest::{Model, Options};

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
    if let Some(target) = model.target().filter(|target| !target.takes_everything()) {
        return Err(format!(
            "`rounding` is \"{GPTQ}\", and the files of target `{}` are made of the stored weights alone, which do not say what \
             was chosen by calibration data; set `rounding` to \"{NEAREST}\", or search for target `plan` or none",
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
