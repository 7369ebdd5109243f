//! config.json of the carrier; every other byte stays.

use std::collections::BTreeMap;

use attune_core::exporter::{ExportError, ModelFiles};
use attune_families::schema::Activation;
use attune_families::{DecoderConfig, Scaling};
use serde_json::{Value, json};

use crate::checkpoint::{CONFIG, bad, patched};
use crate::one_window::{OneWindow, Windowed, model_config};

/// config.json of the carrier with the windows of a plan.
pub(super) fn carrier(files: &dyn ModelFiles, windows: &OneWindow) -> Result<Windowed, ExportError> {
    let (text, keys, before) = model_config(files)?;
    fits(&before, &keys)?;
    let listed = windows.within(&before.windows, before.layers)?;
    let mut changes = BTreeMap::from([
        ("model_type", json!("granite_swa").to_string()),
        ("architectures", json!(["GraniteSWAForCausalLM"]).to_string()),
        ("layer_types", listed.types()),
        ("sliding_window", listed.tokens.to_string()),
        // SGLang reads the base of each layer.
        ("layer_rope_theta", json!(vec![before.rope.base; before.layers]).to_string()),
        ("num_key_value_heads", before.kv_heads.to_string()),
        ("head_dim", before.head_dim.to_string()),
        ("tie_word_embeddings", before.tied.to_string()),
        (
            "attention_multiplier",
            json!(before.attention_scale.unwrap_or((before.head_dim as f64).sqrt().recip())).to_string(),
        ),
    ]);
    // What a family takes for absent differs.
    let absent = [
        ("rms_norm_eps", before.norm_eps.to_string()),
        ("embedding_multiplier", json!(1.0).to_string()),
        ("logits_scaling", json!(1.0).to_string()),
        ("residual_multiplier", json!(1.0).to_string()),
        ("attention_bias", false.to_string()),
        ("mlp_bias", false.to_string()),
        ("bos_token_id", 1.to_string()),
        ("eos_token_id", 2.to_string()),
    ];
    changes.extend(absent.into_iter().filter(|(key, _)| keys.get(*key).is_none()));
    Ok(Windowed { text: patched(&text, &changes)?, listed })
}

/// Whether the carrier computes what the model does, in every engine.
fn fits(before: &DecoderConfig, keys: &Value) -> Result<(), ExportError> {
    let expected = |what: &str| format!("{what}; use `--to windows`, or `--to transformers`");
    if before.qkv_bias || before.output_bias || before.mlp_bias {
        return Err(bad(CONFIG, "biases", expected("none: SGLang's Granite passes over them")));
    }
    if before.activation != Activation::Silu {
        return Err(bad(
            CONFIG,
            "`hidden_act` is another than silu",
            expected("silu, which is all that engines compute there"),
        ));
    }
    if !matches!(before.rope.scaling, Scaling::None | Scaling::Linear { .. } | Scaling::Llama3 { .. }) {
        return Err(bad(CONFIG, "this scaling of the rotation", expected("none, `linear` or `llama3`")));
    }
    match keys.get("quantization_config").filter(|value| !value.is_null()) {
        None => Ok(()),
        Some(_) => {
            Err(bad(CONFIG, "`quantization_config`", expected("a model whose weights are not in few bits")))
        }
    }
}
