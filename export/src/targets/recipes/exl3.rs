//! `exllama`: an override for ExLlamaV3's `util/recompile.py`, which mixes models that were quantised with one number of bits each.

use std::collections::BTreeSet;

use attune_vocabulary::ModelEdit as _;
use attune_vocabulary::edits::WeightBits;
use serde_json::{Value, json};

use super::BITS_ALONE;
use super::allotted::{Allotted, Unsaid};
use super::exporter::Tool;
use crate::description::{
    DEFAULT_GRID, Description, Edits, Engine, Families, Fidelity, Takes, Together, Tolerance,
};
use crate::matrices::named_families;
use crate::yaml;

/// The target `exllama`.
pub(in crate::targets) const DESCRIPTION: Description = Description {
    name: "exllama",
    summary: "override.yaml for `util/recompile.py` of ExLlamaV3, which mixes EXL3 models of whole bits tensor by tensor, for plans \
              of weight-bits that give few bits to every linear module; approximate",
    engines: &[Engine { name: "ExLlamaV3", since: "" }],
    edits: Edits::These {
        takes: &[Takes {
            fidelity: Fidelity::Approximate(
                "EXL3 has codes of a trellis, which no grid of a plan is; what was scored is round-to-nearest with the same bits",
            ),
            levels: &[2, 3, 4, 5, 6, 8],
            grids: &[DEFAULT_GRID],
            together: &[Together::Stored],
            ..Takes::exactly(WeightBits::KIND, Families::These { list: named_families, beyond: "" })
        }],
        refuses: &[],
        otherwise: BITS_ALONE,
    },
    check: "python util/recompile.py -i exl3-BITS -o FOLDER -or override.yaml (of ExLlamaV3, beside its models exl3-2, exl3-3 …)",
    tolerance: Tolerance::FLOAT32,
    verified: &[],
};

/// ExLlamaV3.
pub(in crate::targets) const TOOL: Tool = Tool {
    description: &DESCRIPTION,
    files,
    given: "`python util/recompile.py -i IN -o OUT -or override.yaml`",
    feeds_back: false,
};

/// Why nothing may stay as it is.
const EVERYWHERE: &str = "an EXL3 model has every linear module in few bits, and this one has 16; search without 16 among the levels, or use \
                          `--to plan`";
/// What stands above it.
const HEAD: &str = "# Quantise the model with every number of bits below into the folders below, then, with any of them as IN:\n\
                    # python util/recompile.py -i IN -o OUT -or THIS_FILE\n";

fn files(allotted: &Allotted) -> Result<Vec<(&'static str, String)>, Unsaid> {
    let id = |bits: u32| format!("exl3-{bits}");
    let (mut overrides, mut used) = (Vec::new(), BTreeSet::new());
    for (tensor, level) in allotted.tensors() {
        let Some(level) = level else {
            return Err(Unsaid { tensor: tensor.to_owned(), reason: EVERYWHERE.to_owned() });
        };
        used.insert(level.bits);
        // Of several sources that match, the last one would count: no two of these match the same tensor.
        overrides.push(json!({"key": format!("{tensor}.*"), "source": id(level.bits)}));
    }
    let sources: Vec<Value> = used
        .into_iter()
        .map(|bits| json!({"id": id(bits), "model_dir": format!("./{}", id(bits))}))
        .collect();
    let document = yaml::document(&json!({"sources": sources, "overrides": overrides}));
    Ok(vec![("override.yaml", format!("{HEAD}{document}"))])
}
