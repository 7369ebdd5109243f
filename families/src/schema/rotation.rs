//! Rotary position embedding (arXiv 2104.09864).

use super::TemperatureRule;

/// Which channels of a head turn together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pairs {
    /// Channel `c` and channel `c + n/2` of `n` rotated ones.
    Halves,
    /// Channels `2c` and `2c + 1`.
    Neighbours,
}

/// How much of a head is rotated.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum PartRule {
    /// All of it.
    Whole,
    /// The first channels, as [`RotationRule::part_key`] says; the share where that key is absent.
    Share(f64),
    /// The same, or as many of the first channels as this key says; all where both are absent.
    Channels(&'static str),
}

/// Layers without rotation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unrotated {
    /// None.
    None,
    /// Those for which `no_rope_layers` has 0; without it, every `no_rope_layer_interval`-th, by default every so many-th.
    Listed {
        /// The interval where its key is absent.
        interval: usize,
    },
    /// Those without a window, in a model that has windows.
    FullAttention,
    /// Those without a window (Cohere 2).
    WithoutWindow,
}

/// The rotation of a family.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RotationRule {
    /// Base of the frequencies where its key is absent.
    pub base: f64,
    /// The key of the base on top of the file; beside other numbers of the rotation it is `rope_theta`.
    pub base_key: &'static str,
    /// Whether the base has to be given, because versions of transformers differ in what its absence means.
    pub base_needed: bool,
    /// The key of the rotated share on top of the file; beside other numbers of the rotation it is `partial_rotary_factor`.
    pub part_key: &'static str,
    /// Base of the frequencies in layers with a window, where the family has another one there (Gemma 3).
    pub local_base: Option<f64>,
    /// The key of that base; `None`: none, and `rope_theta` on top of the file speaks of both or is read differently by
    /// versions.
    pub local_key: Option<&'static str>,
    /// Which channels turn together.
    pub pairs: Pairs,
    /// A key that says whether neighbours turn together, in the place of `pairs`, which is what its absence means.
    pub neighbours_key: Option<&'static str>,
    /// How much of a head is rotated.
    pub part: PartRule,
    /// Layers without rotation.
    pub unrotated: Unrotated,
    /// Whether config.json has to speak of the rotation, because its absence means one that is not the plain one.
    pub given: bool,
    /// Whether scaling of type `longrope` is understood, which needs the length of the first training on top of the file.
    pub longrope: bool,
    /// Whether such a scaling has the factors of cosines and sines beside its divisors (Phi-3.5-MoE).
    pub magnitudes: bool,
    /// Whether a `dynamic` scaling with an `alpha` is the one whose base grows once and for all: `θ·α^(n/(n − 2))` for `n`
    /// channels (HunYuan).
    pub alpha: bool,
    /// Attention that is sharper far into a text.
    pub temperature: TemperatureRule,
}

impl RotationRule {
    /// Whole heads, as Llama has it.
    pub const WHOLE: Self = Self {
        base: 10000.0,
        base_key: "rope_theta",
        base_needed: false,
        part_key: "partial_rotary_factor",
        local_base: None,
        local_key: None,
        pairs: Pairs::Halves,
        neighbours_key: None,
        part: PartRule::Whole,
        unrotated: Unrotated::None,
        given: false,
        longrope: false,
        magnitudes: false,
        alpha: false,
        temperature: TemperatureRule::None,
    };
}
