//! Which family a model is of.

use super::fields::{Fields, Found};
use super::keys::quoted;
use crate::error::ConfigError;
use crate::known::{all, find};
use crate::schema::Family;

/// The entry of `auto_map` that a language model is loaded by.
const LOADED: &str = "AutoModelForCausalLM";

impl Family {
    /// Reads `model_type`, with which `architectures` has to agree.
    pub(super) fn read(fields: &Fields<'_>) -> Result<&'static Self, ConfigError> {
        let known =
            || format!("one of {}", all().iter().map(|family| family.name).collect::<Vec<_>>().join(", "));
        let name = match fields.word("model_type")? {
            Found::Is(name) => name,
            Found::Null => return Err(fields.bad("model_type", "null", known())),
            Found::Absent => return Err(fields.bad("model_type", "absent", known())),
        };
        let family = find(name).ok_or_else(|| fields.bad("model_type", name, known()))?;
        family.agrees(fields)?;
        Ok(family)
    }

    /// Other places that say which model it is say the same.
    fn agrees(&self, fields: &Fields<'_>) -> Result<(), ConfigError> {
        let own = self.architecture.to_lowercase();
        let architectures = fields.words("architectures")?.value().unwrap_or_default();
        if let Some(other) = architectures.iter().find(|name| !name.to_lowercase().ends_with("forcausallm")) {
            let expected = "a …ForCausalLM: only language models are scored";
            return Err(fields.bad("architectures", other, expected));
        }
        if let Some(other) = architectures.iter().find(|name| name.to_lowercase() != own) {
            let expected = format!("what `model_type` says, {}: the two ask for different models", self.name);
            return Err(fields.bad("architectures", other, expected));
        }
        let code = match fields.raw("auto_map") {
            Found::Absent => return Ok(()),
            Found::Null => return Err(fields.null("auto_map", "an object")),
            Found::Is(code) => code,
        };
        // Beside the class that is loaded, maps name those of other tasks, which nobody loads here.
        let loaded = code.get(LOADED).map(|_| LOADED);
        let counts = |name: &str| loaded.map_or(name.starts_with("AutoModel"), |loaded| name == loaded);
        let mut entries = code.as_object().into_iter().flatten();
        match entries.find(|(name, value)| counts(name) && !self.is_native(value)) {
            None => Ok(()),
            Some((name, value)) => Err(fields.bad(
                &format!("auto_map.{name}"),
                quoted(value),
                "no model code of its own: what that code computes is not known here",
            )),
        }
    }

    /// Whether an entry of `auto_map` names the class that transformers has itself, which then takes its own.
    fn is_native(&self, value: &serde_json::Value) -> bool {
        // Some were renamed in nothing but their capitals when they became a part of transformers.
        let named = value.as_str().and_then(|path| path.rsplit('.').next());
        named.is_some_and(|named| named.eq_ignore_ascii_case(self.architecture))
    }
}
