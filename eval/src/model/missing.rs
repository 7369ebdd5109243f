//! Why a tensor that a model needs is not there: the nearest that are, and what they mean.

/// Endings of the parts of a packed matrix, and who packs so.
const PACKED: [(&str, &str); 6] = [
    ("qweight", "packed by GPTQ or AWQ"),
    ("weight_packed", "packed by compressed-tensors"),
    ("weight_scale", "in few bits"),
    ("scales", "in few bits"),
    ("weight.absmax", "packed by bitsandbytes"),
    ("SCB", "packed by bitsandbytes"),
];

/// Parts of names where a family stores several matrices as one.
const FUSED: [&str; 5] = ["qkv_proj", "W_pack", "query_key_value", "c_attn", "mlp.gate_up_proj"];

/// The output matrix, by the names that families have for it.
fn is_output(name: &str) -> bool {
    attune_families::all().iter().any(|family| family.names.output == name)
}

/// The layer that a name speaks of: the first number in it, whatever a family calls its layers.
pub(super) fn layer(name: &str) -> Option<usize> {
    name.split('.').find_map(|part| part.parse().ok())
}

/// What is there, among tensors of these names, in the place of `wanted`, and what would help.
pub(super) fn hint(names: impl Iterator<Item = String>, wanted: &str) -> String {
    let names: Vec<String> = names.collect();
    explain(&names, wanted)
}

fn explain(names: &[String], wanted: &str) -> String {
    const DENSE: &str = "dequantise the model first, or take the one that it was made of";
    let first = |part: &str| names.iter().filter(|name| name.contains(part)).min();
    let stem = wanted.trim_end_matches(".weight");
    for (ending, how) in PACKED {
        let packed = format!("{stem}.{ending}");
        if names.contains(&packed) {
            return format!("there is `{packed}`: the weights are {how}; {DENSE}");
        }
    }
    if let Some(name) = first("experts.gate_up_proj") {
        return format!(
            "there is `{name}`: all experts of a layer in one tensor, which is not read here; save the model with one \
             tensor per expert, as `save_pretrained` does by default"
        );
    }
    if let Some(name) = FUSED.iter().find_map(|part| first(part)) {
        return format!(
            "there is `{name}`: several matrices in one, as other families store them; is `model_type` right?"
        );
    }
    // `model.norm.weight` is `norm.weight` under whatever prefix.
    let own = wanted.trim_start_matches("model.");
    let prefixed = |name: &&String| {
        name.strip_suffix(own).is_some_and(|before| before.is_empty() || before.ends_with('.'))
    };
    if let Some(name) = names.iter().filter(|name| *name != wanted).filter(prefixed).min() {
        let what = match name.as_str() {
            name if name.contains("base_model.model.") => {
                "an adapter was saved with it; merge the adapter first"
            }
            name if name.contains("_orig_mod.") => "a compiled module was saved; save the module inside it",
            name if name.contains("language_model.") => {
                "this is a model of several parts; save its language model by itself"
            }
            _ => "rename the tensors, or save the model with `save_pretrained`",
        };
        return format!("there is `{name}`: {what}");
    }
    if is_output(wanted) {
        return "if the output matrix is the embedding, say so with `\"tie_word_embeddings\": true` in config.json".to_owned();
    }
    if wanted.ends_with(".bias") {
        let key = if wanted.contains(".mlp.") { "mlp_bias" } else { "attention_bias" };
        return format!(
            "`{key}` or `model_type` of config.json asks for it; is config.json of the same model?"
        );
    }
    let last = names.iter().filter_map(|name| layer(name)).max();
    if let (Some(wanted), Some(last)) = (layer(wanted), last)
        && wanted > last
    {
        return format!("the last layer there is {last}; is `num_hidden_layers` of config.json right?");
    }
    match attune_core::suggest::nearest(wanted, names.iter().map(String::as_str)) {
        Some(near) => format!("the nearest is `{near}`; is config.json of the same model?"),
        None => match names.iter().min() {
            Some(name) => format!("the first one there is `{name}`; is config.json of the same model?"),
            None => "there is none at all; download the file again".to_owned(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::explain;

    fn explained(names: &[&str], wanted: &str) -> String {
        explain(&names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>(), wanted)
    }

    #[test]
    fn what_is_there_instead_is_named() {
        let projection = "model.layers.0.self_attn.q_proj.weight";
        for (stored, wanted, said) in [
            ("model.layers.0.self_attn.q_proj.qweight", projection, "GPTQ or AWQ"),
            ("model.layers.0.self_attn.q_proj.weight_packed", projection, "compressed-tensors"),
            (
                "model.layers.0.mlp.experts.gate_up_proj",
                "model.layers.0.block_sparse_moe.gate.weight",
                "in one tensor",
            ),
            ("model.layers.0.self_attn.qkv_proj.weight", projection, "several matrices in one"),
            ("model.language_model.norm.weight", "model.norm.weight", "its language model by itself"),
            ("transformer.norm.weight", "model.norm.weight", "rename the tensors"),
            ("norm.weight", "model.norm.weight", "rename the tensors"),
            ("base_model.model.model.norm.weight", "model.norm.weight", "merge the adapter"),
            ("_orig_mod.model.norm.weight", "model.norm.weight", "the module inside it"),
            ("model.layers.0.self_attn.q_porj.weight", projection, "the nearest is"),
            (
                "model.layers.1.mlp.up_proj.weight",
                "model.layers.2.mlp.up_proj.weight",
                "the last layer there is 1",
            ),
            ("model.norm.weight", "lm_head.weight", "tie_word_embeddings"),
            ("model.norm.weight", "model.layers.0.mlp.up_proj.bias", "`mlp_bias`"),
        ] {
            let found = explained(&[stored], wanted);
            assert!(found.contains(said), "{stored}: {found}");
        }
        assert!(explained(&[], projection).contains("none at all"));
    }
}
