//! What the format of compressed-tensors takes.

use attune_vocabulary::ModelEdit as _;
use attune_vocabulary::edits::{ActivationBits, KeepExperts, KvBits, MergeExperts, WeightBits};

use super::families;
use crate::description::{
    Description, Edits, Engine, Families, Fidelity, Layers, Only, Takes, Together, Verified,
};

/// Channels of whole numbers that share a scale, which kernels of vLLM have; all inputs as well.
pub(super) const GROUPS: &[u32] = &[32, 64, 128];
/// Grids that experts can be on.
pub(super) const EXPERTS: &[&str] = &["symmetric", "mxfp4"];

/// In what scales differ where the model is not stored in float32.
pub(super) const ROUNDED: &str =
    "scales are rounded to the 16-bit type that the model is stored in; the search scored them in float32";
/// In what `mxfp4` differs.
pub(super) const MXFP4: &str = "on GPUs of compute capability 10.0 and above vLLM rounds what enters `mxfp4` modules to 4 bits as well, \
                                which was not scored; elsewhere it does not";
/// In what `nvfp4` differs.
pub(super) const NVFP4: &str = "`nvfp4` weights are made in bfloat16 by Transformers, and vLLM reads q, k and v, and gate and up, under \
                                the float32 scale of one of them; the search scored each under its own, in float32";
/// In what experts differ.
pub(super) const VARIED: &str = "experts of different layers are stored in different ways: vLLM reads each layer's own, and Transformers all \
                                 by that of one layer, which gives other numbers";
/// In what caches differ.
pub(super) const QUERIES: &str =
    "vLLM rounds queries to 8 bits as well where it uses FlashAttention 3, which was not scored";
/// All of it that concerns weights.
const WEIGHTS: &str = "scales are rounded to 16 bits where the model is stored in 16; the scale of a whole `nvfp4` matrix is that of \
                       one of the matrices that vLLM runs as one, and Transformers makes such weights in bfloat16; what enters \
                       `mxfp4` modules is rounded as well by vLLM on GPUs of compute capability 10.0 and above; Transformers reads the \
                       experts of all layers as those of one";

/// The target `compressed-tensors`.
pub(crate) const DESCRIPTION: Description = Description {
    name: "compressed-tensors",
    summary: "weights in few bits, layer by layer, and caches in 8 for Transformers, vLLM and SGLang; for plans of weight-bits \
              that name number grids of compressed-tensors, and of kv-bits that are fp8-e4m3 everywhere",
    engines: &[
        Engine { name: "transformers with compressed-tensors", since: "" },
        Engine { name: "vllm", since: "" },
        Engine { name: "sglang (symmetric in 4 and 8 bits)", since: "" },
    ],
    edits: Edits::These {
        takes: &[
            Takes {
                fidelity: Fidelity::ExactInFloat32(WEIGHTS),
                levels: &[2, 3, 4, 5, 6, 8],
                groups: GROUPS,
                grids: &[
                    "symmetric",
                    "affine-int",
                    "fp8-e4m3-tensor",
                    "fp8-e4m3-channel",
                    "fp8-e4m3-block",
                    "mxfp4",
                    "nvfp4",
                ],
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
                fidelity: Fidelity::Approximate(QUERIES),
                levels: &[8],
                grids: &["fp8-e4m3"],
                layers: Layers::Same,
                only: Some(Only {
                    word: "whole-cache",
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
    check: "python tests/golden/check_compressed_tensors.py DIR_OF_THE_DENSE_MODEL DIR_OF_THIS_FILE \
            DIR_OF_THIS_FILE/attune-export.json",
    verified: &[Verified { what: "", how: "", when: "" }],
};
