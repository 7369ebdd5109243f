//! Weights in 16 bits stay so in memory, and give the numbers of the same weights in float32, to the bit.

use attune_core::evaluator::{Evaluator as _, Fidelity, Request, Split};
use attune_core::plan::Plan;
use attune_core::signal::SignalRequest;
use half::{bf16, f16};
use safetensors::tensor::{Dtype, TensorView};

use crate::contract::{Fixture, all};
use crate::made::{self, MIXTRAL, Tensors};
use crate::population::plan;

/// How a number is rounded to a type of 16 bits, and its bytes.
struct Narrow {
    dtype: Dtype,
    bytes: fn(f32) -> [u8; 2],
    rounded: fn(f32) -> f32,
}

const NARROW: [Narrow; 2] = [
    Narrow {
        dtype: Dtype::BF16,
        bytes: |value| bf16::from_f32(value).to_le_bytes(),
        rounded: |value| bf16::from_f32(value).to_f32(),
    },
    Narrow {
        dtype: Dtype::F16,
        bytes: |value| f16::from_f32(value).to_le_bytes(),
        rounded: |value| f16::from_f32(value).to_f32(),
    },
];

/// The same numbers in 16 bits and in float32, with texts.
fn pair(config: &str, tensors: &Tensors, narrow: &Narrow) -> [Fixture; 2] {
    let [small, wide] = [(); 2].map(|()| Fixture::new());
    let mut rounded = tensors.clone();
    for (_, values) in rounded.values_mut() {
        values.iter_mut().for_each(|value| *value = (narrow.rounded)(*value));
    }
    for fixture in [&small, &wide] {
        made::write(fixture.folder.path(), config, &rounded);
    }
    let bytes = |values: &[f32]| values.iter().flat_map(|value| (narrow.bytes)(*value)).collect::<Vec<u8>>();
    let stored: Vec<(&String, &Vec<usize>, Vec<u8>)> =
        tensors.iter().map(|(name, (shape, values))| (name, shape, bytes(values))).collect();
    let views = stored
        .iter()
        .map(|(name, shape, bytes)| (name, TensorView::new(narrow.dtype, shape.to_vec(), bytes).unwrap()));
    safetensors::serialize_to_file(views, None, &small.folder.path().join("model.safetensors")).unwrap();
    [small, wide]
}

#[test]
fn what_is_stored_in_16_bits_is_computed_as_in_float32() {
    let (_, mut tensors) = made::mixture();
    for (tied, narrow) in [(true, &NARROW[0]), (false, &NARROW[1])] {
        let config =
            MIXTRAL.replace(r#""tie_word_embeddings": true"#, &format!(r#""tie_word_embeddings": {tied}"#));
        if !tied {
            let (shape, mut output) = tensors["model.embed_tokens.weight"].clone();
            output.reverse();
            tensors.insert("lm_head.weight".to_owned(), (shape, output));
        }
        let [small, wide] = pair(&config, &tensors, narrow);
        // Every kind of edit, several candidates in one pass.
        let plans: Vec<Plan> = (0..19).map(|choice| plan(&[choice, (choice * 7 + 3) % 19])).collect();
        let [small, wide] = [small.open(), wide.open()];
        let [found, expected] = [&small, &wide].map(|evaluator| all(evaluator, &plans, Split::Selection, 6));
        for ((found, expected), plan) in found.iter().zip(&expected).zip(&plans) {
            assert_eq!(found.scores, expected.scores, "{plan:?}");
        }
        let items = || Request::new(Split::Selection, Fidelity { items: 3 }.all());
        // Through generated text and gradients.
        let asked = SignalRequest::new("attention-influence");
        assert_eq!(small.signal(&asked, &items()).unwrap(), wide.signal(&asked, &items()).unwrap());
    }
}

#[test]
fn a_number_that_is_none_is_found_in_any_type() {
    for narrow in &NARROW {
        let (_, mut tensors) = made::mixture();
        let name = "model.layers.1.block_sparse_moe.experts.3.w2.weight";
        tensors.get_mut(name).unwrap().1[77] = f32::INFINITY;
        let [small, _] = pair(MIXTRAL, &tensors, narrow);
        let refusal =
            attune_eval::model::Model::load(small.folder.path(), &attune_eval::compute::Compute::cpu());
        let text = refusal.err().unwrap().to_string();
        assert!(text.contains(&format!("tensor `{name}` holds inf at element 77")), "{text}");
    }
}
