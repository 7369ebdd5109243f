//! JSON that is changed in place: every byte but the values that change stays, whoever wrote it.

use std::collections::BTreeMap;

use attune_core::exporter::ExportError;
use serde_json::value::RawValue;

use super::{CONFIG, bad};

/// `text`, an object, with new values for `changes`; keys that it lacks are added.
///
/// # Errors
/// [`ExportError::BadModel`] when it is no JSON object.
pub(crate) fn patched(text: &str, changes: &BTreeMap<&str, String>) -> Result<String, ExportError> {
    let keys: BTreeMap<String, &RawValue> = serde_json::from_str(text)
        .map_err(|error| bad(CONFIG, error.to_string(), "a JSON object, as Transformers writes it"))?;
    let first = text.find('{').map_or(0, |brace| brace + 1);
    let comma = if keys.is_empty() { "" } else { "," };
    let mut places: Vec<(usize, usize, String)> = changes
        .iter()
        .map(|(key, value)| match keys.get(*key) {
            // `RawValue` borrows from `text`, so its address says where the value stands.
            Some(old) => (old.get().as_ptr().addr() - text.as_ptr().addr(), old.get().len(), value.clone()),
            None => (first, 0, format!("\n  \"{key}\": {value}{comma}")),
        })
        .collect();
    places.sort_unstable();
    let mut patched = text.to_owned();
    for (start, len, value) in places.into_iter().rev() {
        patched.replace_range(start..start + len, &value);
    }
    Ok(patched)
}
