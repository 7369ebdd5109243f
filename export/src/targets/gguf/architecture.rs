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
    /// Whether all heads together have as many channels as the residual stream: it reads no others.
    pub(super) square: bool,
    /// Whether it reads divisors of the frequencies of rotation (`rope_freqs`).
    pub(super) divides_frequencies: bool,
    /// Whether it rescales the weights of the chosen experts to a sum of 1, where it has experts.
    pub(super) renormalises: Option<bool>,
    /// Whether the experts' inner width has a key of its own.
    pub(super) own_inner: bool,
    /// Whether its activation is GELU by `tanh`, and not SiLU.
    pub(super) gelu: bool,
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
    square: false,
    divides_frequencies: true,
    renormalises: None,
    own_inner: false,
    gelu: false,
    windows: Windows::None,
    untied: true,
    falls_back: true,
};
const QWEN3: Architecture =
    Architecture { family: "qwen3", name: "qwen3", neighbours: false, divides_frequencies: false, ..LLAMA };
const GEMMA: Architecture =
    Architecture { family: "gemma", name: "gemma", gelu: true, untied: false, ..QWEN3 };

const ARCHITECTURES: &[Architecture] = &[
    LLAMA,
    Architecture { family: "mistral", ..LLAMA },
    Architecture { family: "mixtral", renormalises: Some(true), ..LLAMA },
    Architecture { family: "qwen2", name: "qwen2", square: true, ..QWEN3 },
    QWEN3,
    Architecture {
        family: "qwen2_moe",
        name: "qwen2moe",
        square: true,
        renormalises: Some(false),
        own_inner: true,
        falls_back: false,
        ..QWEN3
    },
    Architecture {
        family: "qwen3_moe",
        name: "qwen3moe",
        renormalises: Some(true),
        own_inner: true,
        ..QWEN3
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
