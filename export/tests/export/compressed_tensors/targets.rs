//! Every module is in one group, or ignored: whatever engines look for first, they find the same.

use attune_core::facts::Facts;
use attune_core::plan::Edit;
use attune_vocabulary::edits::{EmbeddingBits, WeightBits};
use attune_vocabulary::{
    Embedding, EmbeddingMatrix, LinearModules, Matrices, ModelFacts, Module, NamedModule, NumberGrid,
    arrange, say_embeddings,
};
use proptest::prelude::*;
use regex::Regex;
use serde_json::Value;

use super::{export, folder};
use crate::checkpoint::{EXPERTS, LAYERS, facts};

const ATTENTION: [Module; 4] = [Module::Query, Module::Key, Module::Value, Module::Output];
const FEED_FORWARD: [Module; 3] = [Module::Gate, Module::Up, Module::Down];

/// Says that all modules have so many outputs and inputs.
pub(super) fn say_rows(facts: &mut Facts, outputs: u32, inputs: u32) {
    let named = |module: &Module| NamedModule { name: module.name().to_owned(), input: 0, tensor: 0 };
    let modules: Vec<NamedModule> = ATTENTION.iter().chain(&FEED_FORWARD).map(named).collect();
    let matrix = Some(Matrices { outputs, inputs, count: 1, rows: 1 });
    let layers = vec![vec![matrix; modules.len()]; LAYERS as usize];
    LinearModules { modules, layers }.say(&mut facts.values);
}

/// A level of some modules; `None` leaves them as they are.
fn level() -> impl Strategy<Value = Option<(NumberGrid, u32, u32)>> {
    let whole = (
        prop_oneof![Just(NumberGrid::Symmetric), Just(NumberGrid::AffineInt)],
        prop_oneof![Just(2_u32), Just(3), Just(4), Just(8)],
        prop_oneof![Just(32_u32), Just(64), Just(256)],
    );
    prop_oneof![
        Just(None),
        whole.prop_map(Some),
        Just(Some((NumberGrid::Fp8Tensor, 8, 256))),
        Just(Some((NumberGrid::Fp8Block, 8, 128))),
        Just(Some((NumberGrid::Mxfp4, 4, 32))),
        Just(Some((NumberGrid::Nvfp4, 4, 16))),
    ]
}

/// Levels that experts can have.
fn of_experts() -> impl Strategy<Value = Option<(NumberGrid, u32, u32)>> {
    prop_oneof![
        Just(None),
        Just(Some((NumberGrid::Symmetric, 3, 64))),
        Just(Some((NumberGrid::Mxfp4, 4, 32)))
    ]
}

fn edit(layer: u32, module: Module, level: Option<(NumberGrid, u32, u32)>) -> Option<Edit> {
    let (grid, bits, group_size) = level?;
    Some(Edit::from(WeightBits {
        layer,
        module,
        expert: None,
        bits,
        group_size,
        grid: Some(grid),
        rounding: None,
    }))
}

fn matches(targets: &Value, name: &str) -> usize {
    let one = |target: &&Value| {
        let target = target.as_str().unwrap();
        target
            .strip_prefix("re:")
            .map_or(target == name, |pattern| Regex::new(pattern).unwrap().is_match(name))
    };
    targets.as_array().unwrap().iter().filter(one).count()
}

/// The names of the modules of a layer, and their module in plans where they have one.
fn names(layer: u32, mixture: bool) -> Vec<(String, Option<Module>)> {
    let attention = ["q_proj", "k_proj", "v_proj", "o_proj"].into_iter().zip(ATTENTION);
    let mut names: Vec<(String, Option<Module>)> = attention
        .map(|(name, module)| (format!("model.layers.{layer}.self_attn.{name}"), Some(module)))
        .collect();
    if mixture {
        let place = format!("model.layers.{layer}.block_sparse_moe");
        names.push((format!("{place}.gate"), None));
        for expert in 0..EXPERTS {
            let parts = ["w1", "w3", "w2"].into_iter().zip(FEED_FORWARD);
            names.extend(
                parts.map(|(name, module)| (format!("{place}.experts.{expert}.{name}"), Some(module))),
            );
        }
        return names;
    }
    let parts = ["gate_proj", "up_proj", "down_proj"].into_iter().zip(FEED_FORWARD);
    names.extend(parts.map(|(name, module)| (format!("model.layers.{layer}.mlp.{name}"), Some(module))));
    names
}

#[test]
fn the_output_matrix_is_a_group_of_its_own_name_or_ignored() {
    let mut model =
        Facts::from(ModelFacts { family: "llama".into(), experts: 0, ..ModelFacts::of(&facts()) });
    let matrix = |embedding| EmbeddingMatrix { embedding, tokens: 5, channels: 256, element_bytes: 4 };
    say_embeddings(&Embedding::ALL.map(matrix), &mut model.values);
    let matrices = ["lm_head", "model.embed_tokens", "model.layers.0.self_attn.o_proj"];
    let files = folder(&matrices.map(|name| (name.to_owned(), [5, 256])));
    let output = Edit::from(EmbeddingBits {
        matrix: Embedding::Output,
        bits: 4,
        group_size: 64,
        grid: Some(NumberGrid::Symmetric),
    });
    let out = export(&arrange([output]), &model, &files).unwrap();
    let entry = &out.json("config.json")["quantization_config"];
    assert_eq!(entry["config_groups"]["group_0"]["targets"], serde_json::json!(["lm_head"]));
    assert_eq!(entry["config_groups"]["group_0"]["weights"]["num_bits"], 4);
    assert_eq!((matches(&entry["ignore"], "lm_head"), matches(&entry["ignore"], matrices[2])), (0, 1));
    let written = safetensors::SafeTensors::deserialize(&out.0["model.safetensors"]).unwrap();
    let names = written.names();
    assert!(
        [
            "lm_head.weight_packed",
            "lm_head.weight_scale",
            "lm_head.weight_shape",
            "model.embed_tokens.weight"
        ]
        .iter()
        .all(|name| names.contains(name)),
        "{names:?}"
    );
    assert_eq!(names.len(), 6, "{names:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn every_module_is_in_one_group_or_ignored(
        attention in prop::collection::vec((level(), level()), LAYERS as usize),
        dense in prop::collection::vec((level(), level()), LAYERS as usize),
        experts in prop::collection::vec(of_experts(), LAYERS as usize),
        mixture: bool,
    ) {
        let mut edits = Vec::new();
        for layer in 0..LAYERS {
            let place = layer as usize;
            let (qkv, o) = attention[place];
            edits.extend(ATTENTION[..3].iter().filter_map(|&module| edit(layer, module, qkv)));
            edits.extend(edit(layer, Module::Output, o));
            let (inner, down) = if mixture { (experts[place], experts[place]) } else { dense[place] };
            edits.extend(FEED_FORWARD[..2].iter().filter_map(|&module| edit(layer, module, inner)));
            edits.extend(edit(layer, Module::Down, down));
        }
        prop_assume!(!edits.is_empty());
        let count = if mixture { EXPERTS } else { 0 };
        let family = if mixture { "mixtral" } else { "llama" };
        let mut model = Facts::from(ModelFacts { family: family.into(), experts: count, ..ModelFacts::of(&facts()) });
        say_rows(&mut model, 4, 256);
        let modules: Vec<(u32, String, Option<Module>)> = (0..LAYERS)
            .flat_map(|layer| names(layer, mixture).into_iter().map(move |(name, module)| (layer, name, module)))
            .collect();
        let mut matrices: Vec<(String, [usize; 2])> =
            modules.iter().map(|(_, name, _)| (name.clone(), [4, 256])).collect();
        matrices.push(("model.embed_tokens".to_owned(), [5, 256]));
        let out = export(&arrange(edits.clone()), &model, &folder(&matrices)).unwrap();
        let config = out.json("config.json");
        let entry = &config["quantization_config"];
        let groups = entry["config_groups"].as_object().unwrap();
        let others = [(0, "lm_head".to_owned(), None), (0, "model.embed_tokens".to_owned(), None)];
        for (layer, name, module) in modules.iter().chain(&others) {
            let found: Vec<&Value> =
                groups.values().filter(|group| matches(&group["targets"], name) > 0).collect();
            let times: usize = groups.values().map(|group| matches(&group["targets"], name)).sum();
            let ignored = matches(&entry["ignore"], name);
            let wanted = edits.iter().filter_map(attune_vocabulary::ModelEdit::of).find(|edit: &WeightBits| {
                edit.layer == *layer && Some(edit.module) == *module
            });
            prop_assert_eq!((times, ignored), match &wanted {
                Some(_) => (1, 0),
                None => (0, usize::from(name != "model.embed_tokens")),
            }, "{}", name);
            if let Some(wanted) = wanted {
                let weights = &found[0]["weights"];
                prop_assert_eq!(&weights["num_bits"], wanted.bits);
                let symmetric = wanted.grid != Some(NumberGrid::AffineInt);
                prop_assert_eq!(&weights["symmetric"], symmetric);
                if wanted.grid == Some(NumberGrid::Symmetric) {
                    let group = (wanted.group_size < 256).then_some(wanted.group_size);
                    prop_assert_eq!(&weights["group_size"], &serde_json::json!(group));
                }
            }
        }
    }
}
