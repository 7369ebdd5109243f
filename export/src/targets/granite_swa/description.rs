//! What a Granite with windows can carry.

use attune_vocabulary::ModelEdit as _;
use attune_vocabulary::edits::{AttentionSpan, KvBits};

use super::families;
use crate::description::{Description, Edits, Engine, Families, Takes, Together, Tolerance};
use crate::one_window::ONE_WINDOW;

/// The target `granite-swa`.
pub(crate) const DESCRIPTION: Description = Description {
    name: "granite-swa",
    summary: "the checkpoint with sliding windows in some layers as a Granite with windows (`granite_swa`), which Transformers, vLLM, \
              SGLang and llama.cpp's converter know by themselves; for Llama, Mistral and Granite without biases",
    engines: &[
        Engine { name: "Transformers", since: "5.24.0" },
        Engine { name: "vLLM", since: "" },
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
    check: "python tests/golden/check_windows.py DIR_OF_THE_DENSE_MODEL DIR_OF_THIS_FILE DIR_OF_THIS_FILE/attune-export.json",
    tolerance: Tolerance::FLOAT32,
    verified: &[],
};
