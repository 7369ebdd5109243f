//! What a plan file takes.

use crate::description::{Description, Edits, Engine, Tolerance, Verified};

/// The target `plan`.
pub(crate) const DESCRIPTION: Description = Description {
    name: "plan",
    summary: "the plan as versioned JSON (plan.json) with model fingerprint, scores and provenance, for scripts \
              and for attune itself; works for every technique",
    engines: &[Engine { name: "attune", since: "" }],
    edits: Edits::Every,
    check: "`attune export STUDY --to plan --out DIR --verify`: reading it back gives the same plan, with the same content hash",
    tolerance: Tolerance::FLOAT32,
    verified: &[Verified {
        what: "every plan comes back as it was",
        how: "`cargo test -p attune-export plan_file`",
        when: "2026-11-30",
    }],
};
