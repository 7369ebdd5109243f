//! Families, and the one whose config.json says their windows.

/// Names of families, each with the `model_type` that it is exported as.
pub(super) const FAMILIES: [(&str, &str); 6] = [
    ("gemma2", "gemma2"),
    ("llama", "ministral"),
    ("ministral", "ministral"),
    ("mistral", "ministral"),
    ("qwen2", "qwen2"),
    ("qwen3", "qwen3"),
];

/// Their names.
pub(super) fn names() -> Vec<&'static str> {
    FAMILIES.iter().map(|(name, _)| *name).collect()
}

/// What a family is exported as; `None` where its windows cannot be said.
pub(super) fn carrier(family: &str) -> Option<&'static str> {
    FAMILIES.iter().find(|(name, _)| *name == family).map(|(_, carrier)| *carrier)
}
