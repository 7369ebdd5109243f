//! Whether data that results are reported on is free of data that was tuned on. The rule for people is in `docs/texts.md`.
//!
//! Texts are compared as people would read them, in one normal form (`normal`), whatever their tokens are:
//! * **runs**: stretches of [`RUN`] characters or more that occur in both (`runs`);
//! * **passages**: lines and sentences that occur in both, in whatever order (`passages`).
//!
//! Texts of one kind share some of both by chance: short records, licence headers. How much is estimated from the selection text
//! alone: the share of it that says again what it has said before (Good & Turing: the chance that the next one is known is one
//! less the share of those that were seen once). What is beyond that was copied.

mod normal;
mod passages;
mod runs;

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use attune_core::evaluator::Split;

use super::Items;
use super::reading::Text;
use crate::error::TaskError;

/// Characters of a run that counts as copied, spaces and punctuation aside: some twenty words. Idiom is shorter.
const RUN: usize = 100;
/// Passages that both texts have before any are called copied.
const FEWEST: usize = 4;
/// Share that is put down to headers and other boilerplate.
const TOLERATED: f64 = 0.01;
/// How often the share that repetition explains may be met.
const CHANCE: f64 = 2.0;
/// Share that nothing explains.
const NEARLY_ALL: f64 = 0.9;
/// Characters of an example in a message.
const EXAMPLE: usize = 120;

/// What two texts have in common.
#[derive(Clone, Debug, Default, PartialEq)]
struct Shared {
    /// Share of the other text, 0 to 1.
    share: f64,
    /// Share that the selection text's own repetition explains.
    expected: f64,
    /// The longest of what is shared.
    example: String,
}

impl Shared {
    fn is_copy(&self) -> bool {
        self.share > TOLERATED + CHANCE * self.expected || self.share > NEARLY_ALL
    }
}

/// Compares the selection text with every other one.
///
/// # Errors
/// [`TaskError::Overlap`].
pub(super) fn check(texts: &BTreeMap<Split, Text>) -> Result<(), TaskError> {
    let Some(selection) = texts.get(&Split::Selection) else { return Ok(()) };
    let known = Known::new(&selection.text);
    for (split, other) in texts.iter().filter(|(split, _)| **split != Split::Selection) {
        known.compare(&other.text, split, &other.file)?;
    }
    Ok(())
}

/// The selection text, ready to be compared with.
struct Known {
    runs: runs::Runs,
    passages: passages::Passages,
}

impl Known {
    fn new(text: &str) -> Self {
        Self { runs: runs::Runs::new(text, RUN), passages: passages::Passages::new(text) }
    }

    fn compare(&self, text: &str, split: &Split, file: &Path) -> Result<(), TaskError> {
        let run = format!("runs of {RUN} characters or more");
        let whole = "whole lines and sentences, in any order".to_owned();
        let found = [(self.runs.shared(text), run), (self.passages.shared(text), whole)];
        let copied = found.into_iter().filter(|(shared, _)| shared.is_copy());
        match copied.max_by(|(one, _), (other, _)| one.share.total_cmp(&other.share)) {
            None => Ok(()),
            Some((shared, what)) => Err(TaskError::Overlap {
                other: split.to_string(),
                file: file.to_owned(),
                share: 100.0 * shared.share,
                expected: 100.0 * shared.expected,
                what,
                example: shared.example.chars().take(EXAMPLE).collect(),
            }),
        }
    }
}

/// Refuses a whole item that is also an item of the selection, however small a share of the text it is.
///
/// # Errors
/// [`TaskError::Overlap`].
pub(super) fn no_item_twice(
    splits: &BTreeMap<Split, Items>,
    files: &BTreeMap<Split, PathBuf>,
    text: impl Fn(&[u32]) -> String,
) -> Result<(), TaskError> {
    let Some(Items { ids, length, .. }) = splits.get(&Split::Selection) else { return Ok(()) };
    let known: HashSet<&[u32]> = ids.chunks_exact(*length).collect();
    for (split, Items { ids, .. }) in splits.iter().filter(|(split, _)| **split != Split::Selection) {
        let twice: Vec<&[u32]> = ids.chunks_exact(*length).filter(|item| known.contains(item)).collect();
        // A few tokens in a row are the same by chance.
        let Some(example) =
            twice.iter().map(|item| text(item)).find(|item| normal::form(item).chars().count() >= RUN)
        else {
            continue;
        };
        return Err(TaskError::Overlap {
            other: split.to_string(),
            file: files.get(split).cloned().unwrap_or_default(),
            share: 100.0 * (twice.len() * length) as f64 / ids.len() as f64,
            expected: 0.0,
            what: "whole items".to_owned(),
            example: example.chars().take(EXAMPLE).collect(),
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests;
