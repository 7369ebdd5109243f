//! The matrices that plans can store in few bits, by the names of their tensors: what recipes of quantisers are written in.

use std::collections::BTreeMap;

use attune_core::facts::Facts;
use attune_families::Family;
use attune_families::schema::ExpertTensors;
use attune_families::tensors::module_tensor;
use attune_vocabulary::{
    Embedding, EmbeddingMatrix, LinearModules, ModelFacts, Module, embeddings, expert_layers,
};

use crate::checkpoint::WEIGHT;
use crate::embedding;

/// One linear module of a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Matrix {
    /// The name of its tensor, without `.weight`; several modules may have the same.
    pub(crate) tensor: String,
    /// The layer.
    pub(crate) layer: u32,
    /// The module.
    pub(crate) module: Module,
    /// Whose it is, in a mixture.
    pub(crate) expert: Option<u32>,
    /// Rows, where the model says so.
    pub(crate) outputs: Option<u32>,
    /// Channels of a row, where the model says so.
    pub(crate) inputs: Option<u32>,
}

/// All of them, in the order of the forward pass.
#[derive(Debug)]
pub(crate) struct Matrices {
    family: &'static Family,
    layers: u32,
    list: Vec<Matrix>,
    /// Numbers of the list by the name of the tensor.
    by_tensor: BTreeMap<String, Vec<usize>>,
    /// Those outside of the layers that plans have a name for.
    embeddings: Vec<EmbeddingMatrix>,
}

impl Matrices {
    /// Those of the model that `facts` are of.
    ///
    /// # Errors
    /// Why they are not known by name, in words.
    pub(crate) fn of(facts: &Facts) -> Result<Self, String> {
        let model = ModelFacts::of(facts);
        let family = attune_families::find(&model.family)
            .ok_or_else(|| format!("the tensors of a `{}` are not known by name", model.family))?;
        let shapes = LinearModules::of(facts);
        let all = || (0..if model.experts > 0 { model.layers } else { 0 }).collect();
        let mixtures: Vec<u32> = expert_layers(facts).unwrap_or_else(all);
        let mut list = Vec::new();
        for layer in 0..model.layers {
            for module in Module::ALL {
                let shape = shapes.as_ref().map(|shapes| shapes.matrices(layer, module.name()));
                if shape == Some(None) {
                    continue;
                }
                let experts = if module.is_feed_forward() && mixtures.contains(&layer) {
                    (0..model.experts).map(Some).collect()
                } else {
                    vec![None]
                };
                for expert in experts {
                    match module_tensor(family, layer, module, expert) {
                        Some(tensor) => {
                            let (outputs, inputs) =
                                shape.flatten().map(|matrices| (matrices.outputs, matrices.inputs)).unzip();
                            list.push(Matrix { tensor, layer, module, expert, outputs, inputs });
                        }
                        // A model that says nothing of its modules has those that its family has names for.
                        None if shape.is_none() => {}
                        None => {
                            return Err(format!(
                                "`{}` of a {} has no matrix of its own name",
                                module.name(),
                                family.name
                            ));
                        }
                    }
                }
            }
        }
        let mut by_tensor: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (number, matrix) in list.iter().enumerate() {
            by_tensor.entry(matrix.tensor.clone()).or_default().push(number);
        }
        Ok(Self { family, layers: model.layers, list, by_tensor, embeddings: embeddings(facts) })
    }

    /// The family of the model.
    pub(crate) fn family(&self) -> &'static Family {
        self.family
    }

    /// All of them.
    pub(crate) fn list(&self) -> &[Matrix] {
        &self.list
    }

    /// The numbers of those in a tensor of this name, `.weight` or not.
    pub(crate) fn of_tensor(&self, name: &str) -> &[usize] {
        self.by_tensor.get(name.strip_suffix(WEIGHT).unwrap_or(name)).map_or(&[], Vec::as_slice)
    }

    /// The matrix outside of the layers of that name, `.weight` or not, if plans have one for it.
    pub(crate) fn embedding(&self, name: &str) -> Option<EmbeddingMatrix> {
        let name = name.strip_suffix(WEIGHT).unwrap_or(name);
        let of = |matrix: &&EmbeddingMatrix| embedding::name(self.family, matrix.embedding) == name;
        self.embeddings.iter().find(of).copied()
    }

    /// The matrix of that kind, if the model has it by itself.
    pub(crate) fn of_embedding(&self, embedding: Embedding) -> Option<EmbeddingMatrix> {
        self.embeddings.iter().find(|matrix| matrix.embedding == embedding).copied()
    }

    /// Weights of the model beside its linear modules that quantisers store in few bits: embeddings, the output and routers.
    pub(crate) fn beside(&self) -> Vec<String> {
        let names = &self.family.names;
        let router = |layer: u32| {
            let rule = self.family.mixture.as_ref()?;
            Some(format!("{}{layer}.{}.{}", names.layers, rule.place, rule.router.matrix))
        };
        let ends = [names.embedding, names.output];
        let ends = ends.map(|name| name.strip_suffix(WEIGHT).unwrap_or(name).to_owned());
        ends.into_iter().chain((0..self.layers).filter_map(router)).collect()
    }

    /// Whether it is such a weight, or one of what answers for every token beside the experts.
    pub(crate) fn is_beside(&self, name: &str) -> bool {
        let name = name.strip_suffix(WEIGHT).unwrap_or(name);
        let names = &self.family.names;
        let within = name.strip_prefix(names.layers).and_then(|rest| rest.split_once('.'));
        let shared = self.family.mixture.as_ref().and_then(|rule| rule.shared.as_ref());
        let is_shared = within.zip(shared).is_some_and(|((layer, rest), shared)| {
            layer.parse::<u32>().is_ok_and(|layer| layer < self.layers)
                && (rest.starts_with(&format!("{}.", shared.place))
                    || shared.gate.is_some_and(|gate| rest == gate))
        });
        is_shared || self.beside().iter().any(|beside| beside == name)
    }

    /// Whether the family has what answers for every token beside the experts.
    pub(crate) fn has_shared(&self) -> bool {
        self.family.mixture.as_ref().is_some_and(|rule| rule.shared.is_some())
    }

    /// Layers of the model.
    pub(crate) fn layers(&self) -> u32 {
        self.layers
    }
}

/// Families whose matrices all have names of their own: no latents, and no tensors that experts share.
pub(crate) fn named_families() -> Vec<&'static str> {
    let named = |family: &Family| {
        let stacked =
            family.mixture.is_some_and(|rule| matches!(rule.tensors, ExpertTensors::Stacked { .. }));
        family.attention.latent.is_none() && !stacked
    };
    attune_families::all().iter().filter(|family| named(family)).map(|family| family.name).collect()
}
