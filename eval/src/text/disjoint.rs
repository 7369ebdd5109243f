//! Whether data that results are reported on is free of data that was tuned on.

use std::collections::{BTreeMap, HashSet};

use attune_core::evaluator::Split;

use super::Items;
use crate::error::TaskError;

/// Tokens of a run that counts as copied. Long enough that idiom, licence headers aside, does not repeat it.
const RUN: usize = 32;

/// Per cent of copied tokens that is put down to such headers and other boilerplate.
const TOLERATED: f64 = 1.0;

/// Compares the selection split with every other one.
pub(super) fn check(
    splits: &BTreeMap<Split, Items>,
    text: impl Fn(&[u32]) -> String,
) -> Result<(), TaskError> {
    let Items { ids: selection, length, .. } = &splits[&Split::Selection];
    let length = *length;
    let run = RUN.min(length);
    let seen: HashSet<&[u32]> = selection.windows(run).collect();
    let items: HashSet<&[u32]> = selection.chunks_exact(length).collect();
    for (split, Items { ids, .. }) in splits.iter().filter(|(split, _)| **split != Split::Selection) {
        let mut copied = 0;
        let mut covered = 0;
        let mut example = None;
        for (start, window) in ids.windows(run).enumerate() {
            if seen.contains(window) {
                copied += (start + run) - start.max(covered);
                covered = start + run;
                example.get_or_insert(window);
            }
        }
        let share = 100.0 * copied as f64 / ids.len() as f64;
        let whole_item = ids.chunks_exact(length).any(|item| items.contains(item));
        if let Some(example) = example.filter(|_| share > TOLERATED || whole_item) {
            return Err(TaskError::Overlap { other: split.to_string(), share, run, example: text(example) });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn splits(report: Vec<u32>) -> BTreeMap<Split, Items> {
        let items = |ids| Items::of_text(ids, 64);
        BTreeMap::from([(Split::Selection, items((0..6400).collect())), (Split::Report, items(report))])
    }

    fn share(report: Vec<u32>) -> Option<f64> {
        match check(&splits(report), |run| format!("{run:?}")) {
            Ok(()) => None,
            Err(TaskError::Overlap { share, .. }) => Some(share),
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn copies_are_found_and_boilerplate_is_tolerated() {
        assert_eq!(share((10_000..16_400).collect()), None);
        // A shared item, wherever it lies.
        assert_eq!(share((10_000..10_640).chain(640..704).collect()).map(f64::round), Some(9.0));
        // The same at an offset that no item starts at, and only in part.
        assert!(share((10_000..10_650).chain(1_003..1_060).collect()).is_some());
        // Forty tokens in ten thousand.
        assert_eq!(share((10_000..20_000).chain(77..117).collect()), None);
    }
}
