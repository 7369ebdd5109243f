//! What llama.cpp takes.

use attune_vocabulary::ModelEdit as _;
use attune_vocabulary::edits::{
    ActivationBits, AttentionSpan, DropBlock, ExpertsPerToken, KeepExperts, KvBits, MergeExperts,
    RouteExperts, WeightBits,
};

use super::architecture;
use crate::description::{Description, Edits, Engine, Families, Layers, Only, Takes, Together, Verified};

const FAMILIES: Families = Families::These { list: architecture::names, beyond: "" };
const MIXTURES: Families = Families::These { list: architecture::mixtures, beyond: "" };

/// The target `gguf`.
pub(crate) const DESCRIPTION: Description = Description {
    name: "gguf",
    summary: "one GGUF file with its tokenizer for llama.cpp, ollama and LM Studio; for plans of weight-bits on the grids of GGUF, \
              of keep-experts with the same number in every layer, of whole blocks that drop-block skips, and of kv-bits in one type \
              of keys and one of values, which become the command line; llama.cpp's processors round what enters a matrix of codes \
              to 8 bits, which no search scores",
    engines: &[
        Engine { name: "llama.cpp", since: "b11549" },
        Engine { name: "ollama", since: "" },
        Engine { name: "LM Studio", since: "" },
    ],
    edits: Edits::These {
        takes: &[
            Takes {
                levels: &[2, 3, 4, 5, 6, 8],
                groups: &[32, 256],
                grids: &[
                    "q4_0", "q4_1", "q5_0", "q5_1", "q8_0", "q2_k", "q3_k", "q4_k", "q5_k", "q6_k", "mxfp4",
                ],
                together: &[Together::Experts],
                ..Takes::exactly(WeightBits::KIND, FAMILIES)
            },
            Takes { layers: Layers::SameCount, ..Takes::exactly(KeepExperts::KIND, MIXTURES) },
            Takes { layers: Layers::Same, ..Takes::exactly(ExpertsPerToken::KIND, MIXTURES) },
            Takes {
                only: Some(Only {
                    word: "whole-blocks",
                    words: "whole blocks (option `unit: \"block\"` of block-dropping)",
                }),
                ..Takes::exactly(DropBlock::KIND, FAMILIES)
            },
            Takes {
                levels: &[4, 5, 8],
                groups: &[32],
                grids: &["q4_0", "q4_1", "q5_0", "q5_1", "q8_0"],
                layers: Layers::Same,
                ..Takes::exactly(KvBits::KIND, FAMILIES)
            },
        ],
        refuses: &[
            (
                MergeExperts::KIND,
                "merged experts are sums, which this exporter does not make; use `--to hf`, and llama.cpp's converter on that folder",
            ),
            (
                RouteExperts::KIND,
                "a router that is mapped is not among what this exporter writes; use `--to hf`, and llama.cpp's converter on that \
                 folder",
            ),
            (
                AttentionSpan::KIND,
                "llama.cpp has no window per head, and none at all in these families; use `--to plan`",
            ),
            (
                ActivationBits::KIND,
                "llama.cpp rounds what enters a product by rules of its own, in blocks of 32 or 256 channels, and takes no other; use \
                 `--to plan`",
            ),
        ],
        otherwise: "it takes weight-bits, keep-experts, experts-per-token, drop-block and kv-bits; use `--to plan`",
    },
    check: "python tests/golden/check_gguf.py DIR_OF_THE_DENSE_MODEL DIR_OF_THIS_FILE",
    verified: VERIFIED,
};

const VERIFIED: &[Verified] = &[Verified {
    what: "bytes of blocks are those of llama.cpp's own quantisers, for ten grids; `mxfp4` has its layout",
    how: "`cargo test -p attune-grids`, golden values of `tests/golden/number_grids.py gguf`",
    when: "2026-11-30",
}];
