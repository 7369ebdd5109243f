//! `gptqmodel`: a quantisation config for GPTQModel, with its map `dynamic`.

use attune_vocabulary::edits::WeightBits;
use attune_vocabulary::{ModelEdit as _, NumberGrid};
use serde_json::{Map, Value, json};

use super::allotted::{Allotted, Level, Unsaid};
use super::exporter::Tool;
use super::pattern::anchored;
use super::{BITS_ALONE, FUSED, OWN_ROUNDING};
use crate::description::{
    DEFAULT_GRID, Description, Edits, Engine, Families, Fidelity, Takes, Tolerance, Verified,
};
use crate::matrices::named_families;

/// The target `gptqmodel`.
pub(in crate::targets) const DESCRIPTION: Description = Description {
    name: "gptqmodel",
    summary: "quantize_config.json for GPTQModel, which rounds with error feedback itself: a base level and `dynamic` for all others, \
              for plans of weight-bits; approximate",
    engines: &[Engine { name: "GPTQModel", since: "" }],
    edits: Edits::These {
        takes: &[Takes {
            fidelity: Fidelity::Approximate(OWN_ROUNDING),
            levels: &[2, 3, 4, 8],
            groups: &[32, 64, 128],
            grids: &[DEFAULT_GRID, "affine-int", "symmetric"],
            together: FUSED,
            roundings: &["gptq"],
            ..Takes::exactly(WeightBits::KIND, Families::These { list: named_families, beyond: "" })
        }],
        refuses: &[],
        otherwise: BITS_ALONE,
    },
    check: "python tests/golden/check_recipes.py DIR_OF_THE_MODEL DIR_OF_THIS_FILE",
    tolerance: Tolerance::FLOAT32,
    verified: &[Verified {
        what: "GPTQModel 7.7.0 has of quantize_config.json the bits and groups of the plan for 14 of 14 modules of a small Llama, and others for 4 of them without `dynamic`",
        how: "`tests/engines/run --only gptqmodel`, torch 2.15.0 on CPU",
        when: "2026-11-30",
    }],
};

/// GPTQModel.
pub(in crate::targets) const TOOL: Tool = Tool {
    description: &DESCRIPTION,
    files,
    given: "`QuantizeConfig(**json.load(open(\"quantize_config.json\")))`",
    feeds_back: true,
};

/// What engines call modules that they compute as one: their names have to match as well, since engines look levels up by them.
const TOGETHER: [(&[&str], &str); 2] =
    [(&["q_proj", "k_proj", "v_proj"], "qkv_proj"), (&["gate_proj", "up_proj"], "gate_up_proj")];

fn files(allotted: &Allotted) -> Result<Vec<(&'static str, String)>, Unsaid> {
    let Some(base) = allotted.commonest() else { return Ok(Vec::new()) };
    let mut dynamic = Map::new();
    for (tensor, level) in allotted.tensors().into_iter().filter(|(_, level)| *level != Some(base)) {
        let (place, name) = tensor.rsplit_once('.').unwrap_or(("", tensor));
        let set = TOGETHER.iter().find(|(names, _)| names.contains(&name));
        // Modules of one set have one level, so that the first speaks for all.
        let pattern = match set {
            Some((names, fused)) => anchored(place, &[*names, &[*fused]].concat()),
            None => anchored(place, &[name]),
        };
        match level {
            Some(level) => dynamic.insert(format!("+:{pattern}"), entry(level)),
            None => dynamic.insert(format!("-:{pattern}"), json!({})),
        };
    }
    let Value::Object(mut config) = entry(base) else { return Ok(Vec::new()) };
    config.insert("desc_act".to_owned(), json!(false));
    config.insert("quant_method".to_owned(), json!("gptq"));
    config.insert("dynamic".to_owned(), Value::Object(dynamic));
    Ok(vec![("quantize_config.json", format!("{:#}\n", Value::Object(config)))])
}

fn entry(Level { bits, group, grid }: Level) -> Value {
    json!({"bits": bits, "group_size": group, "sym": grid == Some(NumberGrid::Symmetric)})
}
