//! Text files to tokens.

use std::path::{Path, PathBuf};

use attune_core::evaluator::Split;
use tokenizers::Tokenizer;

use crate::error::TaskError;

/// A tokenizer and the vocabulary that its tokens must stay in.
pub(super) struct Tokens {
    file: PathBuf,
    tokenizer: Tokenizer,
    vocab: usize,
}

impl Tokens {
    pub(super) fn open(file: &Path, vocab: usize) -> Result<Self, TaskError> {
        let bytes = std::fs::read(file).map_err(|source| TaskError::Io {
            file: file.to_owned(),
            expected: "tokenizer.json beside the model",
            source,
        })?;
        let mut tokenizer = Tokenizer::from_bytes(bytes)
            .map_err(|error| TaskError::BadTokenizer { file: file.to_owned(), reason: error.to_string() })?;
        // Items are cut here; a tokenizer that truncates or pads would cut the text first.
        tokenizer.with_padding(None);
        tokenizer
            .with_truncation(None)
            .map_err(|error| TaskError::BadTokenizer { file: file.to_owned(), reason: error.to_string() })?;
        Ok(Self { file: file.to_owned(), tokenizer, vocab })
    }

    /// The tokens of a text file, without special tokens.
    pub(super) fn read(&self, file: &Path, split: &Split) -> Result<Vec<u32>, TaskError> {
        let text = std::fs::read_to_string(file).map_err(|source| TaskError::Io {
            file: file.to_owned(),
            expected: "a text file in UTF-8",
            source,
        })?;
        self.encode(&text, split)
    }

    /// The tokens of a text, without special tokens.
    pub(super) fn encode(&self, text: &str, split: &Split) -> Result<Vec<u32>, TaskError> {
        let encoding = self.tokenizer.encode(text, false).map_err(|error| TaskError::BadTokenizer {
            file: self.file.clone(),
            reason: error.to_string(),
        })?;
        let ids = encoding.get_ids();
        match ids.iter().find(|&&id| id as usize >= self.vocab) {
            None => Ok(ids.to_vec()),
            Some(&token) => Err(TaskError::TokenOutOfRange {
                file: self.file.clone(),
                split: split.to_string(),
                token,
                vocab: self.vocab,
            }),
        }
    }

    /// The text of some tokens, for messages.
    pub(super) fn text(&self, ids: &[u32]) -> String {
        self.tokenizer.decode(ids, false).unwrap_or_else(|_| format!("{ids:?}"))
    }
}
