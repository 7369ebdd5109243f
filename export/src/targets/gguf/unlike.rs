//! What a config asks for and llama.cpp computes otherwise, so that the search's scores would not be those of the file.

use attune_core::exporter::ExportError;
use attune_families::schema::Activation;
use attune_families::{DecoderConfig, Scaling, Window};

use super::architecture::{Architecture, Windows};
use crate::checkpoint::{CONFIG, bad};

/// Layers of which llama.cpp takes a Gemma 2, or a Gemma 3, for the one of 27B, whose scores it scales otherwise.
const OTHER_SCALE: [(&str, usize); 2] = [("gemma2", 46), ("gemma3", 62)];

/// Refuses a config of which llama.cpp would make another model than the evaluator did. `layers` are those that stay.
pub(super) fn check(
    config: &DecoderConfig,
    architecture: &Architecture,
    layers: &[u32],
) -> Result<(), ExportError> {
    let refuse =
        |found: String, expected: &str| Err(bad(CONFIG, found, format!("{expected}; use `--to plan`")));
    if config.wrapper.is_some() {
        let expected =
            "a language model by itself, and this is a model of several parts: save its language model alone";
        return Err(bad(CONFIG, "`text_config`", expected));
    }
    if config.activation != if architecture.gelu { Activation::GeluTanh } else { Activation::Silu } {
        return refuse(
            format!("the activation is {:?}", config.activation),
            "the one that llama.cpp computes in this family",
        );
    }
    if !config.tied && !architecture.untied {
        let expected = "true: llama.cpp has no output matrix beside the embedding in this family";
        return refuse("`tie_word_embeddings` is false".to_owned(), expected);
    }
    if config.logit_bias || config.clip.is_some() || config.temperature.is_some() || !config.turns_halves() {
        return refuse("keys that change logits, queries or rotation".to_owned(), "a model without them");
    }
    if (config.output_bias || config.mlp_bias) && architecture.name != "llama" {
        return refuse("biases of the output of attention or of the feed-forward part".to_owned(), "none");
    }
    if architecture.square && config.heads * config.head_dim != config.hidden {
        let expected = format!(
            "{}, the channels of the residual stream: llama.cpp does not load a model of this family with others",
            config.hidden
        );
        return refuse(format!("{} heads have {} channels each", config.heads, config.head_dim), &expected);
    }
    windows(config, architecture, layers)?;
    rotation(config, architecture)?;
    scales(config, architecture, layers.len())?;
    mixture(config, architecture)
}

fn windows(config: &DecoderConfig, architecture: &Architecture, layers: &[u32]) -> Result<(), ExportError> {
    let mut found = layers.iter().filter_map(|&layer| config.layer(layer as usize).window());
    let (expected, first) = match (architecture.windows, found.next()) {
        // A window that no text reaches beyond is none.
        (Windows::None, Some(Window::Sliding(tokens))) if tokens >= config.context => return Ok(()),
        (Windows::None, Some(window)) => (
            "null: llama.cpp lets every token of this family attend to all before it, and what was scored did not",
            window,
        ),
        (_, Some(window @ Window::Chunk(_))) => ("windows that slide", window),
        (Windows::Needed, None) => {
            let expected = "layers with a window: llama.cpp cannot load a model of this family without one";
            return Err(bad(CONFIG, "no layer with a window stays", expected));
        }
        _ => return Ok(()),
    };
    let (Window::Sliding(tokens) | Window::Chunk(tokens)) = first;
    Err(bad(CONFIG, format!("`sliding_window` is {tokens}"), format!("{expected}; use `--to plan`")))
}

fn rotation(config: &DecoderConfig, architecture: &Architecture) -> Result<(), ExportError> {
    let refuse =
        |found: &str, expected: &str| Err(bad(CONFIG, found, format!("{expected}; use `--to plan`")));
    if let Some(local) = &config.local_rope
        && local.scaling != Scaling::None
    {
        return refuse("the rotation of layers with a window is scaled", "one that is not");
    }
    match config.rope.scaling {
        Scaling::None | Scaling::Linear { .. } => Ok(()),
        Scaling::Llama3 { .. } if architecture.divides_frequencies => Ok(()),
        Scaling::Llama3 { .. } => {
            refuse("`rope_type` is llama3", "a rotation that llama.cpp scales in this family: linear or yarn")
        }
        Scaling::Yarn { truncate: false, .. } => {
            refuse("`truncate` is false", "true: llama.cpp rounds the ends of YaRN's ramp to whole channels")
        }
        // Scores of Gemma are not those of a plain Llama, and its windows have another rotation.
        Scaling::Yarn { .. } if architecture.name.starts_with("gemma") => {
            refuse("`rope_type` is yarn", "linear, which is what was tried in this family")
        }
        Scaling::Yarn { factor, attention, .. } => {
            let own = 0.1 * factor.ln() + 1.0;
            if (attention - own).abs() < 1e-6 {
                return Ok(());
            }
            refuse("`attention_factor`", "none: llama.cpp computes it of `factor`")
        }
        Scaling::Dynamic { .. } | Scaling::Ntk { .. } | Scaling::LongRope { .. } => refuse(
            "the rotation depends on the length of a text, or has a base of its own",
            "linear, llama3 or yarn, or no scaling",
        ),
    }
}

fn scales(config: &DecoderConfig, architecture: &Architecture, layers: usize) -> Result<(), ExportError> {
    let refuse =
        |found: String, expected: &str| Err(bad(CONFIG, found, format!("{expected}; use `--to plan`")));
    let usual = 1.0 / (config.head_dim as f64).sqrt();
    let scale = config.attention_scale.unwrap_or(usual);
    let own = if OTHER_SCALE.contains(&(architecture.name, layers)) {
        1.0 / ((config.hidden / config.heads) as f64).sqrt()
    } else {
        usual
    };
    if (scale / own - 1.0).abs() > 1e-6 {
        let expected = format!("{own}: llama.cpp goes by the number of layers in this family");
        return refuse(format!("scores are multiplied by {scale}"), &expected);
    }
    let caps = architecture.name == "gemma2";
    if config.attention_cap.is_some() != caps || (caps && config.logit_cap.is_none()) {
        let expected = if caps { "both soft-caps" } else { "no soft-cap of scores" };
        return refuse("soft-caps".to_owned(), expected);
    }
    let gemma = architecture.name.starts_with("gemma");
    let embedding = config.embedding_scale.is_some() == gemma;
    let logits = config.logit_cap.is_none() || architecture.name == "gemma2" || architecture.name == "gemma3";
    if !embedding || !logits || config.residual_scale.is_some() || config.logit_scale.is_some() {
        return refuse("multipliers that llama.cpp does not have in this family".to_owned(), "none");
    }
    Ok(())
}

fn mixture(config: &DecoderConfig, architecture: &Architecture) -> Result<(), ExportError> {
    let refuse =
        |found: &str, expected: &str| Err(bad(CONFIG, found, format!("{expected}; use `--to plan`")));
    let (Some(mixture), Some(renormalises)) = (&config.mixture, architecture.renormalises) else {
        return Ok(());
    };
    if let Some(layer) = (0..config.layers).find(|&layer| !mixture.in_layer(layer)) {
        let found = format!("layer {layer} has no experts");
        return refuse(&found, "experts in every layer, as llama.cpp has them in this family");
    }
    if mixture.renormalised != renormalises {
        let expected = format!("{renormalises}: llama.cpp does not ask the config in this family");
        return refuse(&format!("`norm_topk_prob` is {}", mixture.renormalised), &expected);
    }
    if mixture.scale.is_some() || mixture.groups.is_some() {
        return refuse("scaled or grouped experts", "neither");
    }
    Ok(())
}
