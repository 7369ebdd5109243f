//! What a check by an engine starts from, and where its result is written down.

use std::collections::{BTreeMap, HashMap};

use attune_core::evaluator::Outputs;
use attune_core::exporter::ExportError;
use safetensors::Dtype;
use safetensors::tensor::TensorView;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::checkpoint::{MANIFEST, bad};

/// What the file of a reference is called in messages.
const REFERENCE: &str = "reference.safetensors";

/// Outputs of an evaluator as a safetensors file, as `python -m attune_engines verify` reads it: of each sequence N `inputs.N`
/// \[length\] and `positions.N` \[positions\] as u32, `outputs.N` \[positions, vocabulary\] as float32, and `items` \[sequences\], the item
/// that each is of.
///
/// # Errors
/// [`ExportError::BadModel`] for outputs that do not fit together.
pub fn reference(outputs: &[Outputs]) -> Result<Vec<u8>, ExportError> {
    let ints = |values: &[u32]| values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>();
    let mut tensors: Vec<(String, Dtype, Vec<usize>, Vec<u8>)> = Vec::new();
    for (number, one) in outputs.iter().enumerate() {
        let floats = one.values.iter().flat_map(|value| value.to_le_bytes()).collect();
        let (length, rows) = (one.inputs.len(), one.positions.len());
        tensors.push((format!("inputs.{number}"), Dtype::U32, vec![length], ints(&one.inputs)));
        tensors.push((format!("positions.{number}"), Dtype::U32, vec![rows], ints(&one.positions)));
        tensors.push((format!("outputs.{number}"), Dtype::F32, vec![rows, one.width], floats));
    }
    let items: Vec<u32> = outputs.iter().map(|one| one.item).collect();
    tensors.push(("items".to_owned(), Dtype::U32, vec![items.len()], ints(&items)));
    let wrong = |error: safetensors::SafeTensorError| {
        bad(REFERENCE, error.to_string(), "outputs whose values are as many as positions times vocabulary")
    };
    let views = tensors.iter().map(|(name, dtype, shape, bytes)| {
        TensorView::new(*dtype, shape.clone(), bytes).map(|view| (name.as_str(), view))
    });
    let views: Vec<(&str, TensorView<'_>)> = views.collect::<Result<_, _>>().map_err(wrong)?;
    let metadata = HashMap::from([("format".to_owned(), "attune-outputs".to_owned())]);
    safetensors::serialize(views, Some(metadata)).map_err(wrong)
}

/// The manifest of an export with the result of a check under `verified`: in the place of an earlier result, else as its last key.
/// Everything else stays, to the byte.
///
/// # Errors
/// [`ExportError::BadModel`] when it is no JSON object.
pub fn with_verified(manifest: &[u8], verified: &impl Serialize) -> Result<Vec<u8>, ExportError> {
    let wrong = |found: String| bad(MANIFEST, found, "a JSON object, as `attune export` writes it");
    let text = std::str::from_utf8(manifest).map_err(|error| wrong(error.to_string()))?;
    let keys: BTreeMap<String, &RawValue> =
        serde_json::from_str(text).map_err(|error| wrong(error.to_string()))?;
    let value = serde_json::to_string_pretty(verified)
        .map_err(|error| wrong(error.to_string()))?
        .replace('\n', "\n  ");
    if let Some(earlier) = keys.get(KEY) {
        // `RawValue` borrows from `text`, so its address says where the value stands.
        let start = earlier.get().as_ptr().addr() - text.as_ptr().addr();
        let end = start + earlier.get().len();
        return Ok(format!("{}{value}{}", &text[..start], &text[end..]).into_bytes());
    }
    let end = text.rfind('}').unwrap_or(text.len());
    let comma = if keys.is_empty() { "" } else { "," };
    Ok(format!("{}{comma}\n  \"{KEY}\": {value}\n}}\n", text[..end].trim_end()).into_bytes())
}

const KEY: &str = "verified";

#[cfg(test)]
mod tests {
    use safetensors::SafeTensors;

    use super::*;

    #[test]
    fn a_reference_has_what_was_said() {
        let outputs = |item, values: Vec<f32>| Outputs {
            item,
            inputs: vec![5, 6, 7],
            positions: vec![0, 2],
            width: 2,
            values,
        };
        let file = reference(&[outputs(0, vec![1.0, 2.0, 3.0, 4.0]), outputs(9, vec![0.5; 4])]).unwrap();
        let read = SafeTensors::deserialize(&file).unwrap();
        assert_eq!(read.tensor("items").unwrap().data(), [0, 0, 0, 0, 9, 0, 0, 0]);
        let rows = read.tensor("outputs.0").unwrap();
        assert_eq!((rows.shape(), rows.dtype()), (&[2, 2][..], Dtype::F32));
        assert_eq!(rows.data()[8..12], 3.0_f32.to_le_bytes());
        assert_eq!(read.tensor("inputs.1").unwrap().shape(), [3]);
        let short = reference(&[outputs(0, vec![1.0; 3])]).unwrap_err().to_string();
        assert!(short.contains("positions times vocabulary"), "{short}");
    }

    #[test]
    fn a_result_is_added_once_and_everything_else_stays() {
        let manifest = "{\n  \"a\": 1.50,\n  \"b\": [1,2]\n}\n";
        let with = |manifest: &[u8], verdict| {
            let value = BTreeMap::from([("verdict", verdict)]);
            String::from_utf8(with_verified(manifest, &value).unwrap()).unwrap()
        };
        let first = with(manifest.as_bytes(), "agrees");
        let expected =
            "{\n  \"a\": 1.50,\n  \"b\": [1,2],\n  \"verified\": {\n    \"verdict\": \"agrees\"\n  }\n}\n";
        assert_eq!(first, expected);
        assert_eq!(with(first.as_bytes(), "differs"), expected.replace("agrees", "differs"));
        let alone = with(b"{}", "x");
        assert_eq!(alone, "{\n  \"verified\": {\n    \"verdict\": \"x\"\n  }\n}\n");
        assert_eq!(with(alone.as_bytes(), "y"), alone.replace("\"x\"", "\"y\""));
        // Somebody has put it elsewhere: what stands behind it stays.
        let moved = "{\"a\": 1.50, \"verified\": {\"verdict\": \"agrees\"}, \"b\\n\": [1,2]}";
        let expected = "{\"a\": 1.50, \"verified\": {\n    \"verdict\": \"x\"\n  }, \"b\\n\": [1,2]}";
        assert_eq!(with(moved.as_bytes(), "x"), expected);
        assert!(with_verified(b"[1]", &1).is_err() && with_verified(b"\xff", &1).is_err());
    }
}
