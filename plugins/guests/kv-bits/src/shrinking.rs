//! Codes that are shrunk by halves, as in a cache that grows (PM-KVQ, arXiv 2505.18610).

use attune_guest::Options;

use crate::format::EXACT;

/// Bits that codes are shrunk from; `None` quantises to the level at once.
pub(crate) fn shrink_from(options: &Options, levels: &[u32]) -> Result<Option<u32>, String> {
    let from = options.int("shrink-from") as u32;
    match from {
        0 => return Ok(None),
        2 | 4 | 8 | 16 => {}
        _ => {
            return Err(format!(
                "`shrink-from` is {from}; bits halve from 2, 4, 8 or 16, and 0 does not shrink"
            ));
        }
    }
    let halved: Vec<u32> =
        std::iter::successors(Some(from), |&bits| (bits > 1).then_some(bits / 2)).collect();
    match levels.iter().find(|&&level| level != EXACT && !halved.contains(&level)) {
        Some(level) => Err(format!(
            "`levels` contains {level}, which {from} bits (`shrink-from`) halved any number of times do not give; \
             leave it out"
        )),
        None => Ok(Some(from)),
    }
}
