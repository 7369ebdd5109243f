//! Rotary position embedding (arXiv 2104.09864).

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
    /// Which channels turn together.
    pub pairs: Pairs,
    /// How much of a head is rotated.
    pub part: PartRule,
    /// Layers without rotation.
    pub unrotated: Unrotated,
    /// Whether config.json has to speak of the rotation, because its absence means one that is not the plain one.
    pub given: bool,
    /// Whether scaling of type `longrope` is understood, which needs the length of the first training on top of the file.
    pub longrope: bool,
}

impl RotationRule {
    /// Whole heads, as Llama has it.
    pub const WHOLE: Self = Self {
        base: 10000.0,
        base_key: "rope_theta",
        base_needed: false,
        part_key: "partial_rotary_factor",
        local_base: None,
        pairs: Pairs::Halves,
        part: PartRule::Whole,
        unrotated: Unrotated::None,
        given: false,
        longrope: false,
    };
}
