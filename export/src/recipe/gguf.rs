//! The types of the tensors of a GGUF file.

use attune_vocabulary::NumberGrid;

use super::allotment::Allotment;
use super::error::Fault;
use super::gguf_header::StoredTensor;
use super::gguf_names::{by_name, embedding};
use super::level::Level;
use super::{Recipe, finish};
use crate::ggml::TYPES;
use crate::matrices::Matrices;

const TOOL: &str = "the types of a GGUF file, rounded as llama.cpp rounds without an importance matrix";

/// The level of a type by its name.
pub(super) fn level_of(name: &str) -> Option<Level> {
    TYPES.iter().find(|own| own.name == name).map(|own| level(own.grid))
}

/// The names of the types that have a level, for messages.
pub(super) fn known() -> String {
    TYPES.iter().map(|own| own.name).collect::<Vec<&str>>().join(", ")
}

fn level(grid: Option<NumberGrid>) -> Level {
    grid.map_or(Level::Exact, Level::of_grid)
}

pub(super) fn recipe(tensors: &[StoredTensor], matrices: &Matrices) -> Result<Recipe, Fault> {
    let names = by_name(matrices);
    let mut allotment = Allotment::new(matrices);
    for tensor in tensors {
        let known = TYPES.iter().find(|own| own.number == tensor.kind);
        let Some(numbers) = names.get(&tensor.name) else {
            match (embedding(&tensor.name, matrices), known) {
                (Some(matrix), Some(known)) if u64::from(matrix.channels) == tensor.row => {
                    allotment.set_embedding(matrix.embedding, level(known.grid), None);
                }
                _ => beside(tensor, known.is_none_or(|own| own.grid.is_some()), &mut allotment)?,
            }
            continue;
        };
        let Some(known) = known else {
            let found = format!("tensor `{}` has type {} of `ggml.h`", tensor.name, tensor.kind);
            return Err(Fault::new(None, found, format!("{}: no grid is known of others", self::known())));
        };
        for &number in numbers {
            if let Some(inputs) =
                matrices.list()[number].inputs.filter(|inputs| u64::from(*inputs) != tensor.row)
            {
                let found = format!("tensor `{}` has rows of {} channels", tensor.name, tensor.row);
                return Err(Fault::new(None, found, format!("{inputs}: is it a file of this model?")));
            }
            allotment.set(number, level(known.grid), None);
        }
    }
    if let Some(matrix) = allotment.first_without() {
        let found = format!("there is no tensor of `{}`", matrix.tensor);
        return Err(Fault::new(None, found, "a file of this model, with all of its tensors"));
    }
    finish(TOOL, allotment)
}

/// A tensor that is no matrix of a plan: in few bits it is noted, in a block that the model does not have it is of another model.
fn beside(tensor: &StoredTensor, few_bits: bool, allotment: &mut Allotment<'_>) -> Result<(), Fault> {
    let block = tensor.name.strip_prefix("blk.").and_then(|rest| rest.split_once('.')?.0.parse::<u32>().ok());
    let layers = allotment.matrices.layers();
    if let Some(block) = block.filter(|block| *block >= layers) {
        let found = format!("tensor `{}` is of block {block}", tensor.name);
        return Err(Fault::new(
            None,
            found,
            format!("{layers} blocks, counted from 0: is it a file of this model?"),
        ));
    }
    if few_bits {
        allotment.note_beside(&tensor.name, Level::of_grid(NumberGrid::Q8_0));
    }
    Ok(())
}
