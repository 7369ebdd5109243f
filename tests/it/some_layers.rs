//! Models of which only some layers have experts: every technique lists a space, lowers, counts the bytes of the real tensors
//! and is evaluated, and what it finds is exported.

use std::collections::BTreeMap;
use std::path::Path;

use attune_core::options::{OptionValue, Settings};
use attune_core::plan::Plan;
use attune_core::rng;
use attune_core::space::{Config, Value as Cell};
use attune_core::technique::{Cost, Technique as _};
use attune_eval::compute::Compute;
use attune_eval::logits::logits;
use attune_eval::model::Model;
use attune_families::tensors;
use attune_plugins::{Host, WasmTechnique};
use safetensors::SafeTensors;
use safetensors::tensor::TensorView;
use serde_json::Value;
use tempfile::TempDir;

use crate::families::{cases, exported, write};
use crate::support::{Place, root};

/// A model of a case of the goldens.
struct Tiny {
    folder: TempDir,
    model: Model,
    ids: Vec<u32>,
}

impl Tiny {
    fn new(name: &str) -> Self {
        let case = cases().into_iter().find(|case| case["name"] == name).unwrap();
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &case["config"]);
        let ids = case["ids"].as_array().unwrap().iter().map(|id| id.as_u64().unwrap() as u32).collect();
        let model = Model::load(folder.path(), &Compute::cpu()).unwrap();
        let mixture = model.config().mixture.as_ref().unwrap();
        assert!(mixture.layers().count() < model.config().layers, "{name} has experts everywhere");
        Self { folder, model, ids }
    }

    fn all() -> Vec<(&'static str, Self)> {
        ["glm4_moe", "dots1", "ernie4_5_moe", "qwen3_moe-some-layers"]
            .map(|name| (name, Self::new(name)))
            .into()
    }

    /// How far a plan moves the logits, all of which are numbers.
    fn change(&self, plan: &Plan) -> f32 {
        let dense = logits(&self.model, &Plan::empty(), &self.ids).unwrap();
        let edited = logits(&self.model, plan, &self.ids).unwrap_or_else(|error| panic!("{error}: {plan:?}"));
        assert!(edited.iter().all(|logit| logit.is_finite()));
        edited.iter().zip(&dense).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
    }

    /// A drawn config of a technique, its plan and its costs.
    fn drawn(&self, technique: &WasmTechnique, given: &Settings) -> (Config, Plan, Vec<Cost>) {
        let space = technique.space(self.model.facts(), given).unwrap();
        let config = space.sample(&mut rng::derive(1, "some layers", &[])).unwrap();
        space.check(&config).unwrap();
        for baseline in technique.baselines(self.model.facts(), given, &[]).unwrap() {
            space.check_domains(&baseline.config).unwrap();
        }
        let plan = technique.lower(self.model.facts(), given, &config).unwrap();
        let costs = technique.cost(self.model.facts(), given, &config).unwrap();
        (config, plan, costs)
    }
}

fn options(given: &[(&str, OptionValue)]) -> Settings {
    given.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
}

fn word(word: &str) -> OptionValue {
    OptionValue::Text(word.to_owned())
}

/// Elements of the tensors of a folder whose names pass.
fn elements(folder: &Path, of: impl Fn(&str, &[usize]) -> bool) -> usize {
    let bytes = std::fs::read(folder.join("model.safetensors")).unwrap();
    let stored = SafeTensors::deserialize(&bytes).unwrap();
    let counts = stored.tensors().into_iter().filter(|(name, view)| of(name, view.shape()));
    counts.map(|(_, view)| view.shape().iter().product::<usize>()).sum()
}

#[test]
fn experts_are_pruned_merged_counted_and_exported() {
    let technique = Host::new().unwrap().builtin("expert-pruning").unwrap();
    let keep = ("keep", OptionValue::Int(3));
    let one_hot = [("phase", word("merge")), ("routing", word("one-hot"))];
    let studies = [
        options(std::slice::from_ref(&keep)),
        options(&[keep.clone(), ("groups", OptionValue::Int(1))]),
        options(&[keep.clone(), ("active", OptionValue::Ints(vec![1, 2]))]),
        options(&[std::slice::from_ref(&keep), &one_hot].concat()),
    ];
    for (name, tiny) in Tiny::all() {
        for given in &studies {
            let (_, plan, costs) = tiny.drawn(&technique, given);
            assert!(tiny.change(&plan) > 1e-4, "{name}: {given:?}");
            let exported = match exported(&tiny.model, tiny.folder.path(), &plan) {
                Ok(exported) => exported,
                // What a router says beside others is no row of it.
                Err(error) => {
                    let softmax = ["`norm_topk_prob` false", "shares of all experts"];
                    assert!(softmax.iter().any(|reason| error.contains(reason)), "{name}: {error}");
                    assert!(given.contains_key("phase"), "{name}: {error}");
                    continue;
                }
            };
            let bytes = |folder: &Path| 4.0 * elements(folder, |_, _| true) as f64;
            assert_eq!(costs[0].dense, bytes(tiny.folder.path()), "{name}: {given:?}");
            assert_eq!(costs[0].value, bytes(exported.path()), "{name}: {given:?}");
            let loaded = Model::load(exported.path(), &Compute::cpu()).unwrap();
            let (found, scored) = (
                logits(&loaded, &Plan::empty(), &tiny.ids).unwrap(),
                logits(&tiny.model, &plan, &tiny.ids).unwrap(),
            );
            let apart = found.iter().zip(&scored).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(apart < 1e-5, "{name}: {given:?}: {apart}");
        }
    }
}

#[test]
fn bits_are_counted_by_the_matrices_of_each_layer() {
    let host = Host::new().unwrap();
    let (weights, activations) =
        (host.builtin("weight-bits").unwrap(), host.builtin("activation-bits").unwrap());
    for (name, tiny) in Tiny::all() {
        let config = tiny.model.config();
        let modules = (0..config.layers).flat_map(|layer| tensors::modules(config, layer));
        let all: usize = modules.map(|module| module.part.weight.elements()).sum();
        for experts in ["together", "apart"] {
            let given = options(&[
                ("experts", word(experts)),
                ("levels", OptionValue::Ints(vec![2, 4, 16])),
                ("average", OptionValue::Real(12.0)),
                ("group-size", OptionValue::Int(4)),
            ]);
            let (_, plan, costs) = tiny.drawn(&weights, &given);
            assert!(tiny.change(&plan) > 1e-4, "{name}: {experts}");
            assert_eq!(costs[1].dense, 2.0 * all as f64, "{name}: {experts}");
        }
        let given = options(&[
            ("weight-levels", OptionValue::Ints(vec![4])),
            ("weight-group-size", OptionValue::Int(4)),
        ]);
        let (_, plan, costs) = tiny.drawn(&activations, &given);
        assert!(tiny.change(&plan) > 1e-4, "{name}");
        assert_eq!(costs[2].dense, 2.0 * all as f64, "{name}");
    }
}

#[test]
fn a_dropped_block_saves_the_matrices_that_it_holds() {
    let technique = Host::new().unwrap().builtin("block-dropping").unwrap();
    let given = options(&[("unit", word("feed-forward")), ("drop", OptionValue::Int(1))]);
    for (name, tiny) in Tiny::all() {
        for layer in 0..tiny.model.config().layers as u32 {
            let dropped = Config::new(vec![vec![Cell::Indices(vec![layer])]]);
            let cost = &technique.cost(tiny.model.facts(), &given, &dropped).unwrap()[0];
            let matrix = |tensor: &str, shape: &[usize]| {
                let within = tensor.starts_with(&format!("model.layers.{layer}.mlp."));
                within && shape.len() > 1 && !tensor.contains("correction")
            };
            let held = 4.0 * elements(tiny.folder.path(), matrix) as f64;
            assert_eq!(cost.dense - cost.value, held, "{name}: layer {layer}");
        }
    }
}

/// Layers behind the last one, which predict tokens further on, have experts of their own.
#[test]
fn predictors_are_left_out_of_an_export() {
    let tiny = Tiny::new("glm4_moe");
    let (config, weights) =
        (tiny.folder.path().join("config.json"), tiny.folder.path().join("model.safetensors"));
    let mut json: Value = serde_json::from_slice(&std::fs::read(&config).unwrap()).unwrap();
    let layers = json["num_hidden_layers"].as_u64().unwrap();
    json["num_nextn_predict_layers"] = 1.into();
    std::fs::write(&config, json.to_string()).unwrap();
    let bytes = std::fs::read(&weights).unwrap();
    let stored = SafeTensors::deserialize(&bytes).unwrap();
    let mut views: BTreeMap<String, TensorView<'_>> = stored.tensors().into_iter().collect();
    let last = format!("model.layers.{}.", layers - 1);
    for (name, view) in stored.tensors() {
        if let Some(rest) = name.strip_prefix(&last) {
            views.insert(format!("model.layers.{layers}.{rest}"), view);
        }
    }
    views
        .insert(format!("model.layers.{layers}.eh_proj.weight"), stored.tensor("model.norm.weight").unwrap());
    safetensors::serialize_to_file(views, None, &weights).unwrap();

    let model = Model::load(tiny.folder.path(), &Compute::cpu()).unwrap();
    let technique = Host::new().unwrap().builtin("expert-pruning").unwrap();
    let given = options(&[("keep", OptionValue::Int(3))]);
    let (_, plan, _) = tiny.drawn(&technique, &given);
    let out = exported(&model, tiny.folder.path(), &plan).unwrap();
    let behind = |name: &str, _: &[usize]| name.starts_with(&format!("model.layers.{layers}."));
    assert!(elements(tiny.folder.path(), behind) > 0);
    assert_eq!(elements(out.path(), behind), 0);
    let json: Value =
        serde_json::from_slice(&std::fs::read(out.path().join("config.json")).unwrap()).unwrap();
    assert_eq!((&json["num_nextn_predict_layers"], &json["n_routed_experts"]), (&0.into(), &3.into()));
    let loaded = Model::load(out.path(), &Compute::cpu()).unwrap();
    let found = logits(&loaded, &Plan::empty(), &tiny.ids).unwrap();
    let scored = logits(&tiny.model, &plan, &tiny.ids).unwrap();
    let apart = found.iter().zip(&scored).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(apart < 1e-5, "{apart}");
}

/// Signals, baselines, search and report on a model whose first layer has no experts.
#[test]
fn a_study_of_experts_runs_where_the_first_layer_has_none() {
    let place = Place::new();
    let mut case = cases().into_iter().find(|case| case["name"] == "glm4_moe").unwrap();
    case["config"]["vocab_size"] = 2048.into();
    let folder = place.path("glm");
    std::fs::create_dir(&folder).unwrap();
    write(&folder, &case["config"]);
    let tiny_moe = root().join("models/tiny-moe");
    std::fs::copy(tiny_moe.join("tokenizer.json"), folder.join("tokenizer.json")).unwrap();
    let model = format!("model: \"{}\"", tiny_moe.display());
    let profile = place.small_profile(&[(&model, "model: \"glm\""), ("{\"keep\": 4}", "{\"keep\": 3}")]);
    let finished = place.run(&profile, &[]).pop().unwrap();
    for baseline in ["frequency", "soft-activation", "naee"] {
        let mean = &finished["baselines"][baseline]["report"]["perplexity"]["mean"];
        assert!(mean.as_f64().is_some_and(f64::is_finite), "{baseline}: {finished}");
    }
    let plan = finished["best"]["plan"].as_array().unwrap();
    assert!(plan.iter().all(|edit| edit["layer"] == 1), "{plan:?}");
}
