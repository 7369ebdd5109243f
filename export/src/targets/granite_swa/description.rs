//! What a Granite with windows can carry.

use attune_vocabulary::ModelEdit as _;
use attune_vocabulary::edits::{AttentionSpan, KvBits};

use super::families;
use crate::description::{Description, Edits, Engine, Families, Takes, Together, Tolerance, Verified};
use crate::one_window::ONE_WINDOW;

/// The target `granite-swa`.
pub(crate) const DESCRIPTION: Description = Description {
    name: "granite-swa",
    summary: "the checkpoint with sliding windows in some layers as a Granite with windows (`granite_swa`), which Transformers, vLLM, \
              SGLang and llama.cpp's converter know by themselves; for Llama, Mistral and Granite without biases",
    engines: &[
        Engine { name: "Transformers", since: "5.24.0" },
        Engine { name: "vLLM", since: "0.32.0" },
        Engine { name: "SGLang", since: "" },
        Engine { name: "llama.cpp's converter", since: "" },
    ],
    edits: Edits::These {
        takes: &[Takes {
            together: &[Together::Heads],
            only: Some(ONE_WINDOW),
            ..Takes::exactly(AttentionSpan::KIND, Families::These { list: families, beyond: "" })
        }],
        refuses: &[(KvBits::KIND, "config.json says nothing of the cache's bits; use `--to transformers`")],
        otherwise: "it says windows and nothing else; use `--to plan`",
    },
    check: "`attune export STUDY --to granite-swa --out DIR --verify`, in Transformers",
    tolerance: Tolerance::FLOAT32,
    verified: &[
        Verified {
            what: "logits of Llama (also with scaled rotation), Mistral and Granite in Transformers 5.24.0 are those of plain attention under the plan's mask, in one pass and token by token: they differ by 1e-5 of 3 to 7, the plan changes them by 4 or more; with a window of W the first W positions are those of the dense model and position W is not",
            how: "`python tests/golden/windows.py`, small random models, torch 2.15.0 on CPU",
            when: "2026-11-30",
        },
        Verified {
            what: "a Llama in vLLM 0.32.0's own Granite: logarithms of probabilities of a prompt and of what is generated differ by 1e-5, and by 7 or more from the dense model",
            how: "`python tests/golden/check_windows_vllm.py`, small random models on CPU",
            when: "2026-11-30",
        },
    ],
};
