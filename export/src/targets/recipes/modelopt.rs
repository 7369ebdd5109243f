//! `modelopt`: a config for NVIDIA's ModelOpt, and what it writes of it.

use attune_vocabulary::edits::WeightBits;
use attune_vocabulary::{ModelEdit as _, NumberGrid};
use serde_json::{Map, Value, json};

use super::allotted::{Allotted, Level, Unsaid};
use super::exporter::Tool;
use super::{BITS_ALONE, FUSED};
use crate::description::{
    DEFAULT_GRID, Description, Edits, Engine, Families, Fidelity, Takes, Tolerance, Verified,
};
use crate::matrices::named_families;

/// The target `modelopt`.
pub(in crate::targets) const DESCRIPTION: Description = Description {
    name: "modelopt",
    summary: "quant_cfg.json for ModelOpt's `quantize`, once keys that are numbers and tuples are made of it, which JSON does not have, and hf_quant_config.json with the same as `quantized_layers`, as TensorRT-LLM and \
              vLLM read it, for plans of weight-bits; approximate",
    engines: &[Engine { name: "ModelOpt", since: "" }],
    edits: Edits::These {
        takes: &[Takes {
            fidelity: Fidelity::Approximate(
                "the tool rounds the weights itself, and its formats of 8-bit and 4-bit floating point may round inputs as well; what was \
                 scored is round-to-nearest of weights on the grid of the plan",
            ),
            levels: &[4, 8],
            // A search without a grid of its own is on the first, which has 4 bits alone; whole numbers of 8 bits are none of its formats.
            grids: &["nvfp4", "fp8-e4m3-tensor", "symmetric", DEFAULT_GRID],
            together: FUSED,
            ..Takes::exactly(WeightBits::KIND, Families::These { list: named_families, beyond: "" })
        }],
        refuses: &[],
        otherwise: BITS_ALONE,
    },
    check: "python tests/golden/check_recipes.py DIR_OF_THE_MODEL DIR_OF_THIS_FILE",
    tolerance: Tolerance::FLOAT32,
    verified: &[Verified {
        what: "ModelOpt 0.47.0 quantises by quant_cfg.json the 11 of 14 modules of a small Llama that the plan has in 4 bits, in groups of 32, and no others, as it does where all have the quantiser of one",
        how: "`tests/engines/run --only modelopt`, torch 2.15.0 on CPU",
        when: "2026-11-30",
    }],
};

/// ModelOpt.
pub(in crate::targets) const TOOL: Tool = Tool {
    description: &DESCRIPTION,
    files,
    given: "`mtq.quantize(model, config, forward_loop)` with `config` of quant_cfg.json: keys of `block_sizes` become whole numbers (\"-1\" is -1) \
            and lists of numbers tuples, neither of which JSON has",
    feeds_back: false,
};

fn files(allotted: &Allotted) -> Result<Vec<(&'static str, String)>, Unsaid> {
    // Nothing but what is named: neither inputs nor the output matrix.
    let mut quantisers = vec![json!({"quantizer_name": "*", "enable": false})];
    let mut layers = Map::new();
    for (tensor, level) in allotted.tensors() {
        let Some(level) = level else { continue };
        let (algorithm, weights) =
            format(level).map_err(|reason| Unsaid { tensor: tensor.to_owned(), reason })?;
        quantisers.push(
            json!({"quantizer_name": format!("{tensor}.weight_quantizer"), "cfg": weights, "enable": true}),
        );
        layers.insert(tensor.to_owned(), algorithm);
    }
    let config = json!({"quant_cfg": quantisers, "algorithm": "max"});
    let written = json!({
        "producer": {"name": "attune", "version": env!("CARGO_PKG_VERSION")},
        "quantization": {
            "quant_algo": "MIXED_PRECISION",
            "kv_cache_quant_algo": null,
            "quantized_layers": layers,
            "exclude_modules": ["lm_head"],
        },
    });
    let text = |value: &Value| format!("{value:#}\n");
    Ok(vec![("quant_cfg.json", text(&config)), ("hf_quant_config.json", text(&written))])
}

/// The entry of `quantized_layers`, and the attributes of the quantiser of weights.
fn format(Level { bits, group, grid }: Level) -> Result<(Value, Value), String> {
    match (grid, bits) {
        (Some(NumberGrid::Fp8Tensor), _) => {
            Ok((json!({"quant_algo": "FP8"}), json!({"num_bits": [4, 3], "axis": null})))
        }
        (Some(NumberGrid::Nvfp4), _) => Ok((
            json!({"quant_algo": "W4A16_NVFP4", "group_size": 16}),
            json!({"num_bits": [2, 1], "block_sizes": {"-1": 16, "type": "dynamic", "scale_bits": [4, 3]}, "axis": null}),
        )),
        (None | Some(NumberGrid::Symmetric), 4) => Ok((
            json!({"quant_algo": "W4A16_AWQ", "group_size": group, "has_zero_point": false, "pre_quant_scale": true}),
            json!({"num_bits": 4, "block_sizes": {"-1": group}, "axis": null}),
        )),
        _ => Err(format!(
            "{bits} bits in groups of {group} are none of its formats: 4 bits, or 8 bits on the grid fp8-e4m3-tensor; use `--to plan`"
        )),
    }
}
