//! `mlx-recipe`: the bits of every module for mlx-lm's own quantiser.

use attune_vocabulary::ModelEdit as _;
use attune_vocabulary::edits::WeightBits;
use serde_json::{Map, Value, json};

use super::BITS_ALONE;
use super::allotted::{Allotted, Level, Unsaid};
use super::exporter::Tool;
use crate::description::{
    DEFAULT_GRID, Description, Edits, Engine, Families, Fidelity, Takes, Together, Tolerance, Verified,
};
use crate::targets::mlx;

/// The target `mlx-recipe`.
pub(in crate::targets) const DESCRIPTION: Description = Description {
    name: "mlx-recipe",
    summary: "quantization.json for mlx-lm, which quantises a model itself: the bits and the group of every module, false for one that \
              stays as it is, for plans of weight-bits; approximate (`mlx` writes the weights that were scored)",
    engines: &[Engine { name: "mlx-lm", since: "0.32.2" }],
    edits: Edits::These {
        takes: &[Takes {
            fidelity: Fidelity::Approximate(
                "mlx-lm rounds the weights itself, in the type that it loads them in; `--to mlx` writes those that were scored",
            ),
            levels: mlx::LEVELS,
            groups: mlx::GROUPS,
            grids: &[DEFAULT_GRID],
            together: &[Together::Experts, Together::Stored],
            ..Takes::exactly(WeightBits::KIND, Families::These { list: mlx::families, beyond: "" })
        }],
        refuses: &[],
        otherwise: BITS_ALONE,
    },
    check: "python tests/golden/check_recipes.py DIR_OF_THE_MODEL DIR_OF_THIS_FILE",
    tolerance: Tolerance::FLOAT32,
    verified: &[Verified {
        what: "mlx-lm 0.32.2 quantises 14 of 14 modules of a small Llama in the bits and groups of the plan, and none without quantization.json",
        how: "`tests/engines/run --only mlx-recipe`, mlx 0.32.4 on CPU",
        when: "2026-11-30",
    }],
};

/// mlx-lm.
pub(in crate::targets) const TOOL: Tool = Tool {
    description: &DESCRIPTION,
    files,
    given: "`quantize_model(…, quant_predicate=lambda path, module: recipe.get(path, False))` with `recipe` of quantization.json",
    feeds_back: false,
};

fn files(allotted: &Allotted) -> Result<Vec<(&'static str, String)>, Unsaid> {
    let family = allotted.matrices.family().name;
    let mut modules = Map::new();
    for (matrix, level) in allotted.each() {
        let Some(name) = mlx::path(matrix, family) else {
            let reason = "what mlx-lm calls the experts of this family is not known; use `--to plan`";
            return Err(Unsaid { tensor: matrix.tensor.clone(), reason: reason.to_owned() });
        };
        modules.insert(name, entry(level));
    }
    Ok(vec![("quantization.json", format!("{:#}\n", Value::Object(modules)))])
}

fn entry(level: Option<Level>) -> Value {
    level.map_or(json!(false), |Level { bits, group, .. }| json!({"bits": bits, "group_size": group}))
}
