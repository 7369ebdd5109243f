//! Edits that change nothing give the dense model; edits that change something do not.

use attune_core::plan::{Edit, Plan};
use attune_vocabulary::arrange;
use attune_vocabulary::edits::{AttentionSpan, KeepExperts, KvBits};

use crate::made::{EXPERTS, KV_HEADS, LAYERS, furthest, ids, load, logits, mixture};

const TOKENS: usize = 150;

fn everywhere(edit: impl Fn(u32, u32) -> Edit) -> Plan {
    let places = (0..LAYERS as u32).flat_map(|layer| (0..KV_HEADS as u32).map(move |head| (layer, head)));
    arrange(places.map(|(layer, head)| edit(layer, head)))
}

fn kv_bits(bits: u32, sink: u32, recent: u32) -> Plan {
    let edit =
        |layer| KvBits { layer, keys: bits, values: bits, group_size: 4, sink, recent, ..KvBits::default() };
    everywhere(|layer, _| Edit::from(edit(layer)))
}

fn spans(sink: u32, alpha: f64, beta: f64) -> Plan {
    everywhere(|layer, kv_head| Edit::from(AttentionSpan { layer, kv_head, sink, alpha, beta }))
}

#[test]
fn neutral_edits_are_the_dense_model_to_the_bit() {
    let (folder, _) = mixture();
    let model = load(folder.path());
    let ids = ids(1, TOKENS);
    let dense = logits(&model, &Plan::empty(), &ids);
    let all: Vec<u32> = (0..EXPERTS as u32).collect();
    let neutral = [
        ("all experts", everywhere(|layer, _| Edit::from(KeepExperts { layer, experts: all.clone() }))),
        ("16 bits", kv_bits(16, 0, 0)),
        ("sink over everything", kv_bits(2, TOKENS as u32, 0)),
        ("recent over everything", kv_bits(2, 0, TOKENS as u32)),
        ("span by alpha", spans(0, TOKENS as f64, 0.0)),
        ("span by beta", spans(0, 0.0, 1.0)),
        ("sink as span", spans(TOKENS as u32, 1.0, 0.0)),
    ];
    for (name, plan) in neutral {
        assert_eq!(furthest(&dense, &logits(&model, &plan, &ids)), 0.0, "{name}");
    }
}

#[test]
fn a_layer_is_all_of_its_heads_to_the_bit() {
    let (folder, _) = mixture();
    let model = load(folder.path());
    let ids = ids(4, TOKENS);
    let heads = |bits: [u32; KV_HEADS]| {
        everywhere(|layer, head| {
            let (keys, kv_head) = (bits[head as usize], Some(head));
            Edit::from(KvBits {
                layer,
                kv_head,
                keys,
                values: keys,
                group_size: 4,
                sink: 2,
                ..KvBits::default()
            })
        })
    };
    let found = |plan: &Plan| logits(&model, plan, &ids);
    assert_eq!(found(&heads([3, 3])), found(&kv_bits(3, 2, 0)));
    let apart = furthest(&found(&heads([3, 16])), &found(&heads([16, 3])));
    assert!(apart > 1e-3, "heads are told apart: {apart}");
}

#[test]
fn nearly_neutral_mixes_are_nearly_the_dense_model() {
    // One position short of neutral: the mixed path runs, and only the furthest pairs may notice.
    let (folder, _) = mixture();
    let model = load(folder.path());
    let ids = ids(2, TOKENS);
    let dense = logits(&model, &Plan::empty(), &ids);
    let rows = |logits: &[f32]| logits[..(TOKENS - 1) * 50].to_vec();
    for plan in [kv_bits(3, 0, TOKENS as u32 - 1), kv_bits(3, 75, 75), spans(0, TOKENS as f64 - 1.0, 0.0)] {
        let found = logits(&model, &plan, &ids);
        assert!(furthest(&rows(&dense), &rows(&found)) < 1e-5, "{plan:?}");
    }
    assert!(furthest(&dense, &logits(&model, &kv_bits(3, 0, 0), &ids)) > 0.01);
    assert!(furthest(&dense, &logits(&model, &spans(1, 5.0, 0.0), &ids)) > 0.01);
}

#[test]
fn more_bits_are_nearer_to_the_dense_model() {
    let (folder, _) = mixture();
    let model = load(folder.path());
    let ids = ids(3, TOKENS);
    let dense = logits(&model, &Plan::empty(), &ids);
    let apart: Vec<f32> =
        [2, 4, 8].map(|bits| furthest(&dense, &logits(&model, &kv_bits(bits, 0, 0), &ids))).to_vec();
    assert!(apart[0] > apart[1] && apart[1] > apart[2] && apart[2] > 0.0, "{apart:?}");
}
