//! `autoround`: a `layer_config` for AutoRound.

use attune_vocabulary::edits::WeightBits;
use attune_vocabulary::{ModelEdit as _, NumberGrid};
use serde_json::{Map, Value, json};

use super::BITS_ALONE;
use super::allotted::{Allotted, Level, Unsaid};
use super::exporter::Tool;
use crate::description::{
    DEFAULT_GRID, Description, Edits, Engine, Families, Fidelity, Takes, Together, Tolerance, Verified,
};
use crate::matrices::named_families;

/// In what its rounding differs.
const DIFFERS: &str = "the tool rounds the weights itself, and 8 bits around 0 whatever the grid of the plan, since its formats have no zero points \
                       for them; what was scored is round-to-nearest on the grid of the plan";

/// The target `autoround`.
pub(in crate::targets) const DESCRIPTION: Description = Description {
    name: "autoround",
    summary: "layer_config.json for AutoRound, which rounds by sign descent itself: the bits of every linear module, for plans of \
              weight-bits; approximate",
    engines: &[Engine { name: "AutoRound", since: "" }],
    edits: Edits::These {
        takes: &[Takes {
            fidelity: Fidelity::Approximate(DIFFERS),
            levels: &[2, 3, 4, 8],
            groups: &[32, 64, 128],
            grids: &[DEFAULT_GRID, "affine-int", "symmetric"],
            together: &[Together::Stored],
            ..Takes::exactly(WeightBits::KIND, Families::These { list: named_families, beyond: "" })
        }],
        refuses: &[],
        otherwise: BITS_ALONE,
    },
    check: "python tests/golden/check_recipes.py DIR_OF_THE_MODEL DIR_OF_THIS_FILE",
    tolerance: Tolerance::FLOAT32,
    verified: &[Verified {
        what: "AutoRound 0.16.1 resolves layer_config.json to the bits and groups of the plan in 14 of 14 modules of a small Llama, and to others without it",
        how: "`python tests/golden/check_recipes.py`, torch 2.15.0 on CPU",
        when: "2026-11-30",
    }],
};

/// AutoRound.
pub(in crate::targets) const TOOL: Tool = Tool {
    description: &DESCRIPTION,
    files,
    given: "`AutoRound(…, layer_config=json.load(open(\"layer_config.json\")))`",
    feeds_back: false,
};

fn files(allotted: &Allotted) -> Result<Vec<(&'static str, String)>, Unsaid> {
    let entry = |level: Option<Level>| match level {
        None => json!({"bits": 16}),
        Some(Level { bits, group, grid }) => {
            // AutoRound's formats have no zero points for 8 bits.
            let symmetric = grid == Some(NumberGrid::Symmetric) || bits == 8;
            json!({"bits": bits, "data_type": "int", "group_size": group, "sym": symmetric})
        }
    };
    let config: Map<String, Value> =
        allotted.tensors().into_iter().map(|(tensor, level)| (tensor.to_owned(), entry(level))).collect();
    Ok(vec![("layer_config.json", format!("{:#}\n", Value::Object(config)))])
}
