//! How far an engine may be from what was scored.

/// How far an engine that computes what was scored may be from the evaluator, where both are asked for the probabilities of the
/// next token. `attune export --verify` measures it at some positions of report items.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tolerance {
    /// The largest difference of the logarithm of a probability, over the whole vocabulary, nats.
    pub log_probability: f64,
    /// The least share of positions at which both have the same most likely token.
    pub agreement: f64,
    /// Why it is no less.
    pub why: &'static str,
}

impl Tolerance {
    /// `|Δ log p| up to 0.001, the same most likely token at 99 % of positions; …`.
    pub fn words(&self) -> String {
        format!(
            "|Δ log p| up to {}, the same most likely token at {} % of positions; {}",
            self.log_probability,
            100.0 * self.agreement,
            self.why
        )
    }

    /// Of an engine that computes in float32. Logits of language models are some tens, of which float32 keeps seven digits; sums
    /// over thousands of channels and tens of layers leave a hundredth of this. Where two tokens are equally likely, either
    /// may come out on top.
    pub const FLOAT32: Self = Self {
        log_probability: 1e-3,
        agreement: 0.99,
        why: "both compute in float32, and differ in the order of their sums",
    };
}
