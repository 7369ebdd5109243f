//! `llm-compressor`: a recipe for llm-compressor.

use std::collections::BTreeMap;

use attune_vocabulary::edits::WeightBits;
use attune_vocabulary::{ModelEdit as _, NumberGrid};
use serde_json::{Map, Value, json};

use super::allotted::{Allotted, Level, Unsaid};
use super::exporter::Tool;
use super::{BITS_ALONE, FUSED, OWN_ROUNDING};
use crate::description::{
    DEFAULT_GRID, Description, Edits, Engine, Families, Fidelity, Takes, Tolerance, Verified,
};
use crate::matrices::named_families;
use crate::yaml;

/// The target `llm-compressor`.
pub(in crate::targets) const DESCRIPTION: Description = Description {
    name: "llm-compressor",
    summary: "recipe.yaml for llm-compressor, which rounds with GPTQ's error feedback itself and writes compressed-tensors: a group \
              of modules for each level, for plans of weight-bits; approximate",
    engines: &[Engine { name: "llm-compressor", since: "0.14.0.1" }],
    edits: Edits::These {
        takes: &[Takes {
            fidelity: Fidelity::Approximate(OWN_ROUNDING),
            levels: &[2, 3, 4, 5, 6, 8],
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
        what: "llm-compressor 0.14.0.1, with QuantizationModifier in the place of GPTQModifier, gives 14 of 14 modules of a small Llama the bits and groups of the plan, and 13 others without the groups",
        how: "`python tests/golden/check_recipes.py`, torch 2.15.0 on CPU",
        when: "2026-11-30",
    }],
};

/// llm-compressor.
pub(in crate::targets) const TOOL: Tool = Tool {
    description: &DESCRIPTION,
    files,
    given: "`oneshot(model, recipe=\"recipe.yaml\", dataset=…)`",
    feeds_back: true,
};

fn files(allotted: &Allotted) -> Result<Vec<(&'static str, String)>, Unsaid> {
    let mut groups: BTreeMap<Level, Vec<&str>> = BTreeMap::new();
    let mut exact = vec!["lm_head"];
    for (tensor, level) in allotted.tensors() {
        match level {
            Some(level) => groups.entry(level).or_default().push(tensor),
            None => exact.push(tensor),
        }
    }
    // Names, and no patterns: no order of groups can give a module another one.
    let group = |(Level { bits, group, grid }, targets): (Level, Vec<&str>)| {
        json!({
            "targets": targets,
            "weights": {
                "num_bits": bits,
                "type": "int",
                "symmetric": grid == Some(NumberGrid::Symmetric),
                "strategy": "group",
                "group_size": group,
                "dynamic": false,
            },
        })
    };
    let groups: Map<String, Value> = groups
        .into_iter()
        .enumerate()
        .map(|(number, found)| (format!("group_{number}"), group(found)))
        .collect();
    let recipe = json!({"quant_stage": {"quant_modifiers": {"GPTQModifier": {"ignore": exact, "config_groups": groups}}}});
    Ok(vec![("recipe.yaml", yaml::document(&recipe))])
}
