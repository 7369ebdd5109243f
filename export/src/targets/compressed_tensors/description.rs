//! What the format of compressed-tensors takes.

use attune_vocabulary::ModelEdit as _;
use attune_vocabulary::edits::{
    ActivationBits, EmbeddingBits, KeepExperts, KvBits, MergeExperts, WeightBits,
};

use super::families;
use crate::description::{
    Description, Edits, Engine, Families, Fidelity, Layers, Only, Takes, Together, Tolerance, Verified,
};

/// Channels of whole numbers that share a scale, which kernels of vLLM have; all inputs as well.
pub(super) const GROUPS: &[u32] = &[32, 64, 128];
/// Bits that it has codes of.
const LEVELS: &[u32] = &[2, 3, 4, 5, 6, 8];
/// Its number grids, the one that is taken by itself first.
const GRIDS: &[&str] =
    &["symmetric", "affine-int", "fp8-e4m3-tensor", "fp8-e4m3-channel", "fp8-e4m3-block", "mxfp4", "nvfp4"];
/// Grids that experts can be on.
pub(super) const EXPERTS: &[&str] = &["symmetric", "mxfp4"];

/// In what scales differ where the model is not stored in float32.
pub(super) const ROUNDED: &str =
    "scales are rounded to the 16-bit type that the model is stored in; the search scored them in float32";
/// In what `mxfp4` differs.
pub(super) const MXFP4: &str = "Transformers runs models with `mxfp4` weights in bfloat16 alone; on GPUs of compute capability 10.0 and above \
                                vLLM rounds what enters such modules to 4 bits as well, which was not scored";
/// In what `nvfp4` differs.
pub(super) const NVFP4: &str = "Transformers makes `nvfp4` weights in bfloat16, and runs models with them in bfloat16 alone; vLLM reads q, k and \
                                v, and gate and up, under the float32 scale of one of them, and the search scored each under its own";
/// In what experts differ.
pub(super) const VARIED: &str = "Transformers 5.24 reads the experts of all layers by one scheme, and computes other numbers where layers \
                                 differ; vLLM reads each layer's own";
/// Who does not load zero points. Whoever is told by an error is not led astray: such files are exact for those who load them.
pub(super) const ZERO_POINTS: &str =
    "Transformers 5.24 does not load the zero points of `affine-int`, and ends in an error; vLLM reads them";
/// The same of experts.
pub(super) const SIXTEEN: &str = "Transformers 5.24 does not load experts that stay in 16 bits beside matrices in few, and ends in an error; \
                                  vLLM reads each layer's own";
/// In what caches differ.
pub(super) const CACHES: &str = "Transformers 5.24 ignores the scheme of caches and keeps keys and values as they are; vLLM takes it, and \
                                 rounds queries to 8 bits as well where it uses FlashAttention 3, which was not scored";
/// All of it that concerns weights.
const WEIGHTS: &str = "scales are rounded to 16 bits where the model is stored in 16; Transformers runs models with `mxfp4` or `nvfp4` \
                       weights in bfloat16 alone, and reads the experts of all layers as those of one (`affine-int`, and experts in 16 bits, \
                       end there in an error, so these are exact for vLLM, whose source reads them as they were scored); vLLM has one scale for the `nvfp4` matrices that it runs as one, and rounds what enters `mxfp4` modules as well on \
                       GPUs of compute capability 10.0 and above";

/// The target `compressed-tensors`.
pub(crate) const DESCRIPTION: Description = Description {
    name: "compressed-tensors",
    summary: "weights in few bits, layer by layer, and caches in 8 for Transformers, vLLM and SGLang (whole numbers there in 4 and 8 \
              bits alone); for plans of weight-bits that name number grids of compressed-tensors, and of kv-bits that are \
              fp8-e4m3 everywhere",
    engines: &[
        Engine { name: "Transformers", since: "5.24.0" },
        Engine { name: "vLLM", since: "" },
        Engine { name: "SGLang", since: "" },
    ],
    edits: Edits::These {
        takes: &[
            Takes {
                fidelity: Fidelity::ExactInFloat32(WEIGHTS),
                levels: LEVELS,
                groups: GROUPS,
                grids: GRIDS,
                expert_grids: EXPERTS,
                roundings: &["gptq"],
                together: &[
                    Together::Modules(&["q", "k", "v"]),
                    Together::Modules(&["gate", "up"]),
                    Together::Experts,
                    Together::ExpertModules,
                    Together::Stored,
                ],
                ..Takes::exactly(WeightBits::KIND, Families::These { list: families::names, beyond: "" })
            },
            Takes {
                fidelity: Fidelity::ExactInFloat32(WEIGHTS),
                levels: LEVELS,
                groups: GROUPS,
                grids: GRIDS,
                only: Some(Only {
                    word: "output",
                    words: "the output matrix, of a model that has its own: Transformers 5.24 does not run an embedding in few bits (vLLM 0.33 does)",
                }),
                ..Takes::exactly(EmbeddingBits::KIND, Families::These { list: families::names, beyond: "" })
            },
            Takes {
                fidelity: Fidelity::Approximate(CACHES),
                levels: &[8],
                grids: &["fp8-e4m3"],
                layers: Layers::Same,
                together: &[Together::Heads, Together::Modules(&["keys", "values"])],
                only: Some(Only {
                    word: "every-position",
                    words: "keys and values in 8 bits, of all heads and at all positions, without smoothing and shrinking",
                }),
                ..Takes::exactly(KvBits::KIND, Families::These { list: families::cached, beyond: "" })
            },
        ],
        refuses: &[
            (
                ActivationBits::KIND,
                "the format divides the range of a token by 2ᵇ − 1 in halves (max|x|/127.5 in 8 bits) or has whole-number zero points, \
                 and what was scored has max|x|/127 or the least value; use `--to plan`",
            ),
            (
                KeepExperts::KIND,
                "it stores weights in few bits; export the pruned checkpoint with `--to hf`, and search its bits with this target",
            ),
            (
                MergeExperts::KIND,
                "it stores weights in few bits; export the merged checkpoint with `--to hf`, and search its bits with this target",
            ),
        ],
        otherwise: "it stores weights and caches in few bits and nothing else; use `--to plan`",
    },
    check: "`attune export STUDY --to compressed-tensors --out DIR --verify`, in Transformers",
    tolerance: Tolerance::FLOAT32,
    verified: &[
        Verified {
            what: "codes, scales, zero points and shapes are those that compressed-tensors 0.20.1 stores, to the bit: every grid and number \
                   of bits, groups of 32 and of whole rows, scales in float32 and bfloat16",
            how: "`cargo test -p attune-export compressed_tensors`, golden values of `tests/golden/number_grids.py packed`",
            when: "2026-11-30",
        },
        Verified {
            what: "in Transformers 5.24.0 with compressed-tensors 0.20.1, on CPU, logits of a tiny Llama in float32 are those of its rounded \
                   weights, to the bit: symmetric in 2 to 8 bits, the three of fp8-e4m3, and a mixture of them over layers; the dense \
                   model's are 1 % of the range and more away",
            how: "`python tests/golden/check_compressed_tensors.py`",
            when: "2026-11-30",
        },
        Verified {
            what: "the same of a tiny model of each family without experts that is taken, symmetric in 3 and 4 bits by turns",
            how: "`python tests/golden/check_compressed_tensors.py`",
            when: "2026-11-30",
        },
        Verified {
            what: "the same of each family with experts that is taken, attention in 8 bits and all experts in 4, and of Mixtral and \
                   Qwen3 with experts in 3 bits beside attention in 16",
            how: "`python tests/golden/check_compressed_tensors.py`",
            when: "2026-11-30",
        },
        Verified {
            what: "log p of tiny-moe in float32, all of it symmetric in 4 bits that error feedback chose (`rounding: \"gptq\"`), are in Transformers \
                   5.24.0 within 2e-5 of what was scored; the dense model's are 2.9 away",
            how: "`attune export STUDY --to compressed-tensors --out DIR --verify`, on CPU",
            when: "2026-11-30",
        },
        Verified {
            what: "stored in bfloat16, mxfp4 is that of the rounded weights to the bit; whole numbers, fp8 and nvfp4 are within 1 % of the \
                   range of logits, since Transformers rounds weights to bfloat16",
            how: "`python tests/golden/check_compressed_tensors.py`",
            when: "2026-11-30",
        },
        Verified {
            what: "what Transformers 5.24.0 does not do: zero points of affine-int and experts that stay in 16 bits end in an error when a \
                   model is loaded; experts that differ from layer to layer are computed otherwise, and the scheme of caches is \
                   ignored, both in silence",
            how: "`python tests/golden/check_compressed_tensors.py`, and logits with and without a cache scheme",
            when: "2026-11-30",
        },
        Verified {
            what: "vLLM 0.32.0 finds in config.json what the plan says of every module that it runs, fused ones and experts included, and \
                   its scheme of caches; its kernels were not run: they want a GPU",
            how: "`CompressedTensorsConfig.from_config` and `get_scheme_dict` of vLLM, for a Llama in seven grids and a Mixtral",
            when: "2026-11-30",
        },
    ],
};
