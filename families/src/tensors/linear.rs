//! Linear modules as facts: what techniques are told of them, and how much of a layer they are.

use std::collections::{BTreeMap, BTreeSet};

use attune_vocabulary::{LinearModules, Matrices, Module, NamedModule};

use super::{LayerTensors, LinearModule, LinearTensors, MatrixSlice, of_experts};
use crate::config::{DecoderConfig, Mixture};

/// The linear modules of all layers. Experts have the same ones, so the first of a layer stands for all.
pub fn linear_modules(config: &DecoderConfig) -> LinearModules {
    let layers: Vec<Vec<LinearModule>> =
        (0..config.layers).map(|layer| of_experts(config, layer, 1)).collect();
    let names: BTreeSet<Module> = layers.iter().flatten().map(|found| found.module).collect();
    let numbers: BTreeMap<Module, usize> =
        names.iter().zip(0..).map(|(&module, number)| (module, number)).collect();
    let module = |&module: &Module| {
        let (mut input, mut tensor) = (module, module);
        let layer =
            layers.iter().find_map(|layer| Some((layer, layer.iter().find(|found| found.module == module)?)));
        if let Some((layer, found)) = layer {
            input = found.input;
            let shares = |other: &&LinearModule| other.part.weight.tensor == found.part.weight.tensor;
            tensor = layer.iter().find(shares).map_or(module, |other| other.module);
        }
        NamedModule { name: module.name().to_owned(), input: numbers[&input], tensor: numbers[&tensor] }
    };
    let of = |(number, layer): (usize, &Vec<LinearModule>)| {
        names.iter().map(|&module| matrices(config, number, layer, module)).collect()
    };
    LinearModules {
        modules: names.iter().map(module).collect(),
        layers: layers.iter().enumerate().map(of).collect(),
    }
}

fn matrices(
    config: &DecoderConfig,
    number: usize,
    layer: &[LinearModule],
    module: Module,
) -> Option<Matrices> {
    let found = layer.iter().find(|found| found.module == module)?;
    let count = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
    let mixture = config.layer(number).mixture().filter(|_| found.expert.is_some());
    // The experts of a token read the same row unless their weights multiply it, and each has its own for the way back.
    let weighs_input = config.family.mixture.is_some_and(|rule| rule.router.weighs_input);
    let own = |_: &&Mixture| module == Module::Down || weighs_input;
    let rows = mixture.filter(own).map_or(1, |mixture| mixture.per_token);
    Some(Matrices {
        outputs: count(found.part.weight.outputs),
        inputs: count(found.part.weight.inputs),
        count: count(mixture.map_or(1, |mixture| mixture.experts)),
        rows: count(rows),
    })
}

/// For each layer, the weights of attention and those of the feed-forward part: with all experts, their router, and what
/// answers for every token. Norms and biases, which are a fraction of a per cent, are not counted.
pub fn block_parameters(config: &DecoderConfig) -> Vec<[u64; 2]> {
    let linear = linear_modules(config);
    let elements = |matrices: Matrices| {
        [matrices.outputs, matrices.inputs, matrices.count].map(u64::from).into_iter().product::<u64>()
    };
    let halves = |(number, layer): (usize, &Vec<Option<Matrices>>)| {
        let mut halves = [0; 2];
        for (module, matrices) in linear.modules.iter().zip(layer) {
            let feed_forward = Module::from_name(&module.name).is_some_and(Module::is_feed_forward);
            halves[usize::from(feed_forward)] += matrices.map_or(0, elements);
        }
        let names = LayerTensors::new(config, number);
        let router = names.router().map(|router| router.matrix);
        let shared = names.shared().map(|(part, gate)| [Some(part.inner), Some(part.down), gate]);
        let beside = router.into_iter().chain(shared.into_iter().flatten().flatten());
        halves[1] += beside.map(|linear| weights(&linear)).sum::<u64>();
        halves
    };
    linear.layers.iter().enumerate().map(halves).collect()
}

fn weights(linear: &LinearTensors) -> u64 {
    linear.weights().map(MatrixSlice::elements).sum::<usize>() as u64
}

/// What the router has for each expert; 0 without experts.
pub fn router_parameters(config: &DecoderConfig) -> u64 {
    let Some(mixture) = &config.mixture else { return 0 };
    let router = mixture.layers().next().and_then(|layer| LayerTensors::new(config, layer).router());
    let Some(router) = router else { return 0 };
    let tensors = router.matrix.all().chain(router.correction);
    let elements: usize = tensors.map(|(_, shape)| shape.iter().product::<usize>()).sum();
    (elements / mixture.experts) as u64
}
