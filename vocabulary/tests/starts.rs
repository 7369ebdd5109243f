//! What a plan says to the techniques of other spaces.

use attune_core::facts::Facts;
use attune_core::hash::ContentHash;
use attune_core::plan::Plan;
use attune_core::space::Axis;
use attune_vocabulary::edits::KeepExperts;
use attune_vocabulary::{ModelFacts, arrange, start_signals};

fn model() -> Facts {
    Facts::from(ModelFacts {
        name: "mixture".to_owned(),
        fingerprint: ContentHash::of(b"mixture"),
        family: "mixtral".to_owned(),
        layers: 2,
        hidden: 32,
        heads: 2,
        kv_heads: 2,
        head_dim: 16,
        experts: 3,
        experts_per_token: 1,
        context: 64,
        vocab: 96,
        checkpoints: 1,
        parameters: 1000,
        feed_forward: 64,
        expert_parameters: 100,
        bytes_per_parameter: 4.0,
    })
}

#[test]
fn kept_experts_are_a_signal_and_layers_without_an_edit_keep_all() {
    let keep = |layer| KeepExperts { layer, experts: vec![0, 2] };
    let [signal] = &start_signals(&arrange([keep(1)]), &model())[..] else { panic!("one signal") };
    assert_eq!(signal.axes, [Axis::new("layer", 2), Axis::new("expert", 3)]);
    assert_eq!(signal.values, [1.0, 1.0, 1.0, 1.0, 0.0, 1.0]);
    assert_eq!(start_signals(&Plan::empty(), &model()), []);
    assert_eq!(start_signals(&arrange([keep(5)]), &model()), []);
}
