//! mergekit.yaml: the checkpoints with their weights.

use serde_json::{Value, json};

use crate::yaml;

/// What stands above it.
const HEAD: &str = "# In the folder of the model: mergekit-pytorch THIS_FILE FOLDER\n";

/// The document for checkpoints of these names, whose coefficients `mix` has by layer, then by checkpoint. Layers are as edits
/// count them: what stands before the blocks, the blocks, what stands behind. Checkpoints that weigh nothing are left out.
pub(super) fn document(names: &[String], mix: &[Vec<f64>]) -> String {
    let weights = |checkpoint: usize| -> Vec<f64> { mix.iter().map(|layer| layer[checkpoint]).collect() };
    let models: Vec<Value> = names
        .iter()
        .enumerate()
        .map(|(checkpoint, name)| (name, weights(checkpoint)))
        .filter(|(_, weights)| weights.iter().any(|weight| *weight != 0.0))
        .map(|(name, weights)| json!({"model": name, "parameters": {"weight": weight(&weights)}}))
        .collect();
    let document = json!({
        "merge_method": "linear",
        "dtype": "float32",
        // Sums other than 1 would be divided by, as mergekit does unless it is told not to.
        "parameters": {"normalize": false},
        "models": models,
    });
    format!("{HEAD}{}", yaml::document(&document))
}

/// The weight of a checkpoint by layer. Where layers have their own, the first filter that is a part of a tensor's name counts.
fn weight(weights: &[f64]) -> Value {
    let (Some(&first), Some(&last)) = (weights.first(), weights.last()) else { return json!(0.0) };
    if weights.iter().all(|weight| *weight == first) {
        return json!(first);
    }
    let blocks = weights.iter().enumerate().take(weights.len() - 1).skip(1);
    let mut filters: Vec<Value> = blocks
        .map(|(layer, weight)| json!({"filter": format!("blocks.{}.", layer - 1), "value": weight}))
        .collect();
    filters.extend(["input.", "time."].map(|filter| json!({"filter": filter, "value": first})));
    filters.push(json!({"value": last}));
    Value::Array(filters)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_with_weights_of_their_own_are_filtered_by_name() {
        let names = ["a.safetensors", "b.safetensors", "c.safetensors"].map(str::to_owned);
        let mix = [[2.0, -1.0, 0.0], [1.5, -0.5, 0.0], [2.0, -1.0, 0.0]].map(|layer| layer.to_vec());
        let text = document(&names, &mix);
        assert!(!text.contains("c.safetensors"), "what weighs nothing is not read: {text}");
        let a = "  - model: \"a.safetensors\"\n    parameters:\n      weight:\n        - filter: \"blocks.0.\"\n          value: 1.5\n        \
                 - filter: \"input.\"\n          value: 2.0\n        - filter: \"time.\"\n          value: 2.0\n        - value: 2.0\n";
        assert!(text.contains(a), "{text}");
        let whole = document(&names[..2], &[vec![0.75, 0.25], vec![0.75, 0.25], vec![0.75, 0.25]]);
        assert!(
            whole.contains("  - model: \"b.safetensors\"\n    parameters:\n      weight: 0.25\n"),
            "{whole}"
        );
        assert!(whole.contains("parameters:\n  normalize: false\n"), "{whole}");
    }
}
