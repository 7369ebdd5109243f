//! Families of models that are known by name, and for what.

use attune_families::Family;
use attune_families::schema::{MixtureLayers, Unrotated, WindowRule};

use crate::checkpoint::GENERATOR;

/// Those with experts.
pub(super) fn mixtures() -> Vec<&'static str> {
    named(|family| family.mixture.is_some())
}

/// Those whose blocks can be counted anew.
pub(super) fn alike() -> Vec<&'static str> {
    named(are_alike)
}

/// Image generators.
pub(super) fn generators() -> Vec<&'static str> {
    vec![GENERATOR]
}

/// Whether config.json says nothing of single layers beyond windows that are handled here, so that blocks can be counted anew;
/// nor counts layers behind the last one, which predict tokens further on.
pub(super) fn are_alike(family: &Family) -> bool {
    let windows = matches!(
        family.attention.windows,
        WindowRule::None | WindowRule::Every { .. } | WindowRule::Switched { .. }
    );
    windows
        && family.rotation.unrotated == Unrotated::None
        && family.rotation.local_base.is_none()
        && family.mixture.is_none_or(|rule| rule.layers == MixtureLayers::All)
        && family.predictors.is_empty()
        && !family.needed.iter().any(|(key, _)| *key == "layer_types")
}

fn named(of: impl Fn(&Family) -> bool) -> Vec<&'static str> {
    attune_families::all().iter().filter(|family| of(family)).map(|family| family.name).collect()
}
