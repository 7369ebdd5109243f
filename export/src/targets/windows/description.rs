//! What config.json says of windows.

use attune_vocabulary::ModelEdit as _;
use attune_vocabulary::edits::{AttentionSpan, KvBits};

use super::families;
use crate::description::{Description, Edits, Engine, Families, Takes, Together, Tolerance};
use crate::one_window::ONE_WINDOW;

/// The target `windows`.
pub(crate) const DESCRIPTION: Description = Description {
    name: "windows",
    summary: "the checkpoint with sliding windows in some layers, as `layer_types` and `sliding_window` of config.json: a Llama or \
              Mistral as a Ministral, Qwen2, Qwen3, Gemma 2 and Ministral as they are; for Transformers and for the Transformers \
              backends of vLLM and SGLang (`--model-impl transformers`), whose own Llama and Qwen pass over such keys or refuse them",
    engines: &[
        Engine { name: "Transformers", since: "5.24.0" },
        Engine { name: "vLLM's Transformers backend", since: "" },
        Engine { name: "SGLang's Transformers backend", since: "" },
    ],
    edits: Edits::These {
        takes: &[Takes {
            together: &[Together::Heads],
            only: Some(ONE_WINDOW),
            ..Takes::exactly(AttentionSpan::KIND, Families::These { list: families::names, beyond: "" })
        }],
        refuses: &[(KvBits::KIND, "config.json says nothing of the cache's bits; use `--to transformers`")],
        otherwise: "it says windows and nothing else; use `--to plan`",
    },
    check: "python tests/golden/check_windows.py DIR_OF_THE_DENSE_MODEL DIR_OF_THIS_FILE DIR_OF_THIS_FILE/attune-export.json",
    tolerance: Tolerance::FLOAT32,
    verified: &[],
};
