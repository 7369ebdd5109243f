//! config.json with windows; every other byte stays.

use std::collections::BTreeMap;

use attune_core::exporter::{ExportError, ModelFiles};
use serde_json::value::RawValue;

use crate::checkpoint::{CONFIG, bad, patched};
use crate::one_window::{OneWindow, Windowed, model_config};
use crate::targets::mlx;

/// config.json of the model with the windows of a plan.
pub(super) fn windowed(files: &dyn ModelFiles, windows: &OneWindow) -> Result<Windowed, ExportError> {
    let (text, _, before) = model_config(files)?;
    let keys: BTreeMap<String, &RawValue> = serde_json::from_str(&text)
        .map_err(|error| bad(CONFIG, error.to_string(), "a JSON object, as Transformers writes it"))?;
    mlx::unlike(&keys)?;
    let listed = windows.within(&before.windows, before.layers)?;
    if listed.layers.iter().all(|has| *has) {
        let found = format!("all {} layers have a window", before.layers);
        return Err(bad(CONFIG, found, "one without: mlx-lm looks for it, and fails where there is none"));
    }
    let changes =
        BTreeMap::from([("layer_types", listed.types()), ("sliding_window", listed.tokens.to_string())]);
    Ok(Windowed { text: patched(&text, &changes)?, listed })
}
