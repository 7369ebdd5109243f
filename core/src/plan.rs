//! Plans and edits: the only language between techniques, evaluators and exporters.
//!
//! A plan says what a config *does* to a model. The vocabulary is documented, edit by edit, in
//! `docs/edits.md`. Components pass edits as open records (a kind and named arguments), so the
//! vocabulary can grow without breaking a component that was built before; only here do they become
//! typed, and an edit that nobody knows is refused by name.

mod checkpoints;
mod edit;
mod open;

pub use checkpoints::{CombineCheckpoints, checkpoint_mix};
pub use edit::{AttentionSpan, Edit, KeepExperts, KvBits};
pub use open::{EditError, OpenEdit};

use crate::hash::ContentHash;

/// An ordered list of edits in canonical form.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Plan {
    edits: Vec<Edit>,
}

impl Plan {
    /// The canonical form of `edits`: arguments normalised, ordered by layer, place and kind.
    ///
    /// Edits of the first vocabulary touch disjoint places, so their order has no meaning; sorting
    /// makes equal plans equal bytes. Exact repetitions are dropped.
    pub fn new(edits: impl IntoIterator<Item = Edit>) -> Self {
        let mut edits: Vec<Edit> = edits.into_iter().map(Edit::normalised).collect();
        edits.sort_by_key(|edit| (edit.place(), edit.kind()));
        edits.dedup();
        Self { edits }
    }

    /// The plan that changes nothing: the dense model.
    pub fn dense() -> Self {
        Self::default()
    }

    /// The edits, in canonical order.
    pub fn edits(&self) -> &[Edit] {
        &self.edits
    }

    /// The canonical text form: one edit per line. This is what is hashed.
    pub fn canonical(&self) -> String {
        self.edits.iter().map(|edit| format!("{}\n", edit.to_open())).collect()
    }

    /// The content hash: equal plans, and only those, share results.
    pub fn hash(&self) -> ContentHash {
        ContentHash::of(self.canonical().as_bytes())
    }

    /// Two different edits of one kind for one place, if there are any: such a plan has no meaning.
    pub fn conflict(&self) -> Option<(&Edit, &Edit)> {
        self.edits
            .windows(2)
            .find(|pair| pair[0].place() == pair[1].place() && pair[0].kind() == pair[1].kind())
            .map(|pair| (&pair[0], &pair[1]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keep(layer: u32, experts: &[u32]) -> Edit {
        Edit::KeepExperts(KeepExperts { layer, experts: experts.to_vec() })
    }

    #[test]
    fn order_of_edits_and_of_experts_does_not_matter() {
        let a = Plan::new([keep(1, &[3, 0]), keep(0, &[2, 1, 1])]);
        let b = Plan::new([keep(0, &[1, 2]), keep(1, &[0, 3]), keep(1, &[0, 3])]);
        assert_eq!(a, b);
        assert_eq!(a.hash(), b.hash());
        assert_ne!(a.hash(), Plan::dense().hash());
    }

    #[test]
    fn two_edits_for_one_place_are_a_conflict() {
        let plan = Plan::new([keep(0, &[1]), keep(0, &[2])]);
        assert!(plan.conflict().is_some());
        assert!(Plan::new([keep(0, &[1]), keep(1, &[1])]).conflict().is_none());
    }

    #[test]
    fn the_hash_is_pinned() {
        // Cached results are found by this hash: changing the canonical form loses them all.
        let plan = Plan::new([
            keep(0, &[0, 2]),
            Edit::KvBits(KvBits { layer: 1, keys: 4, values: 2, group_size: 64, sink: 1, recent: 16 }),
            Edit::AttentionSpan(AttentionSpan { layer: 1, kv_head: 0, sink: 4, alpha: 32.0, beta: 0.25 }),
        ]);
        assert_eq!(
            plan.canonical(),
            "keep-experts(experts:[0, 2],layer:0)\n\
             attention-span(alpha:32.0,beta:0.25,kv-head:0,layer:1,sink:4)\n\
             kv-bits(group-size:64,keys:4,layer:1,recent:16,sink:1,values:2)\n"
        );
    }
}
