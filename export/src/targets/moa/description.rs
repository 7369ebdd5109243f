//! What MoA's own code takes.

use attune_vocabulary::ModelEdit as _;
use attune_vocabulary::edits::{AttentionSpan, KvBits};

use crate::description::{Description, Edits, Engine, Families, Fidelity, Only, Takes, Tolerance};

/// The first tokens that MoA keeps in every head.
pub(super) const SINK: u32 = 64;
/// In what every plan differs.
pub(super) const BLOCKS: &str = "MoA's kernels work in blocks of 64 tokens: in a prompt a query sees up to 63 tokens less than its span, and in \
                                 generation caches are rounded up to whole blocks, 128 tokens at least, of which the first 64 are always kept";
/// The family that MoA's code is written for.
pub(super) const FAMILY: &str = "llama";

fn families() -> Vec<&'static str> {
    vec![FAMILY]
}

/// The target `moa`.
pub(crate) const DESCRIPTION: Description = Description {
    name: "moa",
    summary: "the spans of heads as MoA's own JSON (moa_alpha_beta.json), for the kernels of MoA; weights are not copied, and a model of \
              grouped heads has to be expanded first (`scripts/helper/gqa_to_mha.py` of MoA)",
    engines: &[Engine { name: "MoA", since: "" }],
    edits: Edits::These {
        takes: &[Takes {
            fidelity: Fidelity::Approximate(BLOCKS),
            only: Some(Only { word: "sink-64", words: "up to 64 first tokens (`sink: 64` or less)" }),
            ..Takes::exactly(AttentionSpan::KIND, Families::These { list: families, beyond: "" })
        }],
        refuses: &[(KvBits::KIND, "MoA's caches are in 16 bits; use `--to transformers`")],
        otherwise: "its JSON says spans of heads and nothing else; use `--to plan`",
    },
    check: "scripts/pipeline/perplexity_evaluate.py of MoA, with `--moa_config` DIR_OF_THIS_FILE/moa_alpha_beta.json (a CUDA device is needed)",
    tolerance: Tolerance::FLOAT32,
    verified: &[],
};
