//! A pruned candidate is the pruned checkpoint.

use attune_core::plan::{Edit, Plan};
use attune_vocabulary::edits::KeepExperts;
use attune_vocabulary::{ModelFacts, arrange};

use crate::made::{self, EXPERTS, HIDDEN, LAYERS, MIXTRAL, Tensors};

#[test]
fn keeping_experts_equals_loading_the_sliced_checkpoint() {
    let (folder, tensors) = made::mixture();
    let kept: [&[u32]; LAYERS] = [&[0, 2, 5], &[1, 2, 4]];
    let plan =
        arrange(kept.iter().enumerate().map(|(layer, experts)| {
            Edit::from(KeepExperts { layer: layer as u32, experts: experts.to_vec() })
        }));

    let mut sliced = Tensors::new();
    for (name, tensor) in &tensors {
        let Some((layer, rest)) = in_mixture(name) else {
            sliced.insert(name.clone(), tensor.clone());
            continue;
        };
        let place = format!("model.layers.{layer}.block_sparse_moe");
        if rest == "gate.weight" {
            let rows = kept[layer]
                .iter()
                .flat_map(|&expert| tensor.1[expert as usize * HIDDEN..][..HIDDEN].to_vec());
            sliced.insert(name.clone(), (vec![3, HIDDEN], rows.collect()));
        } else if let Some((expert, matrix)) = rest.strip_prefix("experts.").and_then(|r| r.split_once('.'))
            && let Some(new) = kept[layer].iter().position(|kept| kept.to_string() == expert)
        {
            sliced.insert(format!("{place}.experts.{new}.{matrix}"), tensor.clone());
        }
    }
    let smaller = tempfile::tempdir().unwrap();
    let config = MIXTRAL.replace(&format!("\"num_local_experts\": {EXPERTS}"), "\"num_local_experts\": 3");
    made::write(smaller.path(), &config, &sliced);

    let (model, pruned) = (made::load(folder.path()), made::load(smaller.path()));
    assert_eq!(ModelFacts::of(pruned.facts()).experts, 3);
    assert!(pruned.facts().count("parameters") < model.facts().count("parameters"));
    assert_ne!(pruned.facts().fingerprint, model.facts().fingerprint);
    let ids = made::ids(5, 90);
    let candidate = made::logits(&model, &plan, &ids);
    let checkpoint = made::logits(&pruned, &Plan::empty(), &ids);
    assert_eq!(made::furthest(&candidate, &checkpoint), 0.0);
    assert!(made::furthest(&candidate, &made::logits(&model, &Plan::empty(), &ids)) > 0.1);
}

fn in_mixture(name: &str) -> Option<(usize, &str)> {
    let (layer, rest) = name.strip_prefix("model.layers.")?.split_once('.')?;
    Some((layer.parse().ok()?, rest.strip_prefix("block_sparse_moe.")?))
}
