//! A model of which there is a config.json and nothing else.

use std::path::Path;

use attune_core::facts::Facts;
use attune_core::hash::ContentHash;
use attune_families::DecoderConfig;
use attune_families::config::{Keys, json};
use serde_json::Value;

use super::{GENERATOR, facts};
use crate::error::LoadError;

/// Facts of the decoder that a config.json describes, as they would be with weights in the type that it names; how the files of
/// these weights are is left out. The fingerprint is that of the config alone, and of no model.
///
/// # Errors
/// [`LoadError::Config`].
pub fn architecture(file: &Path) -> Result<Facts, LoadError> {
    let value = json::read(file)?;
    if value.get("model_type").and_then(Value::as_str) == Some(GENERATOR) {
        let expected = "a language model: of an image generator, name the folder with its checkpoints";
        return Err(Keys { file }.bad("model_type", GENERATOR, expected).into());
    }
    let config = DecoderConfig::of(file, &value)?;
    let file = file.canonicalize().unwrap_or_else(|_| file.to_owned());
    let folder = file.parent().unwrap_or(&file);
    Ok(facts::of_config(
        folder,
        &config,
        bytes_per_parameter(&value),
        ContentHash::of(value.to_string().as_bytes()),
    ))
}

/// Bytes of a parameter of the type that a config.json names; without one, of 16 bits, as models are published.
fn bytes_per_parameter(value: &Value) -> f64 {
    let named = |key: &str| value.get(key).and_then(Value::as_str);
    match named("dtype").or_else(|| named("torch_dtype")) {
        Some("float32") => 4.0,
        _ => 2.0,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use attune_core::hash::ContentHash;
    use attune_vocabulary::ModelFacts;

    use super::architecture;
    use crate::model::DecoderOutline;

    #[test]
    fn a_config_alone_says_what_the_whole_folder_does_but_for_its_files() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/tiny-moe");
        let alone = architecture(&folder.join("config.json")).unwrap();
        let whole = DecoderOutline::open(&folder).unwrap().facts(ContentHash::of(b"x"));
        assert_eq!((&alone.name, alone.name.as_str()), (&whole.name, "tiny-moe"));
        for (name, value) in &alone.values {
            // Some tensors may be stored in another type than config.json names.
            if name != "bytes-per-parameter" {
                assert_eq!(Some(value), whole.values.get(name), "{name}");
            }
        }
        assert_eq!(ModelFacts::of(&alone).bytes_per_parameter, 2.0);
    }
}
