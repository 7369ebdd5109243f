//! What the module computes.

use attune_vocabulary::CacheGrid;
use attune_vocabulary::ModelEdit as _;
use attune_vocabulary::edits::{AttentionSpan, KvBits};

use crate::description::{
    DEFAULT_GRID, Description, Edits, Engine, Families, Fidelity, Takes, Tolerance, Verified,
};

/// The family whose attention transformers computes by itself, past its `AttentionInterface`.
pub(super) const BY_ITSELF: &str = "falcon";
/// In what spans that grow with the sequence differ.
pub(super) const GROWING: &str = "spans grow with the sequence (`beta`): a pass over a whole text is what was scored, but while a text is \
                                  generated, tokens in the cache were computed with the spans of the shorter text; search with `elastic: \
                                  false` for one that is exact";

const FAMILIES: Families = Families::These {
    list: families,
    beyond: "others whose attention goes through transformers' AttentionInterface; the module refuses those whose does not when it loads",
};

fn families() -> Vec<&'static str> {
    attune_families::all().iter().map(|family| family.name).filter(|name| *name != BY_ITSELF).collect()
}

/// The grids of plans: that of edits without one, and those of engines.
const GRIDS: &[&str] = &[DEFAULT_GRID, "fp8-e4m3", "q4_0", "q4_1", "q5_0", "q5_1", "q8_0"];
const _: () = assert!(GRIDS.len() == CacheGrid::ALL.len() + 1, "every grid of caches is shipped");

/// The target `transformers`.
pub(crate) const DESCRIPTION: Description = Description {
    name: "transformers",
    summary: "the checkpoint with code that Transformers runs (`trust_remote_code=True`): spans of single heads with first tokens, and KV \
              caches in few bits by layer and head, computed as they were scored, in whole passes and in generation; no memory is saved",
    engines: &[Engine { name: "Transformers", since: "5.24.0" }],
    edits: Edits::These {
        takes: &[
            Takes {
                fidelity: Fidelity::ExactWhere {
                    words: "exact where `beta` is 0, else approximate",
                    why: GROWING,
                },
                ..Takes::exactly(AttentionSpan::KIND, FAMILIES)
            },
            Takes {
                levels: &[1, 2, 3, 4, 5, 6, 7, 8],
                grids: GRIDS,
                ..Takes::exactly(KvBits::KIND, FAMILIES)
            },
        ],
        refuses: &[],
        otherwise: "its code computes attention-span and kv-bits; use `--to hf` for experts and blocks, or `--to plan`",
    },
    check: "`attune export STUDY --to transformers --out DIR --verify`, in Transformers",
    tolerance: Tolerance::FLOAT32,
    verified: &[
        Verified {
            what: "logits in Transformers 5.24.0 are those of plain attention with the plan's spans and rounded caches, in one pass and token by token",
            how: "`python tests/golden/windows.py`, small random models, torch 2.15.0 on CPU",
            when: "2026-11-30",
        },
        Verified {
            what: "a cache in 2 bits of a gpt_neox is off by up to 0.04 in one of eight texts for one code of 24,576, of a number 2.4e-7 from the \
                   middle between two: with the other code the text is the same to 4e-6",
            how: "`tests/engines/run --only gpt_neox`, Transformers 5.24.0 and torch 2.15.0 on CPU",
            when: "2026-11-30",
        },
        Verified {
            what: "the same as the torch evaluator scores, token by token and in two parts, for Llama, Qwen3, GLM-4, Gemma 2, GPT-OSS and DeepSeek-V3",
            how: "`python -m pytest tests/test_exported.py` in python/attune-torch",
            when: "2026-11-30",
        },
    ],
};
