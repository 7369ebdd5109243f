//! Recipes in JSON: which tool's one is, and where its entries stand.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::error::Fault;

/// The entries of an object, in the order of the file: in some tools a later one counts.
#[derive(Debug, Default)]
pub(super) struct Entries<'a>(pub(super) Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Entries<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Entries<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
                let mut entries = Vec::new();
                while let Some((key, value)) = map.next_entry::<Cow<'de, str>, &'de RawValue>()? {
                    entries.push((key, value));
                }
                Ok(Entries(entries))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

impl<'a> Entries<'a> {
    /// The entries of the object that `raw`, a part of `text`, is.
    pub(super) fn of(text: &str, raw: &'a RawValue, what: &str) -> Result<Self, Fault> {
        serde_json::from_str(raw.get()).map_err(|_| {
            let found = format!("{what} is {}", raw.get());
            Fault::new(Some(at(text, raw)), found, "an object")
        })
    }

    /// The last value of that key; null is none.
    pub(super) fn get(&self, key: &str) -> Option<&'a RawValue> {
        let found = self.0.iter().rev().find(|(name, _)| name == key);
        found.map(|(_, value)| *value).filter(|value| value.get() != "null")
    }

    /// The value of that key as something; `None` where the key is absent.
    pub(super) fn value<T: Deserialize<'a>>(
        &self,
        text: &str,
        key: &str,
        expected: &str,
    ) -> Result<Option<T>, Fault> {
        let Some(raw) = self.get(key) else { return Ok(None) };
        serde_json::from_str(raw.get())
            .map(Some)
            .map_err(|_| Fault::new(Some(at(text, raw)), format!("`{key}` is {}", raw.get()), expected))
    }
}

/// At which byte of `text` a part of it begins.
pub(super) fn at(text: &str, part: &RawValue) -> usize {
    (part.get().as_ptr() as usize).saturating_sub(text.as_ptr() as usize)
}

/// What is read.
const KNOWN: &str =
    "a recipe of AutoRound or ModelOpt, a GGUF file, a file of tensor types, or a plan of attune";

/// Whose recipe a file is.
pub(super) enum Kind<'a> {
    Plan,
    AutoRound(Entries<'a>),
    ModelOpt(Entries<'a>),
}

/// What the recipe in `text` is. A config.json that a tool has written counts as its `quantization_config`.
pub(super) fn kind(text: &str) -> Result<Kind<'_>, Fault> {
    let whole: Entries<'_> = serde_json::from_str(text).map_err(|error| {
        let before = text.split_inclusive('\n').take(error.line().saturating_sub(1));
        Fault::new(Some(before.map(str::len).sum()), format!("{error}"), "JSON")
    })?;
    if whole.value::<String>(text, "format", "a text").ok().flatten().as_deref() == Some("attune-plan") {
        return Ok(Kind::Plan);
    }
    let own =
        whole.get("quantization").map(|inner| Entries::of(text, inner, "`quantization`")).transpose()?;
    // mlx-lm writes the same under both keys.
    if let Some(own) = own.as_ref().filter(|own| own.get("bits").is_some()) {
        return Err(Fault::new(
            own.get("bits").map(|raw| at(text, raw)),
            "`quantization` with `bits`, as mlx-lm writes it into config.json",
            format!("{KNOWN}: recipes of mlx-lm are written (`--to mlx-recipe`) and not read"),
        ));
    }
    if let Some(inner) = whole.get("quantization_config") {
        return of_tool(text, Entries::of(text, inner, "`quantization_config`")?);
    }
    if let Some(own) = own {
        return Ok(Kind::ModelOpt(own));
    }
    of_tool(text, whole)
}

fn of_tool<'a>(text: &str, entries: Entries<'a>) -> Result<Kind<'a>, Fault> {
    if entries.get("quantized_layers").is_some() || entries.get("quant_algo").is_some() {
        return Ok(Kind::ModelOpt(entries));
    }
    let method = entries.value::<String>(text, "quant_method", "a text")?;
    match method.as_deref() {
        None | Some("auto-round" | "intel/auto-round" | "auto_round") => Ok(Kind::AutoRound(entries)),
        Some(other) => Err(Fault::new(None, format!("`quant_method` is \"{other}\""), KNOWN)),
    }
}
