//! What a component is told about the model.

use attune_core::facts::ModelFacts;
use attune_core::technique::Signal;

use crate::wire;

pub(crate) fn facts(model: &ModelFacts) -> wire::ModelFacts {
    wire::ModelFacts {
        name: model.name.clone(),
        family: model.family.clone(),
        layers: model.layers,
        hidden: model.hidden,
        heads: model.heads,
        kv_heads: model.kv_heads,
        head_dim: model.head_dim,
        experts: model.experts,
        experts_per_token: model.experts_per_token,
        context: model.context,
        vocab: model.vocab,
        parameters: model.parameters,
        expert_parameters: model.expert_parameters,
        bytes_per_parameter: model.bytes_per_parameter,
        extra: vec![("feed-forward".to_owned(), wire::Setting::Int(i64::from(model.feed_forward)))],
    }
}

pub(crate) fn signal(signal: &Signal) -> wire::Signal {
    let axes = signal.axes.iter().map(|axis| wire::Axis { name: axis.name.clone(), len: axis.len });
    wire::Signal { name: signal.name.clone(), axes: axes.collect(), values: signal.values.clone() }
}
