//! The matrices with a row for each token, where the study is asked to choose their bits as well.

use attune_guest::{EmbeddingMatrix, Model, Options};

use crate::formats::Formats;
use crate::limits::Limits;
use crate::modules::{Cell, Member, usual_bytes, whole_groups};

/// The kind of edit.
pub(crate) const EDIT: &str = "embedding-bits";
/// They stay as they are stored.
const EXACT: &str = "exact";
/// They have bits of their own.
const SEARCHED: &str = "searched";

/// The words of the option, the default first.
pub(crate) const WORDS: [&str; 2] = [EXACT, SEARCHED];

/// A cell for each matrix that the target takes; none unless the option asks for them.
pub(crate) fn cells(model: &Model, options: &Options, formats: &Formats) -> Result<Vec<Cell>, String> {
    if options.text("embeddings") != SEARCHED {
        return Ok(Vec::new());
    }
    let known = model.embeddings();
    if known.is_empty() {
        return Err(format!(
            "`embeddings` is \"{SEARCHED}\", and nothing is said of such matrices in model `{}`; set it to \"{EXACT}\"",
            model.name
        ));
    }
    let names: Vec<&str> = known.iter().map(|matrix| matrix.name).collect();
    let taken = Limits::of(model).embeddings(&names)?;
    let taken: Vec<EmbeddingMatrix> =
        known.into_iter().filter(|matrix| taken.contains(&matrix.name)).collect();
    let cell = |matrix: EmbeddingMatrix| {
        whole_groups(model, options, formats, matrix.name, matrix.channels)?;
        let member = Member {
            name: matrix.name.to_owned(),
            tensor: matrix.name.to_owned(),
            outputs: matrix.tokens,
            inputs: matrix.channels,
            copies: 1,
            of_experts: false,
            element_bytes: matrix.element_bytes.unwrap_or_else(|| usual_bytes(model)),
        };
        Ok(Cell { members: vec![member], expert: None, of_embeddings: true })
    };
    taken.into_iter().map(cell).collect()
}
