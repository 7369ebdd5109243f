//! Which matrices are stored in which grid.

use std::collections::BTreeMap;

use attune_core::exporter::ExportError;
use attune_core::facts::Facts;
use attune_vocabulary::edits::{EmbeddingBits, WeightBits};
use attune_vocabulary::{Embedding, Module, NumberGrid};

use super::super::architecture::Architecture;
use super::super::kinds;
use super::{Edits, Model, refuse};
use crate::embedding;

/// Grids by layer and module.
type Grids = BTreeMap<(u32, Module), NumberGrid>;

pub(super) fn read(
    edits: &Edits<'_, WeightBits>,
    layers: &[u32],
    kept: &BTreeMap<u32, Vec<u32>>,
    model: &Model,
) -> Result<Grids, ExportError> {
    let mut grids = Grids::new();
    for (edit, bits) in edits {
        let grid = grid(bits, model).map_err(|reason| refuse(edit, reason))?;
        if !layers.contains(&bits.layer) {
            continue;
        }
        together(bits, edits, kept, model).map_err(|reason| refuse(edit, reason))?;
        if let Some(grid) = grid {
            grids.insert((bits.layer, bits.module), grid);
        }
    }
    Ok(grids)
}

/// The grid of an edit; none where it leaves the matrix as it is.
fn grid(edit: &WeightBits, model: &Model) -> Result<Option<NumberGrid>, String> {
    let experts = model.experts(edit.layer, edit.module);
    match edit.expert {
        Some(_) if experts == 0 => {
            return Err("only the feed-forward part of a mixture has experts".to_owned());
        }
        Some(expert) if expert >= experts => {
            return Err(format!("layers have {experts} experts, counted from 0"));
        }
        _ => {}
    }
    if edit.bits >= 16 {
        return Ok(None);
    }
    let what = format!("`{}`", edit.module.name());
    let asked = (edit.grid, edit.bits, edit.group_size);
    let grid = of_gguf(asked, model.inputs(edit.module), &what)?;
    // Scales of GGUF's grids do not follow from the weights alone, so error feedback is defined on none of them.
    edit.rounding.map_or(Ok(()), |rounding| rounding.check(edit.grid))?;
    Ok(Some(grid))
}

/// A grid with bits and a size of groups, if GGUF has them for rows of so many channels of `what`.
fn of_gguf(
    (grid, bits, group): (Option<NumberGrid>, u32, u32),
    inputs: u32,
    what: &str,
) -> Result<NumberGrid, String> {
    let fitting = || match kinds::that_divide(inputs) {
        none if none.is_empty() => {
            format!(
                "rows of {inputs} channels are no whole blocks of any grid of GGUF: leave {what} in 16 bits"
            )
        }
        some => format!("its rows have {inputs} channels, which are whole blocks of {}", some.join(", ")),
    };
    let Some(grid) = grid else {
        return Err(format!(
            "GGUF has none of a scale and a minimum for any group; search with one of its grids as `grid`: {}",
            fitting()
        ));
    };
    if !kinds::has(grid) {
        return Err(format!(
            "GGUF does not have the grid {}; search with one of its own: {}",
            grid.name(),
            fitting()
        ));
    }
    grid.check(bits, group, inputs).map_err(|found| format!("{found}; {}", fitting()))?;
    Ok(grid)
}

/// The grids of the matrices outside of the blocks.
pub(in super::super) fn embeddings(
    edits: &Edits<'_, EmbeddingBits>,
    architecture: &Architecture,
    facts: &Facts,
) -> Result<BTreeMap<Embedding, NumberGrid>, ExportError> {
    let mut grids = BTreeMap::new();
    for (edit, bits) in edits {
        let matrix = embedding::matrix(bits, facts).map_err(|reason| refuse(edit, reason))?;
        let is_both = attune_vocabulary::embeddings(facts).len() == 1;
        if bits.bits >= 16 {
            continue;
        }
        if is_both && !architecture.falls_back {
            let reason = "llama.cpp wants an output matrix beside the embedding in this family, and the model has one for both; leave it \
                          in 16 bits, or use `--to plan`";
            return Err(refuse(edit, reason));
        }
        let asked = (bits.grid, bits.bits, bits.group_size);
        let grid = of_gguf(asked, matrix.channels, "it").map_err(|reason| refuse(edit, reason))?;
        grids.insert(bits.matrix, grid);
    }
    Ok(grids)
}

/// The experts of a layer are one tensor, which has one type.
fn together(
    edit: &WeightBits,
    edits: &Edits<'_, WeightBits>,
    kept: &BTreeMap<u32, Vec<u32>>,
    model: &Model,
) -> Result<(), String> {
    let experts = model.experts(edit.layer, edit.module);
    if experts == 0 || edit.expert.is_none() {
        return Ok(());
    }
    let staying = kept.get(&edit.layer).cloned().unwrap_or_else(|| (0..experts).collect());
    let of = |expert: u32| {
        let same = |other: &&WeightBits| (other.layer, other.module) == (edit.layer, edit.module);
        let own = |other: &&WeightBits| other.expert.is_none_or(|other| other == expert);
        let found = edits.iter().map(|(_, bits)| bits).filter(same).find(own);
        found.filter(|found| found.bits < 16).and_then(|found| found.grid)
    };
    let Some(first) = staying.first().copied() else { return Ok(()) };
    let Some(other) = staying.iter().copied().find(|&other| of(other) != of(first)) else { return Ok(()) };
    let says = |expert| of(expert).map_or("16 bits", NumberGrid::name);
    Err(format!(
        "expert {first} has {} and expert {other} {}, and a file has all experts of a layer in one tensor of one type; search \
         with `experts: \"together\"`, or use `--to plan`",
        says(first),
        says(other)
    ))
}
