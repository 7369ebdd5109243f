//! The JSON of what targets take.

use attune_export::description::{Description, Edits, Families, Fidelity, Takes};
use serde_json::{Value as Json, json};

/// A target, as `attune target show NAME --json` prints it; `edits` is null where it takes every edit, exactly.
pub(crate) fn target(target: &Description) -> Json {
    let edits = match target.edits {
        Edits::Every => Json::Null,
        Edits::These { takes, .. } => takes.iter().map(edit).collect(),
    };
    let refused: Vec<Json> =
        target.refused().iter().map(|(kind, why)| json!({ "edit": kind, "why": why })).collect();
    let engines: Vec<Json> = target
        .engines
        .iter()
        .map(|engine| json!({ "engine": engine.name, "since": said(engine.since) }))
        .collect();
    let verified: Vec<Json> = target
        .verified
        .iter()
        .map(|verified| json!({ "what": verified.what, "how": verified.how, "when": verified.when }))
        .collect();
    json!({
        "target": target.name, "summary": target.summary, "engines": engines, "edits": edits, "refused": refused,
        "check": target.check, "verified": verified,
        "tolerance": {
            "max_difference": target.tolerance.log_probability, "argmax_agreement": target.tolerance.agreement,
            "why": target.tolerance.why,
        },
    })
}

fn edit(takes: &Takes) -> Json {
    let (families, beyond) = match takes.families {
        Families::Any => (None, None),
        Families::These { list, beyond } => (Some(list()), said(beyond)),
    };
    let approximate = match takes.fidelity {
        Fidelity::Exact => None,
        Fidelity::ExactInFloat32(why) | Fidelity::ExactWhere { why, .. } | Fidelity::Approximate(why) => {
            Some(why)
        }
    };
    let together: Vec<String> = takes.together.iter().map(|together| together.words()).collect();
    json!({
        "edit": takes.edit, "exactness": takes.fidelity.words(), "approximate": approximate,
        "bits": takes.levels, "groups": takes.groups, "grids": takes.grids, "expert_grids": takes.expert_grids,
        "layers": takes.layers.words(), "together": together, "only": takes.only.map(|only| only.words), "families": families, "other_families": beyond,
    })
}

/// A text, or nothing where it is empty.
fn said(text: &'static str) -> Option<&'static str> {
    (!text.is_empty()).then_some(text)
}
