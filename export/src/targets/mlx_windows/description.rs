//! What mlx-lm's Llama reads.

use attune_vocabulary::ModelEdit as _;
use attune_vocabulary::edits::{AttentionSpan, KvBits};

use super::families;
use crate::description::{Description, Edits, Engine, Families, Takes, Together, Tolerance, Verified};
use crate::one_window::ONE_WINDOW_BESIDE_FULL;

/// The target `mlx-windows`.
pub(crate) const DESCRIPTION: Description = Description {
    name: "mlx-windows",
    summary: "the checkpoint of a Llama or Mistral with sliding windows in some layers, as `layer_types` and `sliding_window` that mlx-lm \
              and vLLM's own Llama read; Transformers passes over them in silence there: `--to windows` is for it",
    engines: &[Engine { name: "mlx-lm", since: "0.32.2" }, Engine { name: "vLLM", since: "0.32.0" }],
    edits: Edits::These {
        takes: &[Takes {
            together: &[Together::Heads],
            only: Some(ONE_WINDOW_BESIDE_FULL),
            ..Takes::exactly(AttentionSpan::KIND, Families::These { list: families, beyond: "" })
        }],
        refuses: &[(KvBits::KIND, "config.json says nothing of the cache's bits; use `--to transformers`")],
        otherwise: "it says windows and nothing else; use `--to plan`",
    },
    check: "`attune export STUDY --to mlx-windows --out DIR --verify`, in mlx-lm",
    tolerance: Tolerance::FLOAT32,
    verified: &[
        Verified {
            what: "logits of a Llama in mlx-lm are those of the dense model under the plan's masks: they differ by 0 in one pass and by 1e-5 \
                   token by token, of 6; the plan changes them by 8",
            how: "`python tests/golden/check_mlx_windows.py`, a small random model, mlx on CPU",
            when: "2026-11-30",
        },
        Verified {
            what: "the same in vLLM 0.32.0's own Llama: logarithms of probabilities of a prompt and of what is generated differ by 1e-5, and \
                   by 7 or more from the dense model",
            how: "`python tests/golden/check_windows_vllm.py`, a small random model on CPU",
            when: "2026-11-30",
        },
    ],
};
