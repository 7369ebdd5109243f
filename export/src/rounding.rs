//! Codes that are not in the stored weights.

use attune_vocabulary::edits::WeightBits;

/// Refuses codes that were chosen by more than the weights: exporters see these alone.
pub(crate) fn check(edit: &WeightBits) -> Result<(), String> {
    match edit.rounding {
        None => Ok(()),
        Some(rounding) => Err(format!(
            "codes that {} chose are not in the stored weights, which is all that this target sees; search without `rounding`, \
             or use `--to plan`",
            rounding.name()
        )),
    }
}
