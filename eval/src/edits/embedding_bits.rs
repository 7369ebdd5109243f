//! The input and the output embedding in few bits: what comes before the first layer and behind the last one.

use attune_core::evaluator::EvalFailure;
use attune_core::hash::ContentHash;
use attune_core::plan::Edit;
use attune_families::DecoderConfig;
use attune_vocabulary::edits::EmbeddingBits;
use attune_vocabulary::{Embedding, ModelEdit as _};

use super::Level;
use super::honour::unsupported;

/// The levels of both matrices; one without a level is exact.
#[derive(Clone, Debug, PartialEq, Default)]
pub(crate) struct EmbeddingLevels {
    input: Option<Level>,
    output: Option<Level>,
    /// The edit of what enters the first layer, which all activations depend on.
    entering: Option<ContentHash>,
}

impl EmbeddingLevels {
    /// Whether an edit is one of these matrices, and none of a layer.
    pub(super) fn has(edit: &Edit) -> bool {
        edit.kind == EmbeddingBits::KIND
    }

    /// What `edits`, which are those of these matrices, do.
    ///
    /// # Errors
    /// [`EvalFailure::Unsupported`] for the first that cannot be honoured, with the reason.
    pub(super) fn of<'a>(
        edits: impl Iterator<Item = &'a Edit>,
        config: &DecoderConfig,
    ) -> Result<Self, EvalFailure> {
        let mut levels = Self::default();
        for edit in edits {
            levels.add(edit, config).map_err(|reason| unsupported(edit, reason))?;
        }
        Ok(levels)
    }

    fn add(&mut self, edit: &Edit, config: &DecoderConfig) -> Result<(), String> {
        let bits = EmbeddingBits::read(edit).map_err(|error| error.to_string())?;
        if bits.matrix == Embedding::Output && config.tied {
            return Err("the model has one matrix for both embeddings; name it `input`".to_owned());
        }
        let Some(level) = Level::nearest(bits.bits, bits.group_size, bits.grid, config.hidden)? else {
            return Ok(());
        };
        match bits.matrix {
            Embedding::Input => {
                self.input = Some(level);
                self.entering = Some(ContentHash::of(edit.to_string().as_bytes()));
                self.output = self.output.or(Some(level).filter(|_| config.tied));
            }
            Embedding::Output => self.output = Some(level),
        }
        Ok(())
    }

    /// The level of the matrix that is used at one end of the model.
    pub(crate) fn level(&self, end: Embedding) -> Option<Level> {
        match end {
            Embedding::Input => self.input,
            Embedding::Output => self.output,
        }
    }

    /// What all activations depend on before the first layer.
    pub(super) fn prefix(&self) -> ContentHash {
        let dense = ContentHash::of(b"embedding");
        match &self.entering {
            None => dense,
            Some(edit) => ContentHash::of_parts([dense.as_bytes().as_slice(), edit.as_bytes()]),
        }
    }
}
