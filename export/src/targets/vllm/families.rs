//! Families whose layers vLLM gives windows one by one.

/// What computes the layers of a family with windows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Backend {
    /// vLLM's own code, which reads `layer_types` there.
    Own,
    /// The code of Transformers within vLLM (`--model-impl transformers`): vLLM's own passes over `layer_types`, or refuses them.
    Transformers,
}

/// Other families have windows of their own, or code that is not known to read `layer_types`.
pub(super) const WINDOWED: [(&str, Backend); 4] = [
    ("llama", Backend::Own),
    ("mistral", Backend::Own),
    ("qwen2", Backend::Transformers),
    ("qwen3", Backend::Transformers),
];

/// Families of which vLLM 0.33 has the default class of routed experts, which alone takes constants in the place of some.
pub(super) const SUBSTITUTED: [&str; 4] = ["mixtral", "olmoe", "qwen2_moe", "qwen3_moe"];

/// The same as a list.
pub(super) fn substituted() -> Vec<&'static str> {
    SUBSTITUTED.to_vec()
}

/// Their names.
pub(super) fn windowed() -> Vec<&'static str> {
    WINDOWED.iter().map(|(name, _)| *name).collect()
}
