//! Models of several parts, of which the language model is read.

use serde_json::{Map, Value};

use super::fields::{Fields, Found};
use super::ignored;
use super::keys::{Keys, quoted};
use crate::error::ConfigError;
use crate::known::wrapped;
use crate::schema::{Family, Wrapper};

/// The key that the language model's keys are in.
pub(super) const WITHIN: &str = "text_config";

/// The whole, and the language model's own keys.
type Wrapped = (Wrapper, Map<String, Value>);

/// The language model's own keys in the config.json of a model of several parts; `None` where it is no such model.
///
/// # Errors
/// A key of the whole that asks for something else.
pub(super) fn language_model(
    keys: Keys<'_>,
    whole: &Map<String, Value>,
) -> Result<Option<Wrapped>, ConfigError> {
    let name = whole.get("model_type").and_then(Value::as_str);
    let Some((family, wrapper)) = name.and_then(wrapped) else { return Ok(None) };
    let fields = Fields::new(keys, "", whole);
    fields.raw("model_type");
    let architectures = fields.words("architectures")?.value().unwrap_or_default();
    if let Some(other) = architectures.iter().find(|name| **name != wrapper.architecture) {
        return Err(fields.bad("architectures", other, wrapper.architecture));
    }
    let mut text = match fields.raw(WITHIN) {
        Found::Is(Value::Object(text)) => text.clone(),
        Found::Is(other) => return Err(fields.bad(WITHIN, quoted(other), "an object of keys")),
        Found::Null | Found::Absent => {
            return Err(fields.bad(WITHIN, "absent", "the keys of the language model"));
        }
    };
    let known = Value::from(family.name);
    if let Some(other) = text.get("model_type").filter(|name| **name != known) {
        return Err(fields.bad("text_config.model_type", quoted(other), family.name));
    }
    if text.contains_key("quantization_config") {
        let expected =
            format!("no such key: that of the file, beside `{WITHIN}`, says how weights are stored");
        return Err(fields.bad("text_config.quantization_config", "there", expected));
    }
    text.insert("model_type".to_owned(), known);
    for &(size, default) in wrapper.sizes {
        text.entry(size).or_insert_with(|| default.into());
    }
    // Some versions read it here and some there.
    let given = fields.flag("tie_word_embeddings")?.value();
    let inside = text.get("tie_word_embeddings").map_or(family.tied, |inside| *inside == Value::Bool(true));
    if inside != given.unwrap_or(wrapper.tied) {
        let found = given.map_or("absent".to_owned(), |tied| tied.to_string());
        return Err(fields.bad("tie_word_embeddings", found, format!("{inside}, as in `{WITHIN}`")));
    }
    wrapper.ignored.iter().for_each(|&key| {
        fields.raw(key);
    });
    ignored::nothing_is_overlooked(&fields, &Family::LLAMA, usize::MAX)?;
    Ok(Some((wrapper, text)))
}
