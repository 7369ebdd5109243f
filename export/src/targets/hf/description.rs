//! What a checkpoint in the Hugging Face layout takes.

use attune_vocabulary::ModelEdit as _;
use attune_vocabulary::edits::{
    AttentionSpan, CombineCheckpoints, DropBlock, ExpertsPerToken, KeepExperts, KvBits, MergeExperts,
    RouteExperts, WeightBits,
};

use super::families;
use crate::description::{
    Description, Edits, Engine, Families, Fidelity, Layers, Only, Takes, Tolerance, Verified,
};

/// In what merged experts differ where they are not stored in float32.
pub(super) const ROUNDED: &str = "merged experts are rounded to the type that they are stored in, where that has 16 bits; \
                                  the search scored them in float32, so a model stored in float32 is exported exactly";

const MIXTURES: Families = Families::These { list: families::mixtures, beyond: "" };

/// The target `hf`.
pub(crate) const DESCRIPTION: Description = Description {
    name: "hf",
    summary: "the pruned checkpoint in the Hugging Face layout, for Transformers, vLLM, SGLang and llama.cpp's \
              converter; for plans of keep-experts, of merge-experts and of one-hot route-experts with the same \
              number of experts (and experts-per-token) in every layer of a mixture, and of \
              combine-checkpoints on an image generator, which become one checkpoint; and of whole blocks that drop-block skips",
    engines: &[
        Engine { name: "Transformers", since: "5.24.0" },
        Engine { name: "vLLM", since: "" },
        Engine { name: "SGLang", since: "" },
        Engine { name: "llama.cpp's converter", since: "" },
    ],
    edits: Edits::These {
        takes: &[
            Takes {
                layers: Layers::SameCount,
                families: Families::These {
                    list: families::mixtures,
                    beyond: "others whose evaluator names the tensors of experts",
                },
                ..Takes::exactly(KeepExperts::KIND, MIXTURES)
            },
            Takes {
                fidelity: Fidelity::ExactInFloat32(ROUNDED),
                layers: Layers::SameCount,
                ..Takes::exactly(MergeExperts::KIND, MIXTURES)
            },
            Takes {
                layers: Layers::SameCount,
                only: Some(Only {
                    word: "one-hot",
                    words: "rows with a single 1 (option `routing: \"one-hot\"` of expert-pruning)",
                }),
                ..Takes::exactly(RouteExperts::KIND, MIXTURES)
            },
            Takes { layers: Layers::Same, ..Takes::exactly(ExpertsPerToken::KIND, MIXTURES) },
            Takes {
                only: Some(Only {
                    word: "whole-blocks",
                    words: "whole blocks (option `unit: \"block\"` of block-dropping)",
                }),
                ..Takes::exactly(DropBlock::KIND, Families::These { list: families::alike, beyond: "" })
            },
            Takes::exactly(
                CombineCheckpoints::KIND,
                Families::These { list: families::generators, beyond: "" },
            ),
        ],
        refuses: &[
            (
                KvBits::KIND,
                "the Hugging Face layout has no per-layer format of the KV cache; use `--to plan`",
            ),
            (AttentionSpan::KIND, "the Hugging Face layout has no attention span per head; use `--to plan`"),
            (
                WeightBits::KIND,
                "this exporter writes weights as they are stored, not in few bits; use `--to plan`",
            ),
        ],
        otherwise: "this exporter takes keep-experts, merge-experts, route-experts, experts-per-token, drop-block and \
                    combine-checkpoints; use `--to plan`",
    },
    check: "`attune export STUDY --to hf --out DIR --verify`, in Transformers",
    tolerance: Tolerance::FLOAT32,
    verified: VERIFIED,
};

const VERIFIED: &[Verified] = &[Verified {
    what: "logits of tiny-moe with 4 of its 8 experts in Transformers 5.24.0 are those of the dense model under a masked router: \
           they differ by 0, and the plan changes them by up to 15",
    how: "`python tests/golden/check_export.py`, torch 2.15.0 on CPU",
    when: "2026-11-30",
}];
