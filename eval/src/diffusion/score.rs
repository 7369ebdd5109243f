//! Scoring mixtures on batches of noise.

use std::collections::BTreeMap;

use attune_core::evaluator::{EvalFailure, Evaluation, Request};
use attune_core::scores::{Aggregate, MetricScore, Scores, Work};
use burn_tensor::Tensor;

use super::GeneratorEvaluator;
use super::checkpoints::Mixed;
use super::distance::Distance;
use super::edits::Edited;
use super::network::Network;
use super::task::host;
use crate::native::host_parallel;
use crate::native::limit::{Clock, Limit};
use crate::native::share::Share;

impl GeneratorEvaluator {
    pub(super) fn check_request(&self, request: &Request) -> Result<(), EvalFailure> {
        let bad = |reason: String| Err(EvalFailure::BadRequest(reason));
        let Some(held) = self.task.info().items.get(&request.split) else {
            return bad(format!("it has no split `{}`", request.split));
        };
        if request.items.is_empty() {
            return bad(format!("no items of split `{}`, which holds {held}", request.split));
        }
        match request.items.iter().find(|item| *item >= held) {
            Some(item) => bad(format!("item {item} of split `{}`, which holds {held}", request.split)),
            None => Ok(()),
        }
    }

    /// Scores edited models. On a CPU every (mixture, item) is a task of its own, of which as
    /// many run at once as there are processors; elsewhere all mixtures run stacked, item after item.
    pub(super) fn together(
        &self,
        plans: &[&Edited],
        request: &Request,
    ) -> Result<Vec<Result<Evaluation, EvalFailure>>, EvalFailure> {
        let clock = Clock::start(&request.stop);
        let limit = Limit::new(request, plans.len(), clock);
        let mixed = host_parallel::run(&self.compute, plans.len(), |plan| {
            Ok(self.checkpoints.edited(plans[plan], &self.compute))
        })?;
        let groups: Vec<Vec<&Mixed>> = if self.compute.on_host() {
            mixed.iter().map(|mixed| vec![mixed]).collect()
        } else {
            vec![mixed.iter().collect()]
        };
        let items = &request.items;
        let tasks = host_parallel::run(&self.compute, groups.len() * items.len(), |task| {
            let group = &groups[task / items.len()];
            let distances = self.distances(group, request, items[task % items.len()], limit)?;
            Share::new(&request.progress, group.len() as f64).done(1, 1);
            Ok(distances)
        })?;
        let mut outcomes: Vec<Vec<Distance>> = vec![Vec::new(); plans.len()];
        for (task, found) in tasks.into_iter().enumerate() {
            // On a CPU a group is one plan; elsewhere there is one group of all.
            let first = task / items.len();
            for (outcome, distance) in outcomes[first..].iter_mut().zip(found) {
                outcome.push(distance);
            }
        }
        let seconds = clock.elapsed().as_secs_f64() / plans.len() as f64;
        Ok(outcomes.iter().map(|outcome| self.evaluation(outcome, seconds)).collect())
    }

    /// What one batch of noise says about some mixtures.
    pub(super) fn distances(
        &self,
        mixed: &[&Mixed],
        request: &Request,
        item: u32,
        limit: Limit,
    ) -> Result<Vec<Distance>, EvalFailure> {
        let (samples, pixels) = (self.task.samples(), self.config.pixels());
        let Some(real) = self.task.real(&request.split) else {
            return Err(EvalFailure::BadRequest(format!("it has no split `{}`", request.split)));
        };
        let noise: Tensor<2> =
            self.compute.float32(self.task.noise(&request.split, item, pixels), [samples, pixels]);
        let network = Network::new(&self.config, self.checkpoints.stacked(mixed), &self.compute);
        let images = network.sample(noise, limit)?;
        let features = host(self.task.classifier.embed(images.reshape([mixed.len() * samples, pixels])))?;
        let width = self.task.classifier.features;
        Ok(features.chunks_exact(samples * width).map(|features| real.distance(features)).collect())
    }

    fn evaluation(&self, items: &[Distance], seconds: f64) -> Result<Evaluation, EvalFailure> {
        let column = |name: &str, value: &dyn Fn(&Distance) -> f64| {
            let values: Vec<f64> = items.iter().map(value).collect();
            if let Some((item, &value)) = values.iter().enumerate().find(|(_, value)| !value.is_finite()) {
                return Err(EvalFailure::NotFinite { metric: name.to_owned(), item, value });
            }
            let weights = vec![self.task.samples() as f64; values.len()];
            Ok((name.to_owned(), MetricScore { aggregate: Aggregate::Mean, items: values, weights }))
        };
        let metrics = BTreeMap::from([
            column("frechet", &|item| item.frechet)?,
            column("kernel-distance", &|item| item.kernel)?,
        ]);
        // Rows through layers, as for texts: an image passes every layer once per step of the sampler.
        let rows = items.len() * self.task.samples() * self.config.steps;
        let layers = (rows * self.config.layers()) as u64;
        Ok(Evaluation { scores: Scores { metrics }, work: Work { computed: layers, naive: layers }, seconds })
    }
}
