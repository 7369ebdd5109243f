//! What llama.cpp takes.

use attune_vocabulary::ModelEdit as _;
use attune_vocabulary::edits::{
    ActivationBits, AttentionSpan, DropBlock, EmbeddingBits, ExpertsPerToken, KeepExperts, KvBits,
    MergeExperts, RouteExperts, WeightBits,
};

use super::architecture;
use crate::description::{
    Description, Edits, Engine, Families, Fidelity, Layers, Only, Takes, Together, Tolerance, Verified,
};

const FAMILIES: Families = Families::These { list: architecture::names, beyond: "" };
const MIXTURES: Families = Families::These { list: architecture::mixtures, beyond: "" };

/// In what matrices of codes differ from what was scored.
pub(super) const CODES: &str = "llama.cpp rounds what enters a matrix of codes to 8 bits, which was not scored: means of 0.02 to 0.2 nats were seen \
                                where the weights are equal to the bit";
/// In what caches in few bits differ.
pub(super) const CACHES: &str = "llama.cpp rounds queries to 8 bits where keys are codes, and to 16 where they are not, which was not scored: a \
                                 mean of 0.02 nats was seen";
/// In what keys differ whose blocks were cut from channels in another order than llama.cpp's.
pub(super) const KEYS: &str = "blocks of keys were scored with other channels of a head together than llama.cpp has in this family: of SmolLM2 in \
                               q5_1 that was as far from what was scored as the dense model; search with `target: \"gguf\"`, \
                               which scores llama.cpp's order";
/// In what models that are not stored in float32 differ.
pub(super) const SIXTEEN: &str =
    "llama.cpp's processors round what enters a matrix in 16 bits to these 16 bits, which was not scored";

/// In what models whose activation is GELU differ.
pub(super) const GELU: &str = "llama.cpp's processors look the activation of a Gemma up in a table of half precision, which was not scored: up to \
                               0.005 nats were seen";
/// Both, in short.
const SIXTEEN_AND_GELU: &str = "llama.cpp's processors round what enters a matrix in 16 bits to these 16 bits, and look the activation of a Gemma \
                                up in a table of half precision, which was not scored";

/// Of a plan without codes, of a model in float32.
const TOLERANCE: Tolerance = Tolerance {
    log_probability: 1e-3,
    agreement: 0.99,
    why: "both compute in float32, llama.cpp with a cache in float32 (`-ctk f32 -ctv f32`): 2e-5 was measured",
};

/// Bits on the grids of GGUF.
const fn in_blocks(kind: &'static str) -> Takes {
    Takes {
        fidelity: Fidelity::Approximate(CODES),
        levels: &[2, 3, 4, 5, 6, 8],
        groups: &[32, 256],
        grids: &["q4_0", "q4_1", "q5_0", "q5_1", "q8_0", "q2_k", "q3_k", "q4_k", "q5_k", "q6_k", "mxfp4"],
        ..Takes::exactly(kind, FAMILIES)
    }
}

/// The target `gguf`.
pub(crate) const DESCRIPTION: Description = Description {
    name: "gguf",
    summary: "one GGUF file with its tokenizer for llama.cpp, ollama and LM Studio; for plans of weight-bits and embedding-bits on the grids of GGUF, \
              of keep-experts with the same number in every layer, of whole blocks that drop-block skips, and of kv-bits in one type \
              of keys and one of values, which become the command line; approximate but for models in float32 without codes, since llama.cpp rounds what \
              enters a matrix of codes to 8 bits, and for none of Gemma",
    engines: &[
        Engine { name: "llama.cpp", since: "b11549" },
        Engine { name: "ollama", since: "" },
        Engine { name: "LM Studio", since: "" },
    ],
    edits: Edits::These {
        takes: &[
            Takes { together: &[Together::Experts], ..in_blocks(WeightBits::KIND) },
            in_blocks(EmbeddingBits::KIND),
            Takes {
                fidelity: Fidelity::ExactInFloat32(SIXTEEN),
                layers: Layers::SameCount,
                ..Takes::exactly(KeepExperts::KIND, MIXTURES)
            },
            Takes {
                fidelity: Fidelity::ExactInFloat32(SIXTEEN),
                layers: Layers::Same,
                ..Takes::exactly(ExpertsPerToken::KIND, MIXTURES)
            },
            Takes {
                fidelity: Fidelity::ExactWhere {
                    words: "exact in float32 but for Gemma, else approximate",
                    why: SIXTEEN_AND_GELU,
                },
                only: Some(Only {
                    word: "whole-blocks",
                    words: "whole blocks (option `unit: \"block\"` of block-dropping)",
                }),
                ..Takes::exactly(DropBlock::KIND, FAMILIES)
            },
            Takes {
                fidelity: Fidelity::Approximate(CACHES),
                levels: &[4, 5, 8],
                groups: &[32],
                grids: &["q4_0", "q4_1", "q5_0", "q5_1", "q8_0"],
                layers: Layers::Same,
                together: &[Together::Heads],
                only: Some(Only {
                    word: "every-position",
                    words: "every position is rounded, once: no exact first and last positions, no smoothing, no shrinking (options \
                            `sink`, `recent`, `smoothing` and `shrink-from` of kv-bits)",
                }),
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
                "llama.cpp has no window per head, and no windows but those that Gemma 2 and 3 come with; use `--to plan`",
            ),
            (
                ActivationBits::KIND,
                "llama.cpp rounds what enters a product by rules of its own, in blocks of 32 or 256 channels, and takes no other; use \
                 `--to plan`",
            ),
        ],
        otherwise: "it takes weight-bits, embedding-bits, keep-experts, experts-per-token, drop-block and kv-bits; use `--to plan`",
    },
    check: "`attune export STUDY --to gguf --out DIR --verify`, in llama.cpp",
    tolerance: TOLERANCE,
    verified: VERIFIED,
};

const HOW: &str = "`python tests/golden/check_gguf.py`, xllamacpp 2026.10.11549 against Transformers 5.24.0 and torch 2.15.0 on CPU";
const WHEN: &str = "2026-11-30";

const VERIFIED: &[Verified] = &[
    Verified {
        what: "bytes of blocks are those of llama.cpp's own quantisers, for ten grids; those of `mxfp4` have its layout",
        how: "`cargo test -p attune-grids blocks`, golden values of `tests/golden/number_grids.py gguf`",
        when: WHEN,
    },
    Verified {
        what: "files in float32 of a tiny random model of each family give llama.cpp the probabilities of Transformers: logarithms differ \
               by at most 1e-5, by 2e-4 for SmolLM2, by up to 5e-3 for Gemma, of a Gemma 2 by a mean of 3e-4, and of 8e-6 once Transformers rounds the \
               activation as llama.cpp does, and the most probable token is the same everywhere; rotations of \
               Llama 3 and YaRN, windows of Gemma 2 and 3 and untied output matrices included",
        how: HOW,
        when: WHEN,
    },
    Verified {
        what: "pruned mixtures (Mixtral, Qwen 2 and 3) with fewer experts per token, and models without a block, agree to 1e-5; the plans \
               change the dense models' logarithms by up to 4.4",
        how: HOW,
        when: WHEN,
    },
    Verified {
        what: "mixes of all eleven grids: numbers read back by gguf 0.19.0 are those that the package rounds to, to the bit, for `q4_0`, \
               `q4_1`, `q5_0`, `q5_1` and `q8_0`; llama.cpp's logarithms, with inputs in 8 bits, differ from those of the file's weights by \
               0.02 to 0.18 on average, and by 0.22 to 2.0 from the dense model's, SmolLM2 among them; tiny-moe with half of its \
               experts: by 0.02 and 1.6",
        how: HOW,
        when: WHEN,
    },
    Verified {
        what: "a matrix alone in each of the eleven grids: the same to 1e-6 on average in all of eight texts, and to 4e-4 for `q4_1` and \
               `q5_1`, for which llama.cpp keeps sums of inputs in half precision, once Transformers rounds inputs as llama.cpp does; \
               0.002 to 0.009 apart without",
        how: HOW,
        when: WHEN,
    },
    Verified {
        what: "caches in `q8_0` and `q4_0` with heads of 64 channels differ from those that were scored by 0.02 on average, and by 0.18 \
               without `LLAMA_ATTN_ROT_DISABLE=1`; from an exact cache by 0.13; of SmolLM2 by 0.10, and by 0.23 from an exact cache",
        how: HOW,
        when: WHEN,
    },
    Verified {
        what: "five texts become the same tokens as in the library `tokenizers`, for the ways of cutting gpt-2, smollm, llama-bpe and \
               qwen2 and for pieces with and without a space before the text; tiny-moe and SmolLM2 among them",
        how: HOW,
        when: WHEN,
    },
];
