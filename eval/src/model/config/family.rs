//! Which family a model is of.

use super::fields::{Fields, Found};
use super::keys::quoted;
use crate::error::LoadError;

/// Families that are computed here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Llama 1 to 3, SmolLM2 and the many that share its layout.
    Llama,
    /// Mistral 7B.
    Mistral,
    /// Qwen2 and Qwen2.5: biased queries, keys and values.
    Qwen2,
    /// Qwen3: normalised queries and keys.
    Qwen3,
    /// Mixtral: a router and experts in place of the feed-forward part.
    Mixtral,
}

impl Family {
    const ALL: [Self; 5] = [Self::Llama, Self::Mistral, Self::Qwen2, Self::Qwen3, Self::Mixtral];

    /// The name in `model_type`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Llama => "llama",
            Self::Mistral => "mistral",
            Self::Qwen2 => "qwen2",
            Self::Qwen3 => "qwen3",
            Self::Mixtral => "mixtral",
        }
    }

    /// Reads `model_type`, with which `architectures` has to agree.
    pub(super) fn read(fields: &Fields<'_>) -> Result<Self, LoadError> {
        let known = || format!("one of {}", Self::ALL.map(Self::name).join(", "));
        let name = match fields.word("model_type")? {
            Found::Is(name) => name,
            Found::Null => return Err(fields.bad("model_type", "null", known())),
            Found::Absent => return Err(fields.bad("model_type", "absent", known())),
        };
        if name == crate::diffusion::FAMILY {
            let expected = "a language model: image generators take a task of kind \"images\"";
            return Err(fields.bad("model_type", name, expected));
        }
        let family = Self::ALL
            .into_iter()
            .find(|family| family.name() == name)
            .ok_or_else(|| fields.bad("model_type", name, known()))?;
        family.agrees(fields)?;
        Ok(family)
    }

    /// Other places that say which model it is say the same.
    fn agrees(self, fields: &Fields<'_>) -> Result<(), LoadError> {
        let own = format!("{}forcausallm", self.name());
        let architectures = fields.words("architectures")?.value().unwrap_or_default();
        if let Some(other) = architectures.iter().find(|name| !name.to_lowercase().ends_with("forcausallm")) {
            let expected = "a …ForCausalLM: only language models are scored";
            return Err(fields.bad("architectures", other, expected));
        }
        if let Some(other) = architectures.iter().find(|name| name.to_lowercase() != own) {
            let expected =
                format!("what `model_type` says, {}: the two ask for different models", self.name());
            return Err(fields.bad("architectures", other, expected));
        }
        let code = match fields.raw("auto_map") {
            Found::Absent => return Ok(()),
            Found::Null => return Err(fields.null("auto_map", "an object")),
            Found::Is(code) => code,
        };
        let entries = code.as_object().into_iter().flatten();
        match entries.into_iter().find(|(name, _)| name.starts_with("AutoModel")) {
            None => Ok(()),
            Some((name, value)) => Err(fields.bad(
                &format!("auto_map.{name}"),
                quoted(value),
                "no model code of its own: what that code computes is not known here",
            )),
        }
    }
}
