//! Model facts, as a component is told them.

use attune_core::facts::Facts;
use attune_core::technique::Signal;

use attune_vocabulary::ModelFacts;

use super::setting::setting_out;
use crate::wire;

/// The record of 0.1; facts that have no field in it are `extra`.
pub(crate) fn facts(facts: &Facts) -> wire::ModelFacts {
    let model = ModelFacts::of(facts);
    let others = facts.values.iter().filter(|(name, _)| !ModelFacts::NAMES.contains(&name.as_str()));
    let others = others.map(|(name, value)| (name.clone(), setting_out(value)));
    wire::ModelFacts {
        name: model.name,
        family: model.family,
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
        extra: [
            ("feed-forward".to_owned(), wire::Setting::Int(i64::from(model.feed_forward))),
            ("checkpoints".to_owned(), wire::Setting::Int(i64::from(model.checkpoints))),
        ]
        .into_iter()
        .chain(others)
        .collect(),
    }
}

pub(crate) fn signal(signal: &Signal) -> wire::Signal {
    let axes = signal.axes.iter().map(|axis| wire::Axis { name: axis.name.clone(), len: axis.len });
    wire::Signal { name: signal.name.clone(), axes: axes.collect(), values: signal.values.clone() }
}

#[cfg(test)]
mod tests {
    use attune_core::hash::ContentHash;
    use attune_core::options::{OptionValue, Settings};

    use super::facts;
    use attune_core::facts::Facts;

    #[test]
    fn the_record_of_0_1_is_filled_and_what_it_has_no_field_for_is_extra() {
        let values = [
            ("family", OptionValue::Text("llama".to_owned())),
            ("layers", OptionValue::Int(2)),
            ("kv-heads", OptionValue::Int(3)),
            ("parameters", OptionValue::Int(5_000_000_000)),
            ("bytes-per-parameter", OptionValue::Real(2.0)),
            ("feed-forward", OptionValue::Int(7)),
            ("windows", OptionValue::Ints(vec![8, 9])),
        ];
        let values = values.map(|(name, value)| (name.to_owned(), value));
        let (name, fingerprint) = ("tiny".to_owned(), ContentHash::of(b"tiny"));
        let record = facts(&Facts { name, fingerprint, values: Settings::from(values) });
        assert_eq!(
            format!("{record:?}"),
            "ModelFacts { name: \"tiny\", family: \"llama\", layers: 2, hidden: 0, heads: 0, kv-heads: 3, head-dim: 0, \
             experts: 0, experts-per-token: 0, context: 0, vocab: 0, parameters: 5000000000, expert-parameters: 0, \
             bytes-per-parameter: 2.0, extra: [(\"feed-forward\", Setting::Int(7)), (\"checkpoints\", \
             Setting::Int(1)), (\"windows\", Setting::Ints([8, 9]))] }"
        );
    }
}
