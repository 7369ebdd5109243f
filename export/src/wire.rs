//! The JSON forms, version 1, that exported files share. They are this crate's own: the domain types
//! may change without changing files that people already have.

mod edit;
mod facts;
mod provenance;

use serde::{Deserialize, Serialize};

use attune_core::exporter::ExportError;
use attune_core::plan::Plan;

pub(crate) use edit::{EditJson, parse_edit};
pub(crate) use facts::ModelJson;
pub(crate) use provenance::ProvenanceJson;

/// A plan: its content hash and its edits in canonical order.
#[derive(Serialize)]
pub(crate) struct PlanJson {
    hash: String,
    edits: Vec<EditJson>,
}

impl From<&Plan> for PlanJson {
    fn from(plan: &Plan) -> Self {
        Self { hash: plan.hash().to_string(), edits: plan.edits().iter().map(EditJson::from).collect() }
    }
}

/// A file that an export wrote.
#[derive(Deserialize, Serialize)]
pub(crate) struct WrittenJson {
    pub(crate) name: String,
    pub(crate) bytes: u64,
}

/// Readable JSON with a final newline.
pub(crate) fn to_bytes(file: &str, value: &impl Serialize) -> Result<Vec<u8>, ExportError> {
    let mut bytes = serde_json::to_vec_pretty(value).map_err(|error| ExportError::Io {
        action: "encode",
        file: file.to_owned(),
        source: error.into(),
    })?;
    bytes.push(b'\n');
    Ok(bytes)
}
