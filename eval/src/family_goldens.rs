//! Every family against `transformers`: tiny models whose weights follow from a formula (tests/golden/families.py).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use attune_core::plan::{Edit, Plan};
use attune_families::DecoderConfig;
use attune_families::schema::{NormKind, Scores};
use attune_families::tensors;
use attune_vocabulary::arrange;
use attune_vocabulary::edits::{DropBlock, Half, KeepExperts, KvBits, MergeExperts, RouteExperts};
use burn_tensor::Tensor;
use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::compute::Compute;
use crate::decoder::{Batch, Caches, Positions};
use crate::edits::EditedModel;
use crate::gradient::block;
use crate::model::Model;

/// Of the range of the logits. Float32 noise is a hundred times smaller; what a family does and a neighbour does not is
/// larger.
const TOLERANCE: f32 = 1e-4;

#[derive(Deserialize)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) config: Map<String, Value>,
    pub(crate) ids: Vec<u32>,
}

fn golden(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/golden").join(file)
}

pub(crate) fn cases() -> Vec<Case> {
    serde_json::from_slice(&std::fs::read(golden("families.json")).unwrap()).unwrap()
}

fn hash(text: &str) -> u64 {
    text.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |seed, byte| (seed ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// As `fill` of the script.
fn fill(name: &str, shape: &[usize], plus_one: bool) -> Vec<f32> {
    let seed = hash(name);
    let unit = |index: u64| {
        let mut x = seed.wrapping_add((index + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^= x >> 31;
        (x >> 40) as f32 / 8_388_608.0 - 1.0
    };
    let norm = name.contains("norm") || name.contains(".ln_");
    let (size, around) = if norm && name.ends_with(".weight") {
        (0.5, if plus_one { 0.0 } else { 1.0 })
    } else if shape.len() == 1 || name.ends_with("bias") {
        (0.5, 0.0)
    } else {
        ((2.5 / (*shape.last().unwrap() as f64).sqrt()) as f32, 0.0)
    };
    let count = shape.iter().product::<usize>() as u64;
    (0..count).map(|index| unit(index) * size + around).collect()
}

/// The model of a case, and the folder that it is in.
pub(crate) fn model(case: &Case) -> (tempfile::TempDir, Model) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("config.json"), Value::from(case.config.clone()).to_string()).unwrap();
    let config = DecoderConfig::read(&folder.path().join("config.json"))
        .unwrap_or_else(|error| panic!("{}: {error}", case.name));
    let kind = config.family.norms.kind;
    let plus_one = matches!(kind, NormKind::RmsPlusOne | NormKind::Layer { plus_one: true, .. });
    let mut made: BTreeMap<String, (Vec<usize>, Vec<u8>)> = BTreeMap::new();
    let Ok(()) = tensors::each::<std::convert::Infallible>(&config, |(name, shape)| {
        let name = format!("{}{name}", config.wrapper.map_or("", |wrapper| wrapper.prefix));
        let bytes = fill(&name, &shape, plus_one).iter().flat_map(|value| value.to_le_bytes()).collect();
        made.insert(name, (shape, bytes));
        Ok(())
    });
    for other in config.wrapper.iter().flat_map(|wrapper| wrapper.others) {
        made.insert(format!("{other}weight"), (vec![1], vec![0; 4]));
    }
    let views = made
        .iter()
        .map(|(name, (shape, bytes))| (name, TensorView::new(Dtype::F32, shape.clone(), bytes).unwrap()));
    safetensors::serialize_to_file(views, None, &folder.path().join("model.safetensors")).unwrap();
    let model =
        Model::load(folder.path(), &Compute::cpu()).unwrap_or_else(|error| panic!("{}: {error}", case.name));
    (folder, model)
}

fn expected(name: &str) -> Vec<f32> {
    let bytes = std::fs::read(golden("families.safetensors")).unwrap();
    let recorded = SafeTensors::deserialize(&bytes).unwrap();
    let logits = recorded.tensor(&format!("{name}.logits")).unwrap();
    logits.data().chunks_exact(4).map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap())).collect()
}

/// The largest difference as a part of the range of what is expected.
fn apart(found: &[f32], expected: &[f32]) -> f32 {
    assert_eq!(found.len(), expected.len());
    let low = expected.iter().copied().fold(f32::INFINITY, f32::min);
    let high = expected.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let furthest = |most: f32, (a, b): (&f32, &f32)| {
        let apart = (a - b).abs();
        if apart > most || apart.is_nan() { apart } else { most }
    };
    found.iter().zip(expected).fold(0.0, furthest) / (high - low)
}

#[test]
fn logits_are_those_of_transformers() {
    let mut wrong = Vec::new();
    for case in cases() {
        let (_folder, model) = model(&case);
        let found = crate::logits::logits(&model, &Plan::empty(), &case.ids).unwrap();
        let apart = apart(&found, &expected(&case.name));
        println!("{:26} {apart:.1e}", case.name);
        if apart > TOLERANCE || apart.is_nan() {
            wrong.push(format!("{}: {apart:.1e} of the range", case.name));
        }
    }
    assert!(wrong.is_empty(), "logits differ from transformers': {wrong:#?}");
}

#[test]
fn every_family_has_a_golden() {
    // These are in tests/golden/models.
    let elsewhere = ["llama", "mistral", "mixtral", "qwen2", "qwen3"];
    let cases = cases();
    for family in attune_families::all() {
        let has = cases.iter().any(|case| case.config["model_type"] == family.name);
        assert!(has || elsewhere.contains(&family.name), "{} has none", family.name);
    }
}

/// What gradients go through, and what answers are generated with, compute the same.
#[test]
fn other_paths_through_the_layers_agree() {
    for case in cases() {
        let (_folder, model) = model(&case);
        let expected = crate::logits::logits(&model, &Plan::empty(), &case.ids).unwrap();
        let vocab = model.config.vocab;
        let positions = Positions::new(&model.compute, &model.config, case.ids.len());
        let mut x = model.embed(&case.ids);
        for number in 0..model.config.layers {
            x = block(&model, number, x, &positions, None).0;
        }
        let logits = model.logits(model.weights.norm.generic(x), 0, vocab);
        let found: Vec<f32> = logits.into_data().iter().collect();
        let differentiated = apart(&found, &expected);
        assert!(differentiated < 1e-5, "{} to differentiate: {differentiated:.1e}", case.name);
        let mut caches = Caches::new(1, model.config.layers);
        let (first, rest) = case.ids.split_at(case.ids.len() / 2);
        let mut last = model.continue_with(&mut caches, first, &positions);
        for &id in rest {
            last = model.continue_with(&mut caches, &[id], &positions);
        }
        let last: Vec<f32> = model.logits(last, 0, vocab).into_data().iter().collect();
        let generated = apart(&last, &expected[expected.len() - vocab..]);
        assert!(generated < 1e-5, "{} token by token: {generated:.1e}", case.name);
    }
}

/// What halves of the second layer's block give, alone and together, in one stack and apart.
#[test]
fn halves_of_blocks_are_left_out_in_a_stack_as_alone() {
    for case in cases() {
        let (_folder, model) = model(&case);
        let ids = &case.ids[..12];
        let batch = Batch { sequences: 1, tokens: ids.len() };
        let positions = Positions::new(&model.compute, &model.config, ids.len());
        let drop = |part| arrange([Edit::from(DropBlock { layer: 1, part })]);
        let plans = [Plan::empty(), drop(Some(Half::Attention)), drop(Some(Half::FeedForward)), drop(None)];
        let edited = plans.map(|plan| EditedModel::new(&plan, &model.config).unwrap());
        let edits: Vec<_> = edited.iter().map(|edited| edited.layer(1)).collect();
        let dense = EditedModel::dense(&model.config);
        let x = model.layer(0, model.embed(ids), batch, &[dense.layer(0)], &positions, None);
        let alone: Vec<Tensor<2>> =
            edits.iter().map(|edits| model.layer(1, x.clone(), batch, &[edits], &positions, None)).collect();
        let stacked = Batch { sequences: edits.len(), ..batch };
        let stack = model.layer(1, Tensor::cat(vec![x.clone(); 4], 0), stacked, &edits, &positions, None);
        let size = |x: Tensor<2>| x.abs().max().into_scalar::<f32>();
        let range = size(alone[0].clone());
        let apart = size(stack - Tensor::cat(alone.clone(), 0)) / range;
        assert!(apart < 1e-5, "{}: {apart:e} of the range between a stack and its parts", case.name);
        let [whole, fed, attended, neither] = [0, 1, 2, 3].map(|plan| alone[plan].clone());
        assert_eq!(size(neither.clone() - x.clone()), 0.0, "{}", case.name);
        // Side by side, what the halves give adds up; in turn, the second one reads what the first one gives.
        let apart = size(whole - (fed + attended - x)) / range;
        assert_eq!(apart < 1e-5, model.config.is_parallel(), "{}: {apart:e}", case.name);
    }
}

/// All experts of the first layer that has some but its second one.
fn kept(model: &Model) -> Option<KeepExperts> {
    let mixture = model.config.mixture.as_ref().filter(|mixture| mixture.groups.is_none())?;
    let experts = (0..mixture.experts as u32).filter(|&expert| expert != 1).collect();
    Some(KeepExperts { layer: mixture.layers().next()? as u32, experts })
}

/// Candidates that run beside each other compute what each computes alone.
#[test]
fn candidates_in_company_are_what_they_are_alone() {
    for case in cases() {
        let (_folder, model) = model(&case);
        let mut plans = vec![
            Plan::empty(),
            arrange([Edit::from(DropBlock { layer: 1, part: Some(Half::Attention) })]),
            arrange([Edit::from(DropBlock { layer: 0, part: None })]),
        ];
        // A cache of latents has no keys and values of heads.
        if model.config.latent.is_none() {
            let bits = KvBits { layer: 0, keys: 3, values: 4, group_size: 4, ..KvBits::default() };
            plans.push(arrange([Edit::from(bits)]));
        }
        plans.extend(kept(&model).map(|kept| arrange([Edit::from(kept)])));
        let edited: Vec<EditedModel> = plans
            .iter()
            .map(|plan| {
                EditedModel::new(plan, &model.config).unwrap_or_else(|e| panic!("{}: {e}", case.name))
            })
            .collect();
        let positions = Positions::new(&model.compute, &model.config, case.ids.len());
        let batch = Batch { sequences: plans.len(), tokens: case.ids.len() };
        let mut x = model.embed(&case.ids.repeat(plans.len()));
        for number in 0..model.config.layers {
            let edits: Vec<_> = edited.iter().map(|edited| edited.layer(number)).collect();
            x = model.layer(number, x, batch, &edits, &positions, None);
        }
        let together: Vec<f32> =
            model.logits(model.finish(x), 0, model.config.vocab).into_data().iter().collect();
        let size = together.len() / plans.len();
        let mut met: Vec<Vec<f32>> = Vec::new();
        for (plan, together) in plans.iter().zip(together.chunks_exact(size)) {
            let alone = crate::logits::logits(&model, plan, &case.ids).unwrap();
            let differs = apart(together, &alone);
            assert!(differs < 1e-5, "{} in company, {plan:?}: {differs:.1e}", case.name);
            assert!(
                met.iter().all(|other| apart(other, &alone) > 1e-4),
                "{}: {plan:?} does nothing",
                case.name
            );
            met.push(alone);
        }
    }
}

/// Routers and experts of which some rows are taken, one by one, are those that are kept.
#[test]
fn experts_that_are_taken_one_by_one_answer_as_kept_ones() {
    for case in cases() {
        let (_folder, model) = model(&case);
        let (Some(kept), Some(mixture)) = (kept(&model), model.config.mixture.as_ref()) else { continue };
        let corrected = model.config.family.mixture.is_some_and(|rule| rule.router.correction.is_some());
        let maps = match mixture.scores {
            // Shares of all experts are not shares of those that are left.
            Scores::Softmax => mixture.renormalised,
            Scores::Sigmoid | Scores::ChosenSigmoid => true,
            Scores::SparseMixer { .. } => false,
        };
        if corrected || !maps {
            continue;
        }
        let row = |&taken: &u32| {
            (0..mixture.experts as u32).map(move |expert| f64::from(u8::from(expert == taken)))
        };
        let matrix: Vec<f64> = kept.experts.iter().flat_map(row).collect();
        let (layer, rows) = (kept.layer, kept.experts.len() as u32);
        let route = RouteExperts { layer, rows, matrix: matrix.clone() };
        let taken = arrange([Edit::from(route), MergeExperts { layer, rows, matrix }.into()]);
        let [taken, kept] = [taken, arrange([Edit::from(kept)])]
            .map(|plan| crate::logits::logits(&model, &plan, &case.ids).unwrap());
        let differs = apart(&taken, &kept);
        assert!(differs < 1e-5, "{}: {differs:.1e}", case.name);
    }
}
