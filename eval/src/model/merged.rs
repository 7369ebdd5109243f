//! Experts that a candidate merges: linear combinations of the model's, made once and kept while there is room.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use attune_core::hash::ContentHash;

use super::weights::{Experts, Gated};
use crate::compute::Compute;
use crate::edits::ExpertMatrix;

/// Bytes that merged experts may take beyond those in use: 1 GiB.
const MEMORY: u64 = 1 << 30;

/// An expert of an edited layer.
pub(crate) enum Merged {
    /// One of the model's, unchanged.
    Same(usize),
    /// A combination.
    New(Box<Gated>),
}

/// The experts of one layer under one matrix, one for each row.
pub(crate) type MergedLayer = Arc<[Merged]>;

/// Merged experts by layer and matrix; the ones not used for longest go first.
pub(crate) struct MergedExperts {
    budget: u64,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    used: u64,
    clock: u64,
    kept: HashMap<Key, Kept>,
}

type Key = (usize, ContentHash);

struct Kept {
    layer: Arc<OnceLock<MergedLayer>>,
    bytes: u64,
    last: u64,
}

impl Default for MergedExperts {
    fn default() -> Self {
        Self::new(MEMORY)
    }
}

impl MergedExperts {
    fn new(budget: u64) -> Self {
        Self { budget, state: Mutex::default() }
    }

    /// The experts `part` of layer `number` under `matrix`.
    pub(crate) fn of(
        &self,
        compute: &Compute,
        number: usize,
        part: &Experts,
        matrix: &ExpertMatrix,
    ) -> MergedLayer {
        let combinations = matrix.rows().filter(|row| single(row).is_none()).count();
        let bytes = combinations as u64 * part.experts.first().map_or(0, Gated::bytes);
        let slot = self.slot((number, matrix.hash()), bytes);
        if let Some(layer) = slot.get() {
            return layer.clone();
        }
        // Not made inside `get_or_init`: products run on the same thread pool, and a thread that waits for them may be handed
        // another group of items that asks for this very slot. Two that come at once both make it.
        let made = matrix.rows().map(|row| merged(compute, part, row)).collect();
        slot.get_or_init(|| made).clone()
    }

    /// Forgets everything: the device has no memory to spare.
    pub(crate) fn clear(&self) {
        *self.state() = State::default();
    }

    fn slot(&self, key: Key, bytes: u64) -> Arc<OnceLock<MergedLayer>> {
        let mut state = self.state();
        state.clock += 1;
        let last = state.clock;
        if let Some(kept) = state.kept.get_mut(&key) {
            kept.last = last;
            return kept.layer.clone();
        }
        let layer = Arc::<OnceLock<MergedLayer>>::default();
        if bytes <= self.budget {
            while state.used + bytes > self.budget && state.drop_one() {}
            state.used += bytes;
            state.kept.insert(key, Kept { layer: layer.clone(), bytes, last });
        }
        layer
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Forgets the layer that was not used for longest; `false` when there is none.
    fn drop_one(&mut self) -> bool {
        let oldest = self.kept.iter().min_by_key(|(_, kept)| kept.last).map(|(key, _)| *key);
        let dropped = oldest.and_then(|key| self.kept.remove(&key));
        self.used -= dropped.as_ref().map_or(0, |kept| kept.bytes);
        dropped.is_some()
    }
}

fn merged(compute: &Compute, part: &Experts, row: &[f32]) -> Merged {
    match single(row) {
        Some(expert) => Merged::Same(expert),
        None => {
            let terms = row.iter().zip(&part.experts).filter(|(number, _)| **number != 0.0);
            let terms: Vec<(f32, &Gated)> = terms.map(|(number, expert)| (*number, expert)).collect();
            Merged::New(Box::new(Gated::combination(compute, &terms, &part.experts[0])))
        }
    }
}

/// The expert that a row takes as it is.
fn single(row: &[f32]) -> Option<usize> {
    let mut present = row.iter().enumerate().filter(|(_, number)| **number != 0.0);
    match (present.next(), present.next()) {
        (Some((expert, 1.0)), None) => Some(expert),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: usize) -> Key {
        (number, ContentHash::of(b"matrix"))
    }

    #[test]
    fn what_was_not_used_for_longest_goes_first_and_the_budget_holds() {
        let merged = MergedExperts::new(10);
        for number in [0, 1, 0, 2] {
            merged.slot(key(number), 4);
        }
        let has = |number| merged.state().kept.contains_key(&key(number));
        assert!(has(0) && !has(1) && has(2));
        merged.slot(key(3), 11);
        assert!(!has(3), "more than all of the budget is never kept");
        assert!(has(0) && has(2));
        merged.slot(key(4), 10);
        assert!(has(4) && !has(0) && !has(2));
        assert_eq!(merged.state().used, 10);
        assert!(Arc::ptr_eq(&merged.slot(key(4), 10), &merged.slot(key(4), 10)));
    }

    #[test]
    fn only_a_single_one_is_an_expert_as_it_is() {
        assert_eq!(single(&[0.0, 1.0, 0.0]), Some(1));
        assert_eq!(single(&[0.0, 0.5, 0.0]), None);
        assert_eq!(single(&[1.0, 1.0]), None);
        assert_eq!(single(&[0.0, 0.0]), None);
    }
}
