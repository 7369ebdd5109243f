//! Opening the export dialog.

use attune::backend::Request;

use crate::effect::Effect;
use crate::export::Export;
use crate::modal::Modal;
use crate::model::Model;

/// Opens the dialog for a trial, or for the winner.
pub(super) fn open(model: &mut Model, study: &str, trial: Option<u64>) -> Vec<Effect> {
    model.modals.push(Modal::Export(Export::new(study, trial)));
    vec![Effect::Ask(Request::Targets { study: study.to_owned(), trial })]
}
