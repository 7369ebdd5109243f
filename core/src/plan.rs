//! Plans and edits: the only language between techniques, evaluators and exporters.
//!
//! A plan says what a config *does* to a model. The vocabulary is documented, edit by edit, in
//! `docs/edits.md`. Components pass edits as open records (a kind and named arguments), so the
//! vocabulary can grow without breaking a component that was built before; only here do they become
//! typed, and an edit that nobody knows is refused by name.

mod checkpoints;
mod edit;
mod experts;
mod open;
mod weights;

pub use checkpoints::{CombineCheckpoints, checkpoint_mix};
pub use edit::{AttentionSpan, Edit, KvBits, Place};
pub use experts::{ExpertsPerToken, KeepExperts, MergeExperts, RouteExperts};
pub use open::{EditError, OpenEdit};
pub use weights::{Module, WeightBits};

use crate::hash::ContentHash;

/// An ordered list of edits in canonical form.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Plan {
    edits: Vec<Edit>,
}

impl Plan {
    /// The canonical form of `edits`: arguments normalised, ordered by layer, place and kind.
    ///
    /// The order of edits has no meaning: those of one place are defined by what they do together. Sorting
    /// makes equal plans equal bytes. Exact repetitions are dropped.
    pub fn new(edits: impl IntoIterator<Item = Edit>) -> Self {
        let mut edits: Vec<Edit> = edits.into_iter().map(Edit::normalised).collect();
        edits.sort_by_key(|edit| (edit.layer(), edit.rank()));
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

    /// Two edits that [contradict](Edit::contradicts) each other, if there are any: such a plan has no meaning.
    pub fn conflict(&self) -> Option<(&Edit, &Edit)> {
        self.edits.chunk_by(|one, other| one.layer() == other.layer()).find_map(|layer| {
            layer.iter().enumerate().find_map(|(number, one)| {
                layer[number + 1..].iter().find(|other| one.contradicts(other)).map(|other| (one, other))
            })
        })
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

    fn bits(layer: u32, kv_head: Option<u32>) -> KvBits {
        KvBits {
            layer,
            kv_head,
            keys: 4,
            values: 2,
            group_size: 64,
            sink: 1,
            recent: 16,
            ..KvBits::default()
        }
    }

    #[test]
    fn a_layer_and_one_of_its_heads_are_a_conflict() {
        let plan = |places: &[(u32, Option<u32>)]| {
            Plan::new(places.iter().map(|&(layer, kv_head)| Edit::KvBits(bits(layer, kv_head))))
        };
        assert!(plan(&[(1, Some(0)), (1, Some(1)), (2, None)]).conflict().is_none());
        for places in [[(1, None), (1, Some(0))], [(1, Some(1)), (1, None)], [(1, Some(7)), (1, None)]] {
            let plan = plan(&[places[0], (1, Some(3)), (0, None), places[1]]);
            let (one, other) = plan.conflict().unwrap();
            assert!(one.contradicts(other) && one.layer() == 1, "{places:?}");
        }
        let (mut one, mut other) = (bits(1, Some(2)), bits(1, Some(2)));
        (one.keys, other.keys) = (2, 3);
        assert!(Plan::new([Edit::KvBits(one), Edit::KvBits(other)]).conflict().is_some());
    }

    #[test]
    fn arguments_that_say_nothing_leave_the_text_as_it_was() {
        let old = "kv-bits(group-size:64,keys:4,layer:1,recent:16,sink:1,values:2)\n";
        let text = |edit: KvBits| Plan::new([Edit::KvBits(edit)]).canonical();
        let plain = bits(1, None);
        assert_eq!(text(plain.clone()), old);
        assert_eq!(text(KvBits { smoothing: Some(0.0), ..plain.clone() }), old);
        let shrunk = KvBits { keys: 16, values: 4, shrink_from: Some(4), ..plain.clone() };
        assert_eq!(text(shrunk.clone()), text(KvBits { shrink_from: None, ..shrunk }));
        let exact = KvBits { keys: 16, smoothing: Some(0.5), ..plain.clone() };
        assert_eq!(text(exact.clone()), text(KvBits { smoothing: None, ..exact }));
        let full = KvBits { kv_head: Some(3), smoothing: Some(0.75), shrink_from: Some(16), ..plain.clone() };
        assert_eq!(
            text(full.clone()),
            "kv-bits(group-size:64,keys:4,kv-head:3,layer:1,recent:16,shrink-from:16,sink:1,smoothing:0.75,\
             values:2)\n"
        );
        for edit in [plain, full] {
            let edit = Edit::KvBits(edit);
            assert_eq!(Edit::from_open(&edit.to_open()), Ok(edit));
        }
    }

    #[test]
    fn dropped_experts_cannot_be_mixed_and_zero_has_no_sign() {
        let matrix = |zero| vec![1.0, zero];
        let merge = |layer, zero| Edit::MergeExperts(MergeExperts { layer, rows: 1, matrix: matrix(zero) });
        let route = Edit::RouteExperts(RouteExperts { layer: 0, rows: 1, matrix: matrix(0.5) });
        let bits = Edit::KvBits(bits(0, None));
        let one = Edit::ExpertsPerToken(ExpertsPerToken { layer: 0, count: 1 });
        // Something else of the layer stands between the two.
        for mixing in [merge(0, 0.0), route.clone()] {
            let plan = Plan::new([mixing.clone(), bits.clone(), keep(0, &[1]), one.clone()]);
            assert_eq!(plan.conflict(), Some((&keep(0, &[1]), &mixing)));
        }
        assert_eq!(Plan::new([merge(0, 0.0), route, one, keep(1, &[0])]).conflict(), None);
        assert_eq!(Plan::new([merge(0, -0.0)]).hash(), Plan::new([merge(0, 0.0)]).hash());
    }

    #[test]
    fn weights_of_one_expert_and_of_all_are_a_conflict() {
        let gate = |expert, bits| {
            let module = Module::Gate;
            Edit::WeightBits(WeightBits { layer: 1, module, expert, bits, group_size: 8 })
        };
        let up = Edit::WeightBits(WeightBits {
            layer: 1,
            module: Module::Up,
            expert: Some(2),
            bits: 3,
            group_size: 8,
        });
        let apart = Plan::new([gate(Some(2), 4), gate(Some(3), 2), up.clone()]);
        assert_eq!(apart.conflict(), None);
        let overlapping = Plan::new([gate(None, 4), up, gate(Some(2), 16)]);
        assert_eq!(overlapping.conflict(), Some((&gate(None, 4), &gate(Some(2), 16))));
    }

    #[test]
    fn merged_experts_have_no_bits_of_their_own() {
        let merge = Edit::MergeExperts(MergeExperts { layer: 1, rows: 1, matrix: vec![0.5, 0.5] });
        let bits = |module, layer| {
            Edit::WeightBits(WeightBits { layer, module, expert: None, bits: 4, group_size: 8 })
        };
        let plan = Plan::new([merge.clone(), bits(Module::Up, 1)]);
        assert_eq!(plan.conflict(), Some((&merge, &bits(Module::Up, 1))));
        assert_eq!(Plan::new([merge, bits(Module::Query, 1), bits(Module::Up, 0)]).conflict(), None);
    }

    #[test]
    fn the_hash_is_pinned() {
        // Cached results are found by this hash: changing the canonical form loses them all.
        let plan = Plan::new([
            keep(0, &[0, 2]),
            Edit::KvBits(bits(1, None)),
            Edit::AttentionSpan(AttentionSpan { layer: 1, kv_head: 0, sink: 4, alpha: 32.0, beta: 0.25 }),
            Edit::MergeExperts(MergeExperts { layer: 2, rows: 2, matrix: vec![1.0, -0.5, 0.0, 1e-7] }),
            Edit::RouteExperts(RouteExperts { layer: 2, rows: 1, matrix: vec![1.0, 0.25] }),
            Edit::ExpertsPerToken(ExpertsPerToken { layer: 2, count: 1 }),
            Edit::WeightBits(WeightBits {
                layer: 1,
                module: Module::Query,
                expert: None,
                bits: 4,
                group_size: 64,
            }),
            Edit::WeightBits(WeightBits {
                layer: 1,
                module: Module::Down,
                expert: Some(3),
                bits: 2,
                group_size: 32,
            }),
        ]);
        assert_eq!(
            plan.canonical(),
            "keep-experts(experts:[0, 2],layer:0)\n\
             attention-span(alpha:32.0,beta:0.25,kv-head:0,layer:1,sink:4)\n\
             kv-bits(group-size:64,keys:4,layer:1,recent:16,sink:1,values:2)\n\
             weight-bits(bits:4,group-size:64,layer:1,module:\"q\")\n\
             weight-bits(bits:2,expert:3,group-size:32,layer:1,module:\"down\")\n\
             experts-per-token(count:1,layer:2)\n\
             merge-experts(layer:2,matrix:[1.0, -0.5, 0.0, 1e-7],rows:2)\n\
             route-experts(layer:2,matrix:[1.0, 0.25],rows:1)\n"
        );
    }
}
