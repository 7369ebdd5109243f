//! The file of arguments: YAML, whose lists and mappings are written as JSON, which is YAML too.

use serde_json::{Map, Value, json};

use super::families::Backend;
use super::serving::Serving;
use super::windows::Windows;

/// The text of the file, for a model in the folder `model`.
pub(super) fn yaml(serving: &Serving, model: &str) -> String {
    let mut lines = vec![format!("# vllm serve {model} --config vllm.yaml")];
    if !serving.rounded.is_empty() {
        // `fp8` is this type on NVIDIA GPUs and CPUs, and another one elsewhere.
        lines.push("kv-cache-dtype: fp8_e4m3".to_owned());
        if !serving.kept.is_empty() {
            let kept: Vec<String> = serving.kept.iter().map(u32::to_string).collect();
            lines.push(format!("kv-cache-dtype-skip-layers: {}", json!(kept)));
        }
    }
    if let Some(windows) = &serving.windows {
        if windows.backend == Backend::Transformers {
            lines.push("model-impl: transformers".to_owned());
        }
        lines.push(format!("hf-overrides: {}", Value::Object(overrides(windows))));
    }
    lines.join("\n") + "\n"
}

/// Entries of the config that are replaced.
fn overrides(windows: &Windows) -> Map<String, Value> {
    let kind = |layer| match windows.window.layers().contains(&layer) {
        true => "sliding_attention",
        false => "full_attention",
    };
    let kinds: Vec<&str> = (0..windows.count).map(kind).collect();
    let mut entries = Map::from_iter([
        ("layer_types".to_owned(), json!(kinds)),
        ("sliding_window".to_owned(), json!(windows.window.tokens())),
    ]);
    if windows.backend == Backend::Transformers {
        // Qwen's configs have a switch, and a number of full layers that `layer_types` stands for here.
        entries.insert("use_sliding_window".to_owned(), json!(true));
        entries.insert("max_window_layers".to_owned(), json!(0));
    }
    entries
}
