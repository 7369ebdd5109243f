//! `attune show`.

use std::path::Path;

use attune::reading::{StoredStudy, store_of};
use attune_core::printable::{self, MESSAGE};
use attune_search::session;

use crate::error::CliError;
use crate::output;
use crate::view::{json, next, table};

pub(crate) fn run(path: &Path, study: &str, as_json: bool) -> Result<(), CliError> {
    let store = store_of(study, path)?;
    let StoredStudy { header, records, notes } = StoredStudy::read(&store, study)?;
    let Some(finished) = session::stored(&records, &notes) else {
        let trials = records.len() - 1;
        return Err(CliError::Input(format!(
            "study `{study}` is not finished: {trials} trials are in the store and no report yet; `attune continue {study}` \
             goes on with it"
        )));
    };
    let described = json::Described::of(&header);
    if as_json {
        output::json(&json::finished(&finished, &described))
    } else {
        let folder = session::whereabouts(&notes).map_or(&header.model_path, |last| &last.model);
        let outline = attune_eval::registry::outline(Path::new(folder)).ok();
        let model = outline.map(|outline| outline.facts(header.model_fingerprint));
        let next = next::after_show(&finished, model.as_ref(), described.target.as_deref());
        if let Some(notes) = described.notes {
            output::line(format!("notes: {}\n", printable::block(&notes, MESSAGE)))?;
        }
        output::line(table::result(&finished, &next, output::columns()).trim_end())
    }
}
