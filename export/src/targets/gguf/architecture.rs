//! Families that llama.cpp has, and what it calls them.

/// What llama.cpp makes of a family.
#[derive(Debug)]
pub(super) struct Architecture {
    /// `model_type` of config.json.
    family: &'static str,
    /// `general.architecture`, with which its keys begin.
    pub(super) name: &'static str,
    /// Whether the two channels of a head that turn together stand side by side, and not half a head apart: rows of queries and
    /// keys are in that order then.
    pub(super) neighbours: bool,
    /// Whether it reads divisors of the frequencies of rotation (`rope_freqs`).
    pub(super) divides_frequencies: bool,
    /// Whether it rescales the weights of the chosen experts to a sum of 1, where it has experts.
    pub(super) renormalises: Option<bool>,
    /// Whether the experts' inner width has a key of its own.
    pub(super) own_inner: bool,
    /// Layers with windows, which it has.
    pub(super) windows: Windows,
    /// Whether it has an output matrix besides the embedding.
    pub(super) untied: bool,
    /// Whether it takes the embedding where a file has no output matrix.
    pub(super) falls_back: bool,
}

/// What an architecture knows of windows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Windows {
    /// Nothing: every token attends to all before it.
    None,
    /// Some layers have one.
    Needed,
    /// The same, or none has.
    Optional,
}

const LLAMA: Architecture = Architecture {
    family: "llama",
    name: "llama",
    neighbours: true,
    divides_frequencies: true,
    renormalises: None,
    own_inner: false,
    windows: Windows::None,
    untied: true,
    falls_back: true,
};
const QWEN2: Architecture =
    Architecture { family: "qwen2", name: "qwen2", neighbours: false, divides_frequencies: false, ..LLAMA };
const GEMMA: Architecture = Architecture { family: "gemma", name: "gemma", untied: false, ..QWEN2 };

const ARCHITECTURES: &[Architecture] = &[
    LLAMA,
    Architecture { family: "mistral", ..LLAMA },
    Architecture { family: "mixtral", renormalises: Some(true), ..LLAMA },
    QWEN2,
    Architecture { family: "qwen3", name: "qwen3", ..QWEN2 },
    Architecture {
        family: "qwen2_moe",
        name: "qwen2moe",
        renormalises: Some(false),
        own_inner: true,
        falls_back: false,
        ..QWEN2
    },
    Architecture {
        family: "qwen3_moe",
        name: "qwen3moe",
        renormalises: Some(true),
        own_inner: true,
        ..QWEN2
    },
    GEMMA,
    Architecture { family: "gemma2", name: "gemma2", windows: Windows::Needed, ..GEMMA },
    Architecture { family: "gemma3_text", name: "gemma3", windows: Windows::Optional, ..GEMMA },
];

/// That of a family.
pub(super) fn find(family: &str) -> Option<&'static Architecture> {
    ARCHITECTURES.iter().find(|known| known.family == family)
}

/// The families that there is one of.
pub(super) fn names() -> Vec<&'static str> {
    ARCHITECTURES.iter().map(|known| known.family).collect()
}

/// Those with experts.
pub(super) fn mixtures() -> Vec<&'static str> {
    ARCHITECTURES.iter().filter(|known| known.renormalises.is_some()).map(|known| known.family).collect()
}
