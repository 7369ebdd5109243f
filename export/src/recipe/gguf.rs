//! The types of the tensors of a GGUF file.

use attune_vocabulary::NumberGrid;

use super::allotment::Allotment;
use super::error::Fault;
use super::gguf_header::StoredTensor;
use super::gguf_names::by_name;
use super::level::Level;
use super::{Recipe, finish};
use crate::matrices::Matrices;

const TOOL: &str = "the types of a GGUF file, rounded as llama.cpp rounds without an importance matrix";

/// Types of tensors by their numbers in `ggml.h`, with the grid of those that have one.
const TYPES: &[(u32, &str, Option<NumberGrid>)] = &[
    (0, "f32", None),
    (1, "f16", None),
    (2, "q4_0", Some(NumberGrid::Q4_0)),
    (3, "q4_1", Some(NumberGrid::Q4_1)),
    (6, "q5_0", Some(NumberGrid::Q5_0)),
    (7, "q5_1", Some(NumberGrid::Q5_1)),
    (8, "q8_0", Some(NumberGrid::Q8_0)),
    (10, "q2_k", Some(NumberGrid::Q2K)),
    (11, "q3_k", Some(NumberGrid::Q3K)),
    (12, "q4_k", Some(NumberGrid::Q4K)),
    (13, "q5_k", Some(NumberGrid::Q5K)),
    (14, "q6_k", Some(NumberGrid::Q6K)),
    (30, "bf16", None),
    (39, "mxfp4", Some(NumberGrid::Mxfp4)),
];

/// The level of a type by its name.
pub(super) fn level_of(name: &str) -> Option<Level> {
    TYPES.iter().find(|(_, own, _)| *own == name).map(|(.., grid)| level(*grid))
}

/// The names of the types that have a level, for messages.
pub(super) fn known() -> String {
    TYPES.iter().map(|(_, name, _)| *name).collect::<Vec<&str>>().join(", ")
}

fn level(grid: Option<NumberGrid>) -> Level {
    grid.map_or(Level::Exact, Level::of_grid)
}

pub(super) fn recipe(tensors: &[StoredTensor], matrices: &Matrices) -> Result<Recipe, Fault> {
    let names = by_name(matrices);
    let mut allotment = Allotment::new(matrices);
    for tensor in tensors {
        let known = TYPES.iter().find(|(number, ..)| *number == tensor.kind);
        let Some(numbers) = names.get(&tensor.name) else {
            beside(tensor, known.is_none_or(|(.., grid)| grid.is_some()), &mut allotment)?;
            continue;
        };
        let Some((.., grid)) = known else {
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
            allotment.set(number, level(*grid), None);
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
