//! A population on one group of passages: what plans have in common is computed once.
//!
//! Plans that agree in all edits before layer `k` have the same activations there, so a batch of plans is a
//! trie over layers. Each distinct prefix is run once and its children go on from its activations; the
//! prefixes of one layer are stacked into one batch, whose rows share every product with the model's weights.
//! A prefix whose activations are still in memory is not run at all.

use std::collections::HashSet;

use attune_core::evaluator::EvalFailure;
use attune_core::hash::ContentHash;
use burn_tensor::Tensor;

use super::NativeEvaluator;
use super::groups::Group;
use super::limit::{Limit, in_time};
use super::prefix_cache::CacheSlot;
use super::share::Share;
use crate::decoder::Batch;
use crate::edits::{EditedModel, LayerEdits};
use crate::ops::host;

/// One distinct prefix, after its last layer.
struct Node {
    prefix: ContentHash,
    /// Layers of the prefix.
    depth: usize,
    activation: Tensor<2>,
    /// Plans that have it, by position.
    plans: Vec<usize>,
}

/// What a population gives on one group.
pub(super) struct Passed {
    /// The last activations of each plan: `[rows, hidden]`.
    pub(super) last: Vec<Tensor<2>>,
    /// Tokens times layers computed for each plan; what several share is divided among them.
    pub(super) computed: Vec<f64>,
}

impl NativeEvaluator {
    /// Runs `plans` through all layers on `group`.
    pub(super) fn pass(
        &self,
        group: &Group,
        plans: &[&EditedModel],
        limit: Limit,
        share: Share<'_>,
    ) -> Result<Passed, EvalFailure> {
        let layers = self.model.config.layers;
        let rows = group.ids.len();
        let positions = self.positions(group.batch.tokens);
        let most = (self.product_rows() / rows).max(1);
        let mut nodes = self.roots(group, plans);
        let mut computed = vec![0.0; plans.len()];
        let all = runs(&nodes, plans, layers);
        for layer in 0..layers {
            in_time(limit)?;
            // Nodes that begin deeper than this layer wait for it.
            let (mut next, ready): (Vec<Node>, Vec<Node>) =
                nodes.into_iter().partition(|node| node.depth > layer);
            let mut children = ready.into_iter().flat_map(|node| split(node, plans));
            loop {
                let mut bundle: Vec<Node> = children.by_ref().take(most).collect();
                if bundle.is_empty() {
                    break;
                }
                let batch =
                    Batch { sequences: bundle.len() * group.batch.sequences, tokens: group.batch.tokens };
                let edits: Vec<&LayerEdits> =
                    bundle.iter().map(|node| plans[node.plans[0]].layer(layer)).collect();
                let inputs: Vec<Tensor<2>> = bundle.iter_mut().map(Node::take).collect();
                let stacked = stack(inputs);
                let stacked = self.model.layer(layer, stacked, batch, &edits, &positions, None);
                for (node, activation) in bundle.iter_mut().zip(unstack(stacked, rows)) {
                    node.activation = activation;
                    for &plan in &node.plans {
                        computed[plan] += rows as f64 / node.plans.len() as f64;
                    }
                    if node.depth < layers {
                        self.keep(group, node, plans[node.plans[0]]);
                    }
                }
                share.done(bundle.len(), all);
                next.extend(bundle);
            }
            nodes = next;
        }
        let mut last: Vec<Option<Tensor<2>>> = vec![None; plans.len()];
        for node in nodes {
            for plan in node.plans {
                last[plan] = Some(node.activation.clone());
            }
        }
        let last: Option<Vec<Tensor<2>>> = last.into_iter().collect();
        let lost = || EvalFailure::Internal("a plan fell out of its population".to_owned());
        Ok(Passed { last: last.ok_or_else(lost)?, computed })
    }

    /// Where every plan begins: behind its deepest prefix that is in memory, else at the embedding. Plans with
    /// a common prefix that is in memory begin there or deeper, so no prefix is met twice.
    fn roots(&self, group: &Group, plans: &[&EditedModel]) -> Vec<Node> {
        let mut nodes: Vec<Node> = Vec::new();
        for (number, plan) in plans.iter().enumerate() {
            for depth in (0..self.model.config.layers).rev() {
                let prefix = plan.prefix(depth);
                if let Some(node) = nodes.iter_mut().find(|node| node.prefix == prefix) {
                    node.plans.push(number);
                    break;
                }
                if let Some(activation) = self.at_hand(group, depth, plan) {
                    nodes.push(Node { prefix, depth, activation, plans: vec![number] });
                    break;
                }
            }
        }
        nodes
    }

    /// The activations of `group` after the first `depth` layers of a plan; the embedding always is at hand.
    fn at_hand(&self, group: &Group, depth: usize, plan: &EditedModel) -> Option<Tensor<2>> {
        match depth {
            0 => Some(self.model.embed_edited(plan, &group.ids)),
            _ => self.prefixes.all(&places(group, depth, plan.prefix(depth))).map(stack),
        }
    }

    /// Keeps a node's activations, passage by passage, for children of `plan`.
    fn keep(&self, group: &Group, node: &Node, plan: &EditedModel) {
        let tokens = group.batch.tokens;
        if !self.prefixes.takes(4 * (tokens * self.model.config.hidden) as u64) {
            return;
        }
        let owner = plan.prefix(self.model.config.layers);
        for (number, place) in places(group, node.depth, node.prefix).into_iter().enumerate() {
            let own = node.activation.clone().narrow(0, number * tokens, tokens);
            // A narrowed tensor would keep the whole batch alive.
            let own = if self.model.compute.on_host() { host::copy(own) } else { own };
            self.prefixes.keep(place, own, owner);
        }
    }
}

impl Node {
    /// Its activation, which the next layer may overwrite.
    fn take(&mut self) -> Tensor<2> {
        let device = self.activation.device();
        // Not of size 0: not every device has such tensors.
        std::mem::replace(&mut self.activation, Tensor::empty([1, 1], &device))
    }
}

/// The children of a node: one for each different edit of the next layer, which has not run yet.
fn split(node: Node, plans: &[&EditedModel]) -> Vec<Node> {
    let depth = node.depth + 1;
    let mut children: Vec<Node> = Vec::new();
    for plan in node.plans {
        let prefix = plans[plan].prefix(depth);
        match children.iter_mut().find(|child| child.prefix == prefix) {
            Some(child) => child.plans.push(plan),
            None => {
                let activation = node.activation.clone();
                children.push(Node { prefix, depth, activation, plans: vec![plan] });
            }
        }
    }
    children
}

/// How often a layer is run for what begins at `nodes`: once for every distinct prefix that ends with it.
fn runs(nodes: &[Node], plans: &[&EditedModel], layers: usize) -> usize {
    let of = |node: &Node| -> usize {
        let distinct = |layer: usize| {
            node.plans.iter().map(|&plan| plans[plan].prefix(layer + 1)).collect::<HashSet<_>>().len()
        };
        (node.depth..layers).map(distinct).sum()
    };
    nodes.iter().map(of).sum()
}

fn stack(mut parts: Vec<Tensor<2>>) -> Tensor<2> {
    if parts.len() == 1 { parts.swap_remove(0) } else { Tensor::cat(parts, 0) }
}

/// The parts of `rows` rows each.
fn unstack(whole: Tensor<2>, rows: usize) -> Vec<Tensor<2>> {
    let count = whole.dims()[0] / rows;
    if count == 1 {
        return vec![whole];
    }
    (0..count).map(|number| whole.clone().narrow(0, number * rows, rows)).collect()
}

fn places(group: &Group, depth: usize, prefix: ContentHash) -> Vec<CacheSlot> {
    let place = |&passage: &u32| CacheSlot { split: group.split.clone(), passage, layer: depth, prefix };
    group.passages.iter().map(place).collect()
}
