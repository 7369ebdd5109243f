//! The feed-forward part of a mixture: every expert runs once, on the tokens that chose it.

use std::collections::HashMap;

use attune_core::hash::ContentHash;
use burn_tensor::{DType, Tensor, activation};

use super::Batch;
use super::grouped_linear::CandidateRows;
use super::router::{RouterProbe, Routing, route};
use crate::edits::LayerEdits;
use crate::model::{Experts, FeedForward, Gated, Merged, Model, SharedExpert};
use crate::ops::activate::activate;
use crate::ops::rows::{Routed, add_weighted, gather};

impl Model {
    /// Normed rows of layer `number` in, as many for each entry of `edits`, what is added to the residual out:
    /// `experts_per_token/experts` of the work of running all experts on all tokens.
    pub(super) fn experts(
        &self,
        number: usize,
        normed: Tensor<2>,
        part: &Experts,
        batch: Batch,
        edits: &[&LayerEdits],
        probe: Option<&mut RouterProbe>,
    ) -> Tensor<2> {
        let mut sum = Tensor::zeros(normed.dims(), (self.compute.device(), self.compute.dtype()));
        let logits = part.logits(normed.clone());
        let mut x = normed;
        let rows = logits.len() / part.experts.len() / edits.len();
        let answering = Answering::new(self, number, part, edits);
        let routing = |row: usize| {
            let edits = edits[row / rows];
            Routing {
                kept: edits.experts.as_deref(),
                mapping: edits.routing.as_ref(),
                per_token: edits.per_token.unwrap_or(part.per_token),
            }
        };
        let mut routed = vec![Routed::default(); answering.count()];
        route(&logits, part.experts.len(), &part.rule, &routing, probe, &mut |row, choice, weight| {
            // Choices of who silences are experts of the model: no matrix stands beside that.
            if edits[row / rows].silenced.contains(&choice) {
                return;
            }
            let routed = &mut routed[answering.of(row / rows, choice)];
            routed.rows.push(row as u32);
            routed.weights.push(weight);
        });
        // Experts in ascending order, so that sums are added in the order of `transformers`; merged ones behind them
        // in the order of their rows, so that a candidate's order is its own.
        for (expert, (gated, mut routed)) in answering.experts().zip(routed).enumerate() {
            let only_once = routed.rows.len() == 1;
            match routed.rows[..] {
                [] => continue,
                // A product with one row runs another kernel, which adds up in another order: a token's result
                // must not depend on whether others chose the same expert.
                [only] => {
                    routed.rows.push(only);
                    routed.weights.push(0.0);
                }
                _ => {}
            }
            let owners = CandidateRows::chosen(edits, &routed.rows, batch);
            let (rest, mut chosen) = gather(&self.compute, x, &routed);
            x = rest;
            if part.rule.weighs_input {
                chosen = chosen * self.compute.tensor(routed.weights.clone(), [routed.rows.len(), 1]);
                let counted = if only_once { 1 } else { routed.rows.len() };
                routed.weights[..counted].fill(1.0);
            }
            let answers = self.gated(gated, number, expert, chosen, &owners);
            sum = add_weighted(&self.compute, sum, answers, &routed);
        }
        match &part.shared {
            None => sum,
            Some(shared) => sum + self.shared(shared, x),
        }
    }

    /// What an expert that answers for every token gives.
    pub(crate) fn shared(&self, expert: &SharedExpert, x: Tensor<2>) -> Tensor<2> {
        let inner = expert.part.inner.apply(x.clone());
        let inner = activate(&self.compute, self.config.activation, self.config.is_gated(), inner);
        let answer = expert.part.down.apply(inner);
        match &expert.gate {
            None => answer,
            Some(gate) => answer * activation::sigmoid(gate.apply(x)),
        }
    }
}

/// What the mixture of a layer could answer to some rows.
pub(crate) struct EveryExpert {
    /// The second half's input.
    pub(crate) x: Tensor<2>,
    /// What the router says: `[rows, experts]`.
    pub(crate) logits: Vec<f32>,
    /// The answer of every expert to every row, `[rows, hidden]` each.
    pub(crate) answers: Vec<Tensor<2>>,
    /// What is answered whomever the router chooses.
    pub(crate) shared: Option<Tensor<2>>,
}

impl Model {
    /// What the mixture of layer `number` could answer to `x`, the second half's input, or to what `entered` the block where
    /// the halves stand side by side; `None` in a layer without experts.
    pub(crate) fn every_expert(
        &self,
        number: usize,
        x: Tensor<2>,
        entered: Option<Tensor<2>>,
        edits: &[&LayerEdits],
    ) -> Option<EveryExpert> {
        let layer = &self.weights.layers[number];
        let FeedForward::Mixture(part) = &layer.feed_forward else { return None };
        let (x, normed) = layer.second_half(x, entered);
        let owners = CandidateRows::evenly(
            edits,
            Batch { sequences: edits.len(), tokens: normed.dims()[0] / edits.len() },
        );
        let logits = part.logits(normed.clone());
        let entering = |expert: usize| match part.rule.weighs_input {
            false => normed.clone(),
            true => {
                let weights = logits.iter().skip(expert).step_by(part.experts.len());
                let weights: Vec<f32> = weights.map(|logit| 1.0 / (1.0 + (-logit).exp())).collect();
                normed.clone() * self.compute.tensor(weights, [normed.dims()[0], 1])
            }
        };
        let answer =
            |(expert, gated): (usize, &Gated)| self.gated(gated, number, expert, entering(expert), &owners);
        let answers = part.experts.iter().enumerate().map(answer).collect();
        let shared = part.shared.as_ref().map(|expert| self.shared(expert, normed.clone()));
        Some(EveryExpert { x, logits, answers, shared })
    }
}

impl Experts {
    /// What the router says: `[rows, experts]`.
    fn logits(&self, normed: Tensor<2>) -> Vec<f32> {
        self.router.apply(normed).cast(DType::F32).into_data().iter::<f32>().collect()
    }
}

/// Who answers for the choices of each candidate: the model's experts, which all candidates share, and merged ones,
/// which those share that merge alike.
struct Answering<'a> {
    own: &'a [Gated],
    merged: Vec<Gated>,
    /// For each candidate that merges, whom its choices mean: numbers of the model's experts and, behind them, of
    /// merged ones.
    choices: Vec<Option<Vec<usize>>>,
}

impl<'a> Answering<'a> {
    fn new(model: &Model, number: usize, part: &'a Experts, edits: &[&LayerEdits]) -> Self {
        let mut merged: Vec<Gated> = Vec::new();
        let mut known: HashMap<ContentHash, Vec<usize>> = HashMap::new();
        let mut choices = Vec::with_capacity(edits.len());
        for edits in edits {
            choices.push(edits.merging.as_ref().map(|matrix| {
                let make = || {
                    let layer = model.merged.of(&model.compute, number, part, matrix);
                    let mut answering = |expert: &Merged| match expert {
                        Merged::Same(expert) => *expert,
                        Merged::New(expert) => {
                            merged.push((**expert).clone());
                            part.experts.len() + merged.len() - 1
                        }
                    };
                    layer.iter().map(&mut answering).collect()
                };
                known.entry(matrix.hash()).or_insert_with(make).clone()
            }));
        }
        Self { own: &part.experts, merged, choices }
    }

    fn count(&self) -> usize {
        self.own.len() + self.merged.len()
    }

    fn experts(&self) -> impl Iterator<Item = &Gated> {
        self.own.iter().chain(&self.merged)
    }

    fn of(&self, candidate: usize, choice: usize) -> usize {
        self.choices[candidate].as_ref().map_or(choice, |choices| choices[choice])
    }
}
