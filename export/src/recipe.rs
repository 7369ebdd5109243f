//! Recipes of other quantisers, read as plans: which of their number grids each matrix is rounded to.
//!
//! A recipe says how many bits a tool gives to each matrix. What becomes of it here is the same allocation, rounded to nearest on
//! the grid that the tool stores: its own rounding (sign descent, error feedback, scaled channels) is not repeated. So a study
//! can tell whether an allocation that it found is better than that of another tool, at the bytes that both take.

mod allotment;
mod autoround;
mod error;
mod gguf;
mod gguf_header;
mod gguf_names;
mod json;
mod level;
mod modelopt;
mod pattern;
mod tensor_types;

use std::io::{BufRead, Read as _};

use attune_core::facts::Facts;
use attune_core::plan::Plan;

use crate::matrices::Matrices;
use crate::read::read_plan;
use allotment::Allotment;
use error::Fault;
pub use error::RecipeError;

/// Bytes of a recipe that is a text, at most: a line for each expert of the largest mixtures takes a tenth.
const MOST_TEXT: u64 = 64 << 20;
/// How a GGUF file begins.
const GGUF: &[u8] = b"GGUF";

/// A recipe as a plan.
#[derive(Clone, Debug, PartialEq)]
pub struct Recipe {
    /// Whose recipe it is, with what becomes of it here, in words.
    pub tool: &'static str,
    /// The plan.
    pub plan: Plan,
    /// Tensors that the tool stores in few bits and no edit of this model does, so that the plan leaves them exact, and inputs that it rounds,
    /// in words.
    pub left_exact: Vec<String>,
}

/// Reads a recipe for the model that `facts` are of: AutoRound's `layer_config` or `quantization_config`, ModelOpt's
/// `hf_quant_config.json`, the header of a GGUF file, a file of `llama-quantize --tensor-type-file`, or a plan of attune. What it
/// is follows from what it says. `file` is its name, for messages.
///
/// # Errors
/// [`RecipeError`], naming the place in the file.
pub fn read_recipe(file: &str, source: &mut dyn BufRead, facts: &Facts) -> Result<Recipe, RecipeError> {
    let failed = |source| RecipeError::Io { file: file.to_owned(), source };
    let is_gguf = source.fill_buf().map_err(failed)?.starts_with(GGUF);
    if is_gguf {
        let matrices = named(file, facts)?;
        let header = gguf_header::read(source).map_err(|fault| fault.of(file, ""))?;
        return gguf::recipe(&header, &matrices).map_err(|fault| fault.of(file, ""));
    }
    let mut text = String::new();
    source.take(MOST_TEXT + 1).read_to_string(&mut text).map_err(failed)?;
    let placed = |fault: Fault| fault.of(file, &text);
    if text.len() as u64 > MOST_TEXT {
        let found = format!("more than {MOST_TEXT} bytes");
        return Err(placed(Fault::new(None, found, "a recipe of bits for each matrix")));
    }
    if !text.trim_start().starts_with('{') {
        return tensor_types::recipe(&text, &named(file, facts)?).map_err(placed);
    }
    match json::kind(&text).map_err(placed)? {
        json::Kind::Plan => plan(file, &text, facts),
        json::Kind::AutoRound(config) => {
            autoround::recipe(&text, &config, &named(file, facts)?).map_err(placed)
        }
        json::Kind::ModelOpt(config) => {
            modelopt::recipe(&text, &config, &named(file, facts)?).map_err(placed)
        }
    }
}

/// The matrices of the model by their names.
fn named(file: &str, facts: &Facts) -> Result<Matrices, RecipeError> {
    Matrices::of(facts).map_err(|reason| RecipeError::Unnamed {
        file: file.to_owned(),
        model: facts.name.clone(),
        reason,
    })
}

/// A plan of attune.
fn plan(file: &str, text: &str, facts: &Facts) -> Result<Recipe, RecipeError> {
    let read = read_plan(file, text)?;
    if read.model != facts.name {
        return Err(RecipeError::OtherModel {
            file: file.to_owned(),
            its: read.model,
            this: facts.name.clone(),
        });
    }
    Ok(Recipe { tool: "a plan of attune", plan: read.plan, left_exact: Vec::new() })
}

/// What the tool with `tool` as its words makes of all matrices.
fn finish(tool: &'static str, allotment: Allotment<'_>) -> Result<Recipe, Fault> {
    let (plan, left_exact) = allotment.plan()?;
    Ok(Recipe { tool, plan, left_exact })
}
