//! What MLX's affine mode takes.

use attune_vocabulary::ModelEdit as _;
use attune_vocabulary::edits::{EmbeddingBits, WeightBits};

use super::families;
use crate::description::{
    DEFAULT_GRID, Description, Edits, Engine, Families, Fidelity, Takes, Together, Tolerance, Verified,
};

/// In what the stored numbers differ from those that were scored where the model is not stored in float32.
pub(super) const ROUNDED: &str = "scales and minimums are rounded to the 16-bit type that the model is stored in; the search \
                                  scored them in float32";
/// Bits of the codes that MLX has kernels for.
pub(in crate::targets) const LEVELS: &[u32] = &[2, 3, 4, 5, 6, 8];
/// Channels per group that MLX has kernels for.
pub(in crate::targets) const GROUPS: &[u32] = &[32, 64, 128];

const fn of(kind: &'static str) -> Takes {
    Takes {
        fidelity: Fidelity::ExactInFloat32(ROUNDED),
        levels: LEVELS,
        groups: GROUPS,
        grids: &[DEFAULT_GRID],
        ..Takes::exactly(kind, Families::These { list: families::names, beyond: "" })
    }
}

/// The target `mlx`.
pub(crate) const DESCRIPTION: Description = Description {
    name: "mlx",
    summary: "the weights in their few bits for mlx-lm, on Apple silicon and on CPU; for plans of weight-bits and \
              embedding-bits in groups of 32, 64 or 128 channels, exact where the model is stored in float32",
    engines: &[Engine { name: "mlx-lm", since: "0.32.2" }],
    edits: Edits::These {
        takes: &[
            Takes {
                together: &[Together::Experts, Together::Stored],
                roundings: &["gptq"],
                ..of(WeightBits::KIND)
            },
            of(EmbeddingBits::KIND),
        ],
        refuses: &[],
        otherwise: "it stores weights in few bits and nothing else; use `--to plan`",
    },
    check: "`attune export STUDY --to mlx --out DIR --verify`, in mlx-lm",
    tolerance: Tolerance::FLOAT32,
    verified: &[
        Verified {
            what: "codes, scales and biases are those of MLX 0.32.4 to the bit: 2 to 8 bits, groups of 32, 64 and 128, float32 and \
                   bfloat16",
            how: "`cargo test -p attune-export mlx`, golden values of `tests/golden/mlx_codes.py`",
            when: "2026-11-30",
        },
        Verified {
            what: "log p of tiny-moe in float32, in mixed bits that error feedback chose (`rounding: \"gptq\"`), are in mlx-lm 0.32.2 within 2e-5 of \
                   what was scored; the dense model's are 3.6 away",
            how: "`attune export STUDY --to mlx --out DIR --verify`, mlx on CPU",
            when: "2026-11-30",
        },
        Verified {
            what: "logits of SmolLM2 in mixed bits in mlx-lm 0.32.2 are those of its rounded weights, to the bit",
            how: "`python tests/golden/check_mlx.py`",
            when: "2026-11-28",
        },
    ],
};
