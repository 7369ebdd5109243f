//! `attune show`.

use std::path::Path;

use attune_core::store::Record;
use attune_search::session;

use super::reading::store_of;
use crate::error::CliError;
use crate::output;
use crate::view::{json, next, table};

pub(crate) fn run(path: &Path, study: &str, as_json: bool) -> Result<(), CliError> {
    let store = store_of(study, path)?;
    let records = store.records(study).map_err(CliError::input)?;
    let notes = store.notes_on(study).map_err(CliError::run)?;
    let Some(Record::Header(header)) = records.first() else {
        return Err(CliError::Run(format!(
            "the journal of study `{study}` has no header; see `attune doctor`"
        )));
    };
    let Some(finished) = session::stored(&records, &notes) else {
        let trials = records.len() - 1;
        return Err(CliError::Input(format!(
            "study `{study}` is not finished: {trials} trials are in the store and no report yet; `attune continue {study}` \
             goes on with it"
        )));
    };
    if as_json {
        output::json(&json::finished(&finished, &header.dimensions))
    } else {
        let folder = session::whereabouts(&notes).map_or(&header.model_path, |last| &last.model);
        let outline = attune_eval::Outline::open(Path::new(folder)).ok();
        let model = outline.map(|outline| outline.facts(header.model_fingerprint));
        let next = next::after_show(&finished, model.as_ref());
        output::line(table::result(&finished, &next, output::columns()).trim_end())
    }
}
