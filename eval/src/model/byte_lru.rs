//! What is made of the model's weights for candidates, kept on the device while there is room.

use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};

use lru::LruCache;

/// Values within a budget of bytes; the one not used for longest goes first.
pub(crate) struct ByteLru<K: Eq + Hash, V> {
    budget: u64,
    state: Mutex<State<K, V>>,
}

struct State<K: Eq + Hash, V> {
    used: u64,
    values: LruCache<K, (V, u64)>,
}

impl<K: Eq + Hash, V: Clone> ByteLru<K, V> {
    /// An empty one that keeps at most `budget` bytes.
    pub(crate) fn new(budget: u64) -> Self {
        Self { budget, state: Mutex::new(State { used: 0, values: LruCache::unbounded() }) }
    }

    /// Bytes that are kept at most.
    pub(crate) fn budget(&self) -> u64 {
        self.budget
    }

    /// The value of `key`, made when it is not there; `bytes` says how much room one takes.
    pub(crate) fn get_or_make(&self, key: K, bytes: fn(&V) -> u64, make: impl FnOnce() -> V) -> V {
        if let Some((value, _)) = self.state().values.get(&key) {
            return value.clone();
        }
        // Not under the lock: products run on the same thread pool, and a thread that waits for them may be handed work that
        // asks here. Two who miss at once make the same.
        let made = make();
        let bytes = bytes(&made);
        let mut state = self.state();
        if bytes <= self.budget && !state.values.contains(&key) {
            while state.used + bytes > self.budget {
                let Some((_, (_, freed))) = state.values.pop_lru() else { break };
                state.used -= freed;
            }
            state.used += bytes;
            state.values.put(key, (made.clone(), bytes));
        }
        made
    }

    /// The value of `key`, if it is there.
    pub(crate) fn get(&self, key: &K) -> Option<V> {
        self.state().values.get(key).map(|(value, _)| value.clone())
    }

    /// Forgets everything: the device has no memory to spare.
    pub(crate) fn clear(&self) {
        let mut state = self.state();
        state.used = 0;
        state.values.clear();
    }

    fn state(&self) -> MutexGuard<'_, State<K, V>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_used_for_longest_goes_first_and_the_budget_holds() {
        let kept = ByteLru::new(10);
        let get = |key: u32, size: u64| kept.get_or_make(key, |value| *value, || size);
        let has = |key: u32| kept.state().values.contains(&key);
        for key in [0, 1, 0, 2] {
            get(key, 4);
        }
        assert!(has(0) && !has(1) && has(2));
        assert_eq!(get(3, 11), 11);
        assert!(!has(3), "more than all of the budget is never kept");
        assert_eq!(get(0, 9), 4, "what is there is not made again");
        get(4, 10);
        assert!(has(4) && !has(0) && !has(2));
        assert_eq!(kept.state().used, 10);
        kept.clear();
        assert!(!has(4) && kept.state().used == 0);
    }
}
