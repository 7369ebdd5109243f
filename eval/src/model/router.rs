//! How a router weighs experts: numbers of the model beside its matrix.

use attune_families::Mixture;
use attune_families::schema::Scores;

/// From logits to the weights of the chosen experts.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RouterRule {
    /// What is made of logits.
    pub(crate) scores: Scores,
    /// What is added to scores for the choice alone, one number per expert.
    pub(crate) correction: Option<Vec<f32>>,
    /// Whether the weights of the chosen are rescaled to a sum of 1.
    pub(crate) renormalised: bool,
    /// What they are multiplied by.
    pub(crate) scale: Option<f32>,
    /// Whether they multiply what enters an expert, in the place of what it gives.
    pub(crate) weighs_input: bool,
    /// ε of [`Scores::SparseMixer`].
    pub(crate) sparsemixer_eps: f32,
    /// How many groups the experts are in, and from how many a token chooses.
    pub(crate) groups: Option<(usize, usize)>,
}

impl RouterRule {
    pub(crate) fn new(mixture: &Mixture, weighs_input: bool, correction: Option<Vec<f32>>) -> Self {
        Self {
            scores: mixture.scores,
            correction,
            renormalised: mixture.renormalised,
            scale: mixture.scale.map(|scale| scale as f32).filter(|scale| *scale != 1.0),
            weighs_input,
            sparsemixer_eps: mixture.sparsemixer_eps as f32,
            groups: mixture.groups,
        }
    }

    /// A softmax, rescaled.
    #[cfg(test)]
    pub(crate) const SOFTMAX: Self = Self {
        scores: Scores::Softmax,
        correction: None,
        renormalised: true,
        scale: None,
        weighs_input: false,
        sparsemixer_eps: 0.0,
        groups: None,
    };
}
