//! Tensors are those that the library itself makes of the same numbers, to the bit.

use attune_vocabulary::edits::WeightBits;
use attune_vocabulary::{Module, NumberGrid, arrange};
use half::bf16;
use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};

use super::{CONFIG, export, llama};
use crate::checkpoint::Files;

/// Where the golden matrix stands: where no other module is run with it.
const NAME: &str = "model.layers.1.self_attn.o_proj";

fn golden() -> Vec<u8> {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/golden/compressed-tensors-packed.safetensors");
    std::fs::read(file).unwrap()
}

/// A model whose only matrix is the golden one, stored as `dtype`, which has all of its numbers.
fn model(input: &TensorView<'_>, dtype: Dtype) -> Files {
    let floats = input.data().chunks_exact(4).map(|one| f32::from_le_bytes(one.try_into().unwrap()));
    let half: Vec<u8> = floats.flat_map(|number| bf16::from_f32(number).to_le_bytes()).collect();
    let data = if dtype == Dtype::BF16 { half.as_slice() } else { input.data() };
    let matrix = TensorView::new(dtype, input.shape().to_vec(), data).unwrap();
    Files::default().with("config.json", CONFIG).with(
        "model.safetensors",
        safetensors::serialize([(format!("{NAME}.weight"), matrix)], None).unwrap(),
    )
}

/// The library keeps the least number above 0 as the scale of a group of zeros, and 0 serves as well.
fn without_least(name: &str, tensor: &TensorView<'_>) -> Vec<u8> {
    let zero = |least: &[u8]| {
        tensor
            .data()
            .chunks_exact(least.len())
            .flat_map(|one| if one == least { vec![0; least.len()] } else { one.to_vec() })
            .collect()
    };
    match tensor.dtype() {
        Dtype::F32 if name.ends_with("weight_scale") => zero(&f32::EPSILON.to_le_bytes()),
        Dtype::BF16 if name.ends_with("weight_scale") => zero(&bf16::from_f32(f32::EPSILON).to_le_bytes()),
        _ => tensor.data().to_vec(),
    }
}

#[test]
fn tensors_are_those_of_the_library() {
    let golden = golden();
    let golden = SafeTensors::deserialize(&golden).unwrap();
    let input = golden.tensor("input").unwrap();
    let mut cases: Vec<&str> =
        golden.names().into_iter().filter_map(|name| Some(name.rsplit_once('.')?.0)).collect();
    cases.sort_unstable();
    cases.dedup();
    assert_eq!(cases.len(), 2 * (2 * 6 * 2 + 2) + 3);
    for case in cases {
        let parts: Vec<&str> = case.split('.').collect();
        let number = |part: &str| part.trim_start_matches(char::is_alphabetic).parse::<u32>().unwrap();
        let (bits, group_size) = (number(parts[1]), number(parts[2]));
        let grid = NumberGrid::from_name(parts[0]);
        let edit = WeightBits {
            layer: 1,
            module: Module::Output,
            expert: None,
            bits,
            group_size,
            grid,
            rounding: None,
        };
        let (dtype, bytes) = if parts[3] == "bfloat16" { (Dtype::BF16, 2.0) } else { (Dtype::F32, 4.0) };
        let mut facts = llama(bytes);
        super::targets::say_rows(&mut facts, 12, 256);
        let out = export(&arrange([edit]), &facts, &model(&input, dtype)).unwrap();
        let written = SafeTensors::deserialize(&out.0["model.safetensors"]).unwrap();
        let expected: Vec<String> = golden
            .names()
            .iter()
            .filter(|name| name.starts_with(&format!("{case}.")))
            .map(|name| (*name).to_owned())
            .collect();
        assert_eq!(written.len(), expected.len(), "{case}: {:?}", written.names());
        for name in expected {
            let part = name.rsplit_once('.').unwrap().1;
            let expected = golden.tensor(&name).unwrap();
            let found = written.tensor(&format!("{NAME}.{part}")).unwrap();
            assert_eq!((found.dtype(), found.shape()), (expected.dtype(), expected.shape()), "{name}");
            assert!(found.data() == without_least(&name, &expected), "{name}");
        }
    }
}
