//! What is refused, in which words.

use attune_core::exporter::{Exactness, Exporter as _};
use attune_core::facts::Facts;
use attune_core::plan::Edit;
use attune_export::CompressedTensorsExporter;
use attune_vocabulary::edits::{KvBits, WeightBits};
use attune_vocabulary::{ModelEdit as _, ModelFacts, Module, NumberGrid, arrange};

use super::{cache, llama, on};
use crate::checkpoint::facts;

fn refusal(plan: &[Edit], model: &Facts) -> String {
    CompressedTensorsExporter.check(&arrange(plan.to_vec()), model).unwrap_err().to_string()
}

fn mixtral() -> Facts {
    Facts::from(ModelFacts { bytes_per_parameter: 4.0, ..ModelFacts::of(&facts()) })
}

#[test]
fn modules_that_vllm_runs_as_one_are_stored_alike() {
    let llama = llama(4.0);
    let qkv =
        |grid, bits| [Module::Query, Module::Key, Module::Value].map(|module| on(grid, bits, 0, module));
    assert!(CompressedTensorsExporter.check(&arrange(qkv(NumberGrid::Symmetric, 4)), &llama).is_ok());
    let broken = refusal(&qkv(NumberGrid::Symmetric, 4)[..2], &llama);
    assert!(broken.contains("`q` has 4 bits, symmetric, in groups of 64 and `v` has 16 bits"), "{broken}");
    let mut mixed = qkv(NumberGrid::Symmetric, 4).to_vec();
    mixed[1] = on(NumberGrid::AffineInt, 4, 0, Module::Key);
    let broken = refusal(&mixed, &llama);
    assert!(
        broken.contains("vLLM runs q, k and v as one; give them the same grid, bits and groups"),
        "{broken}"
    );
    let gate = refusal(&[on(NumberGrid::Symmetric, 4, 0, Module::Gate)], &llama);
    assert!(gate.contains("`up` has 16 bits, and vLLM runs gate and up as one"), "{gate}");
    assert!(
        CompressedTensorsExporter
            .check(&arrange([on(NumberGrid::Symmetric, 4, 0, Module::Down)]), &llama)
            .is_ok()
    );
    // Without a gate, `up` is alone.
    let nemotron = Facts::from(ModelFacts { family: "nemotron".into(), ..ModelFacts::of(&llama) });
    assert!(
        CompressedTensorsExporter
            .check(&arrange([on(NumberGrid::Symmetric, 4, 0, Module::Up)]), &nemotron)
            .is_ok()
    );
}

#[test]
fn experts_of_a_layer_are_stored_alike() {
    let all = |bits: [u32; 3]| {
        let modules = [Module::Gate, Module::Up, Module::Down];
        modules
            .into_iter()
            .zip(bits)
            .map(|(module, bits)| on(NumberGrid::Symmetric, bits, 0, module))
            .collect::<Vec<_>>()
    };
    let down = refusal(&all([4, 4, 8]), &mixtral());
    assert!(down.contains("all modules of the experts of a layer as one"), "{down}");
    let one = WeightBits { expert: Some(1), ..WeightBits::of(&all([4, 4, 4])[0]).unwrap() };
    let one = refusal(&[Edit::from(one)], &mixtral());
    assert!(
        one.contains("`gate` of expert 1 has 4 bits") && one.contains("`gate` of expert 0 has 16 bits"),
        "{one}"
    );
    // Of two layers with bits of their own, Transformers reads both alike, and says nothing.
    let other =
        [Module::Gate, Module::Up, Module::Down].map(|module| on(NumberGrid::Symmetric, 8, 1, module));
    let varied = CompressedTensorsExporter
        .check(&arrange(all([4, 4, 4]).into_iter().chain(other)), &mixtral())
        .unwrap();
    assert!(format!("{varied:?}").contains("reads the experts of all layers by one scheme"), "{varied:?}");
    // What it does not load at all is for those who do.
    for plan in [all([4, 4, 4]), vec![on(NumberGrid::Symmetric, 4, 0, Module::Output)]] {
        assert_eq!(CompressedTensorsExporter.check(&arrange(plan), &mixtral()).unwrap(), Exactness::Exact);
    }
    let both = [Module::Gate, Module::Up, Module::Down]
        .into_iter()
        .flat_map(|module| [0, 1].map(|layer| on(NumberGrid::Symmetric, 4, layer, module)));
    assert_eq!(CompressedTensorsExporter.check(&arrange(both), &mixtral()).unwrap(), Exactness::Exact);
    let grids =
        [Module::Gate, Module::Up, Module::Down].map(|module| on(NumberGrid::AffineInt, 4, 0, module));
    let affine = refusal(&grids, &mixtral());
    assert!(affine.contains("the experts of a layer can be symmetric or mxfp4"), "{affine}");
}

#[test]
fn what_the_format_does_not_have_is_refused_by_name() {
    let llama = llama(4.0);
    let refused = |grid: Option<NumberGrid>, bits, group_size| {
        let edit = WeightBits {
            layer: 0,
            module: Module::Output,
            expert: None,
            bits,
            group_size,
            grid,
            rounding: None,
        };
        refusal(&[Edit::from(edit)], &llama)
    };
    let plain = refused(None, 4, 64);
    assert!(plain.contains("search with `grid` as one of affine-int, symmetric, fp8-e4m3-tensor"), "{plain}");
    assert!(refused(Some(NumberGrid::Q4K), 4, 256).contains("the format has no q4_k; it has affine-int"));
    assert!(
        refused(Some(NumberGrid::Symmetric), 4, 48)
            .contains("groups of 32, 64, 128 channels, or of all inputs")
    );
    assert!(refused(Some(NumberGrid::Symmetric), 7, 64).contains("codes of 2, 3, 4, 5, 6, 8 bits"));
    let far = refusal(&[on(NumberGrid::Symmetric, 4, 9, Module::Output)], &llama);
    assert!(far.contains("the model has 2 layers, counted from 0"), "{far}");
    assert!(refusal(&[], &llama).contains("(the plan has none)"));
    let other = Facts::from(ModelFacts { family: "deepseek_v3".into(), ..ModelFacts::of(&llama) });
    let latent = refusal(&[on(NumberGrid::Symmetric, 4, 0, Module::Output)], &other);
    assert!(latent.contains("and this model is of deepseek_v3; use `--to plan`"), "{latent}");
}

#[test]
fn modules_in_one_matrix_have_scales_of_rows() {
    let phi = Facts::from(ModelFacts { family: "phi3".into(), ..ModelFacts::of(&llama(4.0)) });
    let qkv = |grid, bits| {
        arrange([Module::Query, Module::Key, Module::Value].map(|module| on(grid, bits, 0, module)))
    };
    for (grid, bits) in [(NumberGrid::Symmetric, 4), (NumberGrid::Fp8Channel, 8), (NumberGrid::Mxfp4, 4)] {
        assert!(CompressedTensorsExporter.check(&qkv(grid, bits), &phi).is_ok(), "{}", grid.name());
    }
    for (grid, bits) in [(NumberGrid::Fp8Tensor, 8), (NumberGrid::Fp8Block, 8), (NumberGrid::Nvfp4, 4)] {
        let message = CompressedTensorsExporter.check(&qkv(grid, bits), &phi).unwrap_err().to_string();
        assert!(
            message.contains("are stored in one matrix") && message.contains("fp8-e4m3-channel"),
            "{message}"
        );
    }
}

#[test]
fn caches_have_one_form_in_all_layers() {
    let llama = llama(4.0);
    let one = refusal(&[cache(0)], &llama);
    assert!(one.contains("layer 1 has none; give every layer `fp8-e4m3`"), "{one}");
    for other in [
        KvBits { sink: 4, ..KvBits::of(&cache(1)).unwrap() },
        KvBits { recent: 1, ..KvBits::of(&cache(1)).unwrap() },
        KvBits { key_grid: None, ..KvBits::of(&cache(1)).unwrap() },
        KvBits { values: 16, value_grid: None, ..KvBits::of(&cache(1)).unwrap() },
        KvBits { smoothing: Some(0.5), ..KvBits::of(&cache(1)).unwrap() },
    ] {
        let message = refusal(&[cache(0), Edit::from(other)], &llama);
        assert!(message.contains("keys and values are both `fp8-e4m3`"), "{message}");
    }
    let neox = Facts::from(ModelFacts { family: "gpt_neox".into(), ..ModelFacts::of(&llama) });
    assert!(refusal(&[cache(0), cache(1)], &neox).contains("scales of caches are found in"));
}
