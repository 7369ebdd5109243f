//! A file of `llama-quantize --tensor-type-file`: `PATTERN=TYPE`, of which the first that matches a tensor counts.

use super::allotment::Allotment;
use super::error::Fault;
use super::gguf::{known, level_of};
use super::gguf_names::{beside, by_name, embedding};
use super::pattern::of_llama_cpp;
use super::{Recipe, finish};
use crate::matrices::Matrices;

const TOOL: &str =
    "the types of a file for llama-quantize, rounded as llama.cpp rounds without an importance matrix";

pub(super) fn recipe(text: &str, matrices: &Matrices) -> Result<Recipe, Fault> {
    let (names, beside) = (by_name(matrices), beside(matrices));
    let mut allotment = Allotment::new(matrices);
    let mut any = false;
    for word in text.split_whitespace() {
        any = true;
        let at = (word.as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
        let shape =
            || Fault::new(Some(at), format!("`{word}`"), "lines as `^blk\\.0\\.attn_q\\.weight$=q8_0`");
        let (pattern, kind) = word.rsplit_once('=').ok_or_else(shape)?;
        let level = level_of(&kind.to_lowercase()).ok_or_else(|| {
            Fault::new(Some(at), format!("type `{kind}`"), format!("{}: no grid is known of others", known()))
        })?;
        let regex = of_llama_cpp(pattern, at)?;
        let mut found = false;
        for (_, numbers) in names.iter().filter(|(name, _)| regex.is_match(name)) {
            found = true;
            for &number in numbers {
                if !allotment.has(number) {
                    allotment.set(number, level, Some(at));
                }
            }
        }
        for name in beside.iter().filter(|name| regex.is_match(name)) {
            found = true;
            match embedding(name, matrices).map(|matrix| matrix.embedding) {
                Some(known) if !allotment.has_embedding(known) => {
                    allotment.set_embedding(known, level, Some(at))
                }
                None if !allotment.has_beside(name) => allotment.note_beside(name, level),
                _ => {}
            }
        }
        if !found {
            let found = format!("`{pattern}` matches no tensor of the model");
            return Err(Fault::new(Some(at), found, "names of a GGUF file, as `blk.0.attn_q.weight`"));
        }
    }
    if !any {
        return Err(Fault::new(None, "nothing", "lines as `^blk\\.0\\.attn_q\\.weight$=q8_0`"));
    }
    if let Some(matrix) = allotment.first_without() {
        return Err(Fault::new(
            None,
            format!("nothing is said of `{}`, which llama-quantize would give its own type", matrix.tensor),
            "a last line for all others, as `.=q4_k`",
        ));
    }
    finish(TOOL, allotment)
}
