//! Activations that stay in memory, so that children of a plan start where they begin to differ from it.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use attune_core::evaluator::Split;
use attune_core::hash::ContentHash;
use burn_tensor::Tensor;

/// What an activation depends on: the passage, and the edits of every layer before `layer`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct CacheSlot {
    pub(super) split: Split,
    /// By its number.
    pub(super) passage: u32,
    pub(super) layer: usize,
    pub(super) prefix: ContentHash,
}

/// Activations `[tokens, hidden]` within a budget of bytes.
///
/// They belong to the plan that computed them. A plan whose activations are used is fresh as a whole, since the
/// next child may differ from it in any layer; the activations of the plan that was not used for longest go first,
/// its deepest ones before its shallow ones.
pub(super) struct PrefixCache {
    budget: u64,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    used: u64,
    clock: u64,
    kept: HashMap<CacheSlot, Kept>,
    owners: HashMap<ContentHash, Owner>,
    /// Owners by the time of their last use.
    queue: BTreeMap<u64, ContentHash>,
}

struct Kept {
    activation: Tensor<2>,
    bytes: u64,
    owner: ContentHash,
}

#[derive(Default)]
struct Owner {
    used: u64,
    places: Vec<CacheSlot>,
}

impl PrefixCache {
    pub(super) fn new(budget: u64) -> Self {
        Self { budget, state: Mutex::default() }
    }

    /// The activations of all `places`, if all are there.
    pub(super) fn all(&self, places: &[CacheSlot]) -> Option<Vec<Tensor<2>>> {
        let mut state = self.state();
        let found: Vec<&Kept> = places.iter().map(|place| state.kept.get(place)).collect::<Option<_>>()?;
        let owners: Vec<ContentHash> = found.iter().map(|kept| kept.owner).collect();
        let activations = found.into_iter().map(|kept| kept.activation.clone()).collect();
        owners.into_iter().for_each(|owner| state.touch(owner));
        Some(activations)
    }

    /// Whether anything of this size is ever kept.
    pub(super) fn takes(&self, bytes: u64) -> bool {
        bytes <= self.budget
    }

    /// Keeps an activation of the plan `owner`.
    pub(super) fn keep(&self, place: CacheSlot, activation: Tensor<2>, owner: ContentHash) {
        let bytes = 4 * activation.dims().iter().product::<usize>() as u64;
        let mut state = self.state();
        if !self.takes(bytes) || state.kept.contains_key(&place) {
            return;
        }
        state.touch(owner);
        while state.used + bytes > self.budget && state.drop_one() {}
        state.used += bytes;
        state.owners.entry(owner).or_default().places.push(place.clone());
        state.kept.insert(place, Kept { activation, bytes, owner });
    }

    /// Forgets everything: the device has no memory to spare.
    pub(super) fn clear(&self) {
        *self.state() = State::default();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn touch(&mut self, owner: ContentHash) {
        self.clock += 1;
        let entry = self.owners.entry(owner).or_default();
        self.queue.remove(&entry.used);
        entry.used = self.clock;
        self.queue.insert(self.clock, owner);
    }

    /// Forgets one activation; `false` when there is none.
    fn drop_one(&mut self) -> bool {
        while let Some((&time, &owner)) = self.queue.iter().next() {
            let place = self.owners.get_mut(&owner).and_then(|owner| owner.places.pop());
            match place.and_then(|place| self.kept.remove(&place)) {
                Some(kept) => {
                    self.used -= kept.bytes;
                    return true;
                }
                None => {
                    self.queue.remove(&time);
                    self.owners.remove(&owner);
                }
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use burn_tensor::Device;

    use super::*;

    fn place(passage: u32, layer: usize) -> CacheSlot {
        CacheSlot { split: Split::Selection, passage, layer, prefix: ContentHash::of(b"p") }
    }

    fn keep(resident: &PrefixCache, item: u32, layer: usize, owner: &str) {
        resident.keep(
            place(item, layer),
            Tensor::zeros([1, 1], &Device::flex()),
            ContentHash::of(owner.as_bytes()),
        );
    }

    fn has(resident: &PrefixCache, item: u32, layer: usize) -> bool {
        resident.state().kept.contains_key(&place(item, layer))
    }

    #[test]
    fn the_plan_that_was_not_used_for_longest_goes_first() {
        let resident = PrefixCache::new(4 * 4);
        keep(&resident, 0, 1, "old");
        keep(&resident, 0, 2, "old");
        keep(&resident, 1, 1, "new");
        keep(&resident, 1, 2, "new");
        assert!(resident.all(&[place(0, 1)]).is_some(), "a use of one activation keeps all of its plan");
        keep(&resident, 2, 1, "newest");
        assert!(!has(&resident, 1, 2) && has(&resident, 1, 1), "the deepest one of the other plan goes");
        keep(&resident, 2, 2, "newest");
        assert!(!has(&resident, 1, 1) && has(&resident, 0, 2) && has(&resident, 2, 1));
        assert_eq!(resident.state().used, 16);
        assert!(resident.all(&[place(0, 1), place(7, 1)]).is_none());
    }

    #[test]
    fn no_budget_keeps_nothing() {
        let resident = PrefixCache::new(0);
        keep(&resident, 0, 1, "plan");
        assert!(!has(&resident, 0, 1) && resident.state().queue.is_empty());
    }
}
