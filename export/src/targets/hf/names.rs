//! Names of tensors: which ones of a mixture's checkpoint are its experts.

use attune_core::exporter::ExportError;
use attune_families::tensors::{ExpertNames, ExpertRole};
use attune_vocabulary::ModelFacts;

use crate::checkpoint::bad;

/// The role of the tensor `name` in `file`.
pub(super) fn role(
    file: &str,
    name: &str,
    names: &ExpertNames,
    model: &ModelFacts,
) -> Result<ExpertRole, ExportError> {
    let foreign = || {
        let last = model.layers.saturating_sub(1);
        let expected = format!(
            "experts under `{}` to `{}` with the parts {} (fused or quantised experts are not supported)",
            names.expert(0, "0", "*"),
            names.expert(last, &model.experts.saturating_sub(1).to_string(), "*"),
            names.parts().join(", ")
        );
        bad(file, format!("tensor `{name}`"), expected)
    };
    match names.role(name) {
        ExpertRole::Foreign => Err(foreign()),
        ExpertRole::PerExpert { layer }
        | ExpertRole::Stacked { layer }
        | ExpertRole::Expert { layer, .. }
            if layer >= model.layers =>
        {
            Err(foreign())
        }
        ExpertRole::Expert { expert, .. } if expert >= model.experts => Err(foreign()),
        role => Ok(role),
    }
}
