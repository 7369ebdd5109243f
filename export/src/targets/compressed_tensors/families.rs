//! Families whose modules are stored apart, or row below row, under names that are known.

use attune_families::Family;
use attune_families::schema::{ExpertTensors, Projections};

/// Their names.
pub(super) fn names() -> Vec<&'static str> {
    named(is_known)
}

/// Those of them whose scales of caches are found: by attention that is called `self_attn` and has projections of known names.
pub(super) fn cached() -> Vec<&'static str> {
    named(|family| is_known(family) && has_cache(family))
}

/// The family of that name, if it is one of them.
pub(super) fn find(name: &str) -> Option<&'static Family> {
    attune_families::find(name).filter(|family| is_known(family))
}

/// Transformers computes Falcon by a class of linear modules of its own, which the library does not make numbers for.
const UNREAD: &str = "falcon";

fn is_known(family: &Family) -> bool {
    // Modules of latents are computed in another form than they are stored in, and experts in one tensor are no matrices.
    let apart = |rule: &attune_families::schema::MixtureRule| matches!(rule.tensors, ExpertTensors::Apart(_));
    family.name != UNREAD && family.attention.latent.is_none() && family.mixture.as_ref().is_none_or(apart)
}

/// Whether the scales of a family's caches are found.
pub(super) fn has_cache(family: &Family) -> bool {
    let attention = &family.attention;
    let named = match attention.projections {
        Projections::Apart([_, key, value]) => key == "k_proj" && value == "v_proj",
        Projections::Fused(name) | Projections::Grouped(name) => name == "qkv_proj",
    };
    attention.place == "self_attn" && named
}

fn named(of: impl Fn(&Family) -> bool) -> Vec<&'static str> {
    attune_families::all().iter().filter(|family| of(family)).map(|family| family.name).collect()
}
