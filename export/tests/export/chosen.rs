//! Codes that an evaluator chose are those of the files: dequantised by the rules of the engines, they are the weights that it scored.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use attune_core::choices::Choices;
use attune_core::exporter::{ExportError, ExportInput, ModelFiles};
use attune_core::facts::Facts;
use attune_core::plan::{Edit, Plan};
use attune_export::target;
use attune_grids::{NumberGrid, WholeGrid, feedback};
use attune_vocabulary::edits::WeightBits;
use attune_vocabulary::{ModelFacts, Module, Rounding, arrange};
use half::bf16;
use safetensors::SafeTensors;
use safetensors::tensor::Dtype;
use serde_json::json;

use crate::checkpoint::{Files, Tensor, Tensors, facts, provenance, serialise};

const HIDDEN: usize = 128;
const INNER: usize = 192;
const BITS: u32 = 4;
const GROUP: usize = 32;

/// Files, and what an evaluator chose.
struct Scored<'a>(&'a Files, Choices);

impl ModelFiles for Scored<'_> {
    fn names(&self) -> Vec<String> {
        self.0.names()
    }

    fn read(&self, name: &str) -> io::Result<Cow<'_, [u8]>> {
        self.0.read(name)
    }

    fn chosen(&self, edit: &Edit) -> Option<&[Arc<[u8]>]> {
        self.1.of(edit)
    }
}

fn number(at: usize) -> f32 {
    ((at * 2_654_435_761 % 1021) as f32 - 510.0) / 4096.0
}

/// A layer of the names of a family, in `dtype`.
fn model(family: &str, dtype: Dtype) -> (Facts, Files) {
    let fused = family == "phi3";
    let experts = if family == "mixtral" { 2 } else { 0 };
    let mut tensors = Tensors::new();
    let mut add = |name: &str, shape: &[usize]| {
        let seed = tensors.len() * 7919;
        let bytes = (0..shape.iter().product()).flat_map(|at| match dtype {
            Dtype::BF16 => bf16::from_f32(number(seed + at)).to_le_bytes().to_vec(),
            _ => number(seed + at).to_le_bytes().to_vec(),
        });
        let bytes = bytes.collect();
        tensors.insert(name.to_owned(), Tensor { dtype, shape: shape.to_vec(), bytes });
    };
    add("model.embed_tokens.weight", &[16, HIDDEN]);
    add("model.norm.weight", &[HIDDEN]);
    let place = "model.layers.0";
    let matrices: &[(&str, [usize; 2])] = match fused {
        true => &[("qkv_proj", [HIDDEN + 2 * 64, HIDDEN]), ("o_proj", [HIDDEN, HIDDEN])],
        false => &[
            ("q_proj", [HIDDEN, HIDDEN]),
            ("k_proj", [64, HIDDEN]),
            ("v_proj", [64, HIDDEN]),
            ("o_proj", [HIDDEN, HIDDEN]),
        ],
    };
    matrices.iter().for_each(|(name, shape)| add(&format!("{place}.self_attn.{name}.weight"), shape));
    let parts: &[(&str, [usize; 2])] = match (fused, experts) {
        (true, _) => &[("gate_up_proj", [2 * INNER, HIDDEN]), ("down_proj", [HIDDEN, INNER])],
        (_, 0) => {
            &[("gate_proj", [INNER, HIDDEN]), ("up_proj", [INNER, HIDDEN]), ("down_proj", [HIDDEN, INNER])]
        }
        _ => &[("w1", [INNER, HIDDEN]), ("w3", [INNER, HIDDEN]), ("w2", [HIDDEN, INNER])],
    };
    if experts == 0 {
        parts.iter().for_each(|(name, shape)| add(&format!("{place}.mlp.{name}.weight"), shape));
    }
    for expert in 0..experts {
        let place = format!("{place}.block_sparse_moe.experts.{expert}");
        parts.iter().for_each(|(name, shape)| add(&format!("{place}.{name}.weight"), shape));
    }
    let mut config = json!({
        "model_type": family, "vocab_size": 16, "hidden_size": HIDDEN, "intermediate_size": INNER, "num_hidden_layers": 1,
        "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 64, "rms_norm_eps": 1e-5,
        "rope_theta": 10000.0, "tie_word_embeddings": true, "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0,
        "original_max_position_embeddings": 64,
    });
    if experts > 0 {
        config["num_local_experts"] = json!(experts);
        config["num_experts_per_tok"] = json!(1);
    }
    if !fused {
        config.as_object_mut().unwrap().remove("original_max_position_embeddings");
    }
    let facts = Facts::from(ModelFacts {
        family: family.into(),
        layers: 1,
        hidden: HIDDEN as u32,
        heads: 4,
        kv_heads: 2,
        head_dim: 32,
        experts,
        experts_per_token: u32::from(experts > 0),
        feed_forward: INNER as u32,
        vocab: 16,
        bytes_per_parameter: if dtype == Dtype::F32 { 4.0 } else { 2.0 },
        ..ModelFacts::of(&facts())
    });
    (
        facts,
        Files::default()
            .with("config.json", config.to_string())
            .with("model.safetensors", serialise(&tensors)),
    )
}

fn edit(module: Module, grid: Option<NumberGrid>, rounding: Option<Rounding>) -> Edit {
    Edit::from(WeightBits {
        layer: 0,
        module,
        expert: None,
        bits: BITS,
        group_size: GROUP as u32,
        grid,
        rounding,
    })
}

/// Codes that are not the nearest ones.
fn codes(seed: usize, elements: usize) -> Arc<[u8]> {
    (0..elements).map(|at| ((at * 40_503 + seed * 17) / 7 % (1 << BITS)) as u8).collect()
}

fn export(name: &str, plan: &Plan, model: &Facts, files: &dyn ModelFiles) -> Result<Files, ExportError> {
    let mut out = Files::default();
    let input = ExportInput { plan, model, files, provenance: &provenance() };
    target(name).unwrap().exporter.export(&input, &mut |name: &str, bytes: &[u8]| {
        out.0.insert(name.to_owned(), bytes.to_vec());
        Ok(())
    })?;
    Ok(out)
}

fn floats(dtype: Dtype, bytes: &[u8]) -> Vec<f32> {
    match dtype {
        Dtype::BF16 => {
            bytes.chunks_exact(2).map(|one| bf16::from_le_bytes(one.try_into().unwrap()).to_f32()).collect()
        }
        _ => bytes.chunks_exact(4).map(|one| f32::from_le_bytes(one.try_into().unwrap())).collect(),
    }
}

/// Whole numbers of `bits`, from the lowest ones of 32-bit words on, rows of `row`.
fn unpacked(words: &[u8], row: usize) -> Vec<u32> {
    let in_row = (row * BITS as usize).div_ceil(32) * 4;
    let of_row = |bytes: &[u8]| -> Vec<u32> {
        let bit = |at: usize| u32::from(bytes[at / 8] >> (at % 8) & 1);
        let code = |at: usize| (0..BITS as usize).map(|place| bit(at * BITS as usize + place) << place).sum();
        (0..row).map(code).collect()
    };
    words.chunks_exact(in_row).flat_map(of_row).collect()
}

/// What an engine makes of a matrix in a file: code times scale, plus the bias of MLX or less the zero point of compressed-tensors.
fn weights(file: &SafeTensors<'_>, name: &str) -> Vec<f32> {
    let part = |part: &str| file.tensor(&format!("{name}.{part}")).ok();
    let numbers = |part_name: &str| part(part_name).map(|found| floats(found.dtype(), found.data()));
    if let (Some(packed), Some(scales), Some(biases)) = (part("weight"), numbers("scales"), numbers("biases"))
    {
        let codes = unpacked(packed.data(), packed.shape()[1] * 32 / BITS as usize);
        let groups = codes.chunks_exact(GROUP).zip(scales.iter().zip(&biases));
        return groups
            .flat_map(|(codes, (s, b))| codes.iter().map(move |&code| code as f32 * s + b))
            .collect();
    }
    let (packed, scale) = (part("weight_packed").unwrap(), part("weight_scale").unwrap());
    let (outputs, groups) = (scale.shape()[0], scale.shape()[1]);
    let codes = unpacked(packed.data(), groups * GROUP);
    let zeros = part("weight_zero_point").map(|zeros| {
        let height = zeros.shape()[0];
        let column = |column: usize| -> Vec<u8> {
            (0..height).flat_map(|row| zeros.data()[(row * groups + column) * 4..][..4].to_vec()).collect()
        };
        (0..groups).map(|number| unpacked(&column(number), outputs)).collect::<Vec<_>>()
    });
    let half = 1 << (BITS - 1);
    let scales = floats(scale.dtype(), scale.data());
    codes
        .chunks_exact(GROUP)
        .enumerate()
        .flat_map(|(at, codes)| {
            let zero = zeros.as_ref().map_or(half, |zeros| zeros[at % groups][at / groups]);
            let scale = scales[at];
            codes.iter().map(move |&code| (code as f32 - zero as f32) * scale).collect::<Vec<_>>()
        })
        .collect()
}

/// Each case: target, grid, family.
fn cases() -> Vec<(&'static str, Option<NumberGrid>, &'static str)> {
    let whole = [NumberGrid::Symmetric, NumberGrid::AffineInt];
    let mut cases = vec![("mlx", None, "llama"), ("mlx", None, "mixtral")];
    cases.extend(whole.map(|grid| ("compressed-tensors", Some(grid), "llama")));
    cases.extend(whole.map(|grid| ("compressed-tensors", Some(grid), "phi3")));
    cases.push(("compressed-tensors", Some(NumberGrid::Symmetric), "mixtral"));
    cases
}

/// The modules of a stored matrix, with the rows of each, and whether an evaluator chose its codes.
fn stored(family: &str) -> Vec<(&'static str, Vec<(Module, usize)>)> {
    use Module::{Down, Gate, Key, Output, Query, Up, Value};
    let apart: [(&str, Module, usize); 4] = [
        ("self_attn.q_proj", Query, HIDDEN),
        ("self_attn.k_proj", Key, 64),
        ("self_attn.v_proj", Value, 64),
        ("self_attn.o_proj", Output, HIDDEN),
    ];
    let apart = apart.map(|(name, module, rows)| (name, vec![(module, rows)]));
    match family {
        "phi3" => vec![
            ("self_attn.qkv_proj", vec![(Query, HIDDEN), (Key, 64), (Value, 64)]),
            ("self_attn.o_proj", vec![(Output, HIDDEN)]),
            ("mlp.gate_up_proj", vec![(Gate, INNER), (Up, INNER)]),
            ("mlp.down_proj", vec![(Down, HIDDEN)]),
        ],
        "mixtral" => {
            let mut all = apart.to_vec();
            for [gate, up, down] in [
                ["experts.0.w1", "experts.0.w3", "experts.0.w2"],
                ["experts.1.w1", "experts.1.w3", "experts.1.w2"],
            ] {
                all.extend([
                    (gate, vec![(Gate, INNER)]),
                    (up, vec![(Up, INNER)]),
                    (down, vec![(Down, HIDDEN)]),
                ]);
            }
            all
        }
        _ => {
            let mut all = apart.to_vec();
            all.extend([
                ("mlp.gate_proj", vec![(Gate, INNER)]),
                ("mlp.up_proj", vec![(Up, INNER)]),
                ("mlp.down_proj", vec![(Down, HIDDEN)]),
            ]);
            all
        }
    }
}

#[test]
fn files_hold_the_weights_that_were_scored_to_the_bit() {
    let gptq = Some(Rounding::Gptq);
    let mut compared = 0;
    for (name, grid, family) in cases() {
        let (facts, files) = model(family, Dtype::F32);
        let bytes = &files.0["model.safetensors"];
        let dense = SafeTensors::deserialize(bytes).unwrap();
        // Keys and what goes up are rounded to the nearest, beside others that are not.
        let rounding = |module| gptq.filter(|_| !matches!(module, Module::Key | Module::Up));
        let tensor = |name: &str| match name.starts_with("experts") {
            true => format!("model.layers.0.block_sparse_moe.{name}"),
            false => format!("model.layers.0.{name}"),
        };
        let mut parts: BTreeMap<Module, Vec<Arc<[u8]>>> = BTreeMap::new();
        let mut expected: Vec<(String, Vec<f32>)> = Vec::new();
        for (seed, (name, modules)) in stored(family).into_iter().enumerate() {
            let view = dense.tensor(&format!("{}.weight", tensor(name))).unwrap();
            let (mut rows, inputs) = (floats(Dtype::F32, view.data()), view.shape()[1]);
            let mut first = 0;
            for (module, outputs) in modules {
                let rows = &mut rows[first * inputs..(first + outputs) * inputs];
                first += outputs;
                let whole = WholeGrid::of(grid).unwrap();
                match rounding(module) {
                    Some(_) => {
                        let codes = codes(seed * 3 + first, rows.len());
                        feedback::dequantise(rows, whole, BITS, GROUP, &codes);
                        parts.entry(module).or_default().push(codes);
                    }
                    // Without moments nothing is fed back.
                    None => {
                        let none = feedback::Factor::of(feedback::Moments::new(inputs));
                        let codes = feedback::codes(rows, whole, BITS, GROUP, &none);
                        feedback::dequantise(rows, whole, BITS, GROUP, &codes);
                    }
                }
            }
            expected.push((tensor(name), rows));
        }
        let edits: Vec<Edit> = stored(family)
            .into_iter()
            .flat_map(|(_, modules)| modules)
            .map(|(module, _)| edit(module, grid, rounding(module)))
            .fold(Vec::new(), |mut all, edit| {
                if !all.contains(&edit) {
                    all.push(edit);
                }
                all
            });
        let mut choices = Choices::default();
        for (module, parts) in parts {
            choices.insert(&edit(module, grid, gptq), parts);
        }
        let plan = arrange(edits);
        assert!(target(name).unwrap().exporter.reads_choices(&plan));
        let out = export(name, &plan, &facts, &Scored(&files, choices)).unwrap();
        let written = SafeTensors::deserialize(&out.0["model.safetensors"]).unwrap();
        for (tensor, expected) in expected {
            let found = weights(&written, &tensor);
            assert_eq!(found, expected, "{name}, {family}, {tensor}");
            compared += 1;
        }
    }
    assert_eq!(compared, 7 + 10 + 2 * 7 + 2 * 4 + 10);
}

#[test]
fn scales_of_16_bits_leave_codes_as_they_were_chosen() {
    let gptq = Some(Rounding::Gptq);
    for (name, grid) in [("mlx", None), ("compressed-tensors", Some(NumberGrid::AffineInt))] {
        let (facts, files) = model("llama", Dtype::BF16);
        let mut choices = Choices::default();
        let chosen = codes(5, HIDDEN * HIDDEN);
        choices.insert(&edit(Module::Output, grid, gptq), vec![Arc::clone(&chosen)]);
        let plan = arrange([edit(Module::Output, grid, gptq)]);
        let out = export(name, &plan, &facts, &Scored(&files, choices)).unwrap();
        let written = SafeTensors::deserialize(&out.0["model.safetensors"]).unwrap();
        let part = if name == "mlx" { "weight" } else { "weight_packed" };
        let packed = written.tensor(&format!("model.layers.0.self_attn.o_proj.{part}")).unwrap();
        let found: Vec<u8> = unpacked(packed.data(), HIDDEN).into_iter().map(|code| code as u8).collect();
        assert_eq!(found, chosen.to_vec(), "{name}");
    }
}

#[test]
fn codes_that_nobody_hands_out_or_of_other_shapes_are_refused_by_the_edit() {
    let gptq = Some(Rounding::Gptq);
    for (name, grid) in [("mlx", None), ("compressed-tensors", Some(NumberGrid::Symmetric))] {
        let (facts, files) = model("llama", Dtype::F32);
        let plan = arrange([edit(Module::Output, grid, gptq)]);
        let refusal = |choices: Choices| {
            let error = export(name, &plan, &facts, &Scored(&files, choices)).unwrap_err().to_string();
            assert!(error.contains(&format!("`--to {name}`")) && error.contains("weight-bits"), "{error}");
            error
        };
        assert!(refusal(Choices::default()).contains("did not hand them out"));
        for parts in [vec![codes(0, HIDDEN)], vec![], vec![codes(0, HIDDEN * HIDDEN); 2]] {
            let mut choices = Choices::default();
            choices.insert(&edit(Module::Output, grid, gptq), parts);
            assert!(
                refusal(choices).contains("codes of other matrices than the model stores as rows of weights")
            );
        }
        assert!(!target(name).unwrap().exporter.reads_choices(&arrange([edit(Module::Output, grid, None)])));
    }
    let q4_0 = Edit::from(WeightBits {
        layer: 0,
        module: Module::Output,
        expert: None,
        bits: 4,
        group_size: 32,
        grid: Some(NumberGrid::Q4_0),
        rounding: gptq,
    });
    let (facts, _) = model("llama", Dtype::F32);
    let error = target("gguf").unwrap().exporter.check(&arrange([q4_0]), &facts).unwrap_err().to_string();
    assert!(error.contains("is not defined on q4_0"), "{error}");
}
