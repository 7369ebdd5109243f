//! Sets of modules by patterns of their names.
//!
//! A pattern lists layers and the names of modules in them, and is anchored at both ends. It uses only what regular expressions of
//! Python and of Rust share.

use std::collections::{BTreeMap, BTreeSet};

/// Patterns that match these names and no other module of the model. `layers` is what comes before the number of a layer.
/// Experts of a layer are one: where a name of one is among `names`, those of all are.
pub(super) fn patterns<'a>(names: impl IntoIterator<Item = &'a str>, layers: &str) -> Vec<String> {
    let mut alone = Vec::new();
    let mut places: BTreeMap<String, BTreeSet<u32>> = BTreeMap::new();
    for name in names {
        match within(name, layers) {
            Some((layer, rest)) => {
                places.entry(any_expert(rest)).or_default().insert(layer);
            }
            None => alone.push(name.to_owned()),
        }
    }
    let mut alike: BTreeMap<BTreeSet<u32>, Vec<String>> = BTreeMap::new();
    for (rest, layers) in places {
        alike.entry(layers).or_default().push(rest);
    }
    let pattern = |(numbers, rests): (BTreeSet<u32>, Vec<String>)| {
        let numbers = numbers.iter().map(u32::to_string).collect::<Vec<_>>().join("|");
        format!("re:^{}({numbers})\\.({})$", escaped(layers), rests.join("|"))
    };
    alone.into_iter().chain(alike.into_iter().map(pattern)).collect()
}

/// The layer that a name is in, and the rest of the name.
fn within<'a>(name: &'a str, layers: &str) -> Option<(u32, &'a str)> {
    let (layer, rest) = name.strip_prefix(layers)?.split_once('.')?;
    Some((layer.parse().ok()?, rest))
}

/// A pattern for the rest of a name, the number of an expert being any.
fn any_expert(rest: &str) -> String {
    let number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let parts = rest.split('.').map(|part| if number(part) { r"\d+".to_owned() } else { escaped(part) });
    parts.collect::<Vec<_>>().join(r"\.")
}

fn escaped(text: &str) -> String {
    text.replace('.', r"\.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_with_the_same_modules_are_one_pattern() {
        let names = [
            "lm_head",
            "model.layers.0.mlp.experts.0.gate_proj",
            "model.layers.0.mlp.experts.1.gate_proj",
            "model.layers.0.self_attn.q_proj",
            "model.layers.10.self_attn.q_proj",
            "model.layers.10.self_attn.k_proj",
            "model.layers.0.self_attn.k_proj",
        ];
        assert_eq!(
            patterns(names, "model.layers."),
            [
                "lm_head",
                r"re:^model\.layers\.(0)\.(mlp\.experts\.\d+\.gate_proj)$",
                r"re:^model\.layers\.(0|10)\.(self_attn\.k_proj|self_attn\.q_proj)$",
            ]
        );
    }
}
