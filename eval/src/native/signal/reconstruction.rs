//! Which experts answer most like all of them together (NAEE, arXiv 2402.14800, §3.2).

use attune_core::evaluator::{EvalFailure, Request};
use attune_core::space::Axis;
use attune_core::technique::Signal;
use burn_tensor::{DType, Tensor};

use super::Asked;
use super::subsets::{Answers, best_subsets};
use crate::decoder::EveryExpert;
use crate::edits::EditedModel;
use crate::model::FeedForward;
use crate::native::groups::Group;
use crate::native::limit::{Clock, Limit, in_time};
use crate::native::share::Share;
use crate::native::{NativeEvaluator, host_parallel};
use crate::passages::fitting;

pub(super) const NAME: &str = "expert-reconstruction";

/// Tokens that errors are added up over: whole items of the request, at least one.
const TOKENS: usize = 4096;

impl NativeEvaluator {
    /// `[layer][kept][expert]`: 1 for the experts of the best subset of `kept + 1`, else 0. A subset is the better,
    /// the smaller the squared distance between what the layer's experts answer when the router has only those to
    /// choose from, and what they answer in the dense model, on inputs of the dense model. Zeros in layers without
    /// experts.
    pub(super) fn reconstruction(&self, asked: &Asked<'_>) -> Result<(Signal, u64), EvalFailure> {
        let config = &self.model.config;
        let mixture = asked.mixture(config)?;
        let data = self.passages(&asked.request)?;
        let sizes = asked.request.items.iter().map(|&item| data.tokens(data.main(item)).len());
        let items = asked.request.items.iter().copied().take(fitting(sizes, TOKENS)).collect();
        let groups = self.main_groups(&Request { items, ..asked.request.clone() }, usize::MAX)?;
        let dense = EditedModel::dense(config);
        let mut inputs: Vec<Tensor<2>> = groups.iter().map(|group| self.model.embed(&group.ids)).collect();
        let mut values = Vec::with_capacity(config.layers * mixture.experts * mixture.experts);
        let limit = Limit::new(&asked.request, 1, Clock::start(&asked.request.stop));
        let share = Share::new(&asked.request.progress, asked.request.items.len() as f64);
        for layer in 0..config.layers {
            let parts = host_parallel::run(&self.model.compute, groups.len(), |number| {
                in_time(limit)?;
                Ok(self.answers(layer, inputs[number].clone(), &groups[number], &dense))
            })?;
            let (outputs, answers): (Vec<_>, Vec<_>) = parts.into_iter().unzip();
            let answers: Vec<Answers> = answers.into_iter().flatten().collect();
            if answers.is_empty() {
                values.extend(vec![0.0; mixture.experts * mixture.experts]);
            } else {
                for kept in best_subsets(&answers, mixture.experts) {
                    values.extend(
                        (0..mixture.experts).map(|expert| f64::from(u8::from(kept.contains(&expert)))),
                    );
                }
            }
            inputs = outputs;
            share.done(1, config.layers);
        }
        let tokens: usize = groups.iter().map(|group| group.ids.len()).sum();
        // Every expert runs on every token; attention, which runs once, is counted as often.
        let passes = mixture.experts.div_ceil(mixture.per_token);
        let experts = mixture.experts as u32;
        let axes = [("layer", config.layers as u32), ("kept", experts), ("expert", experts)];
        let axes = axes.into_iter().map(|(name, len)| Axis::new(name, len)).collect();
        Ok((Signal { name: NAME.to_owned(), axes, values }, (tokens * config.layers * passes) as u64))
    }

    /// The output of a layer of the dense model, and what its experts answer, if it has any.
    fn answers(
        &self,
        layer: usize,
        x: Tensor<2>,
        group: &Group,
        dense: &EditedModel,
    ) -> (Tensor<2>, Option<Answers>) {
        let (model, edits) = (&self.model, [dense.layer(layer)]);
        let entered = model.config().is_parallel().then(|| x.clone());
        let x = model.attended(layer, x, group.batch, &edits, &self.positions(group.batch.tokens));
        let mixture = match &model.weights.layers[layer].feed_forward {
            FeedForward::Mixture(part) => Some(part),
            FeedForward::Dense(_) => None,
        };
        let every = mixture
            .and_then(|part| Some((part, model.every_expert(layer, x.clone(), entered.clone(), &edits)?)));
        let Some((part, every)) = every else {
            return (model.feed_forward(layer, x, entered, group.batch, &edits, None), None);
        };
        let EveryExpert { x, logits, answers, shared } = every;
        let answers: Tensor<3> = Tensor::stack(answers, 1).cast(DType::F32);
        let products = answers.clone().matmul(answers.clone().transpose());
        let products = products.into_data().iter::<f32>().collect();
        let known = Answers { logits, products, per_token: part.per_token, rule: part.rule.clone() };
        let [rows, experts, hidden] = answers.dims();
        let weights: Tensor<3> = model.compute.tensor(known.all_weights(), [rows, 1, experts]);
        let sum = weights.cast(DType::F32).matmul(answers).reshape([rows, hidden]);
        let sum = sum.cast(model.compute.dtype());
        let given = match shared {
            None => sum,
            Some(shared) => sum + shared,
        };
        let norm = model.weights.layers[layer].after_feed_forward_norm.as_ref();
        (x + model.added(norm, given), Some(known))
    }
}
