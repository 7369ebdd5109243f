//! What mergekit takes.

use attune_vocabulary::ModelEdit as _;
use attune_vocabulary::edits::CombineCheckpoints;

use crate::checkpoint::GENERATOR;
use crate::description::{Description, Edits, Engine, Families, Takes, Tolerance, Verified};

/// The target `mergekit`.
pub(crate) const DESCRIPTION: Description = Description {
    name: "mergekit",
    summary: "a mixture of checkpoints as mergekit's document (mergekit.yaml) with the merged checkpoint beside it, for plans of \
              combine-checkpoints on an image generator",
    engines: &[Engine { name: "mergekit-pytorch", since: "0.1.5" }],
    edits: Edits::These {
        takes: &[Takes::exactly(CombineCheckpoints::KIND, Families::These { list: generators, beyond: "" })],
        refuses: &[],
        otherwise: "it sums checkpoints and does nothing else; use `--to plan`",
    },
    check: "`attune export STUDY --to mergekit --out DIR --verify`, with mergekit-pytorch, which makes the exported checkpoint of the document",
    tolerance: Tolerance::FLOAT32,
    verified: VERIFIED,
};

const VERIFIED: &[Verified] = &[Verified {
    what: "mergekit-pytorch 0.1.5 makes the exported checkpoint of the exported document to 1.2e-7, for weights of the whole model and of \
           single layers, on tiny-digits",
    how: "`tests/engines/run --only mergekit` and `python tests/golden/check_mergekit.py`, torch 2.15.0 on CPU",
    when: "2026-11-30",
}];

fn generators() -> Vec<&'static str> {
    vec![GENERATOR]
}
