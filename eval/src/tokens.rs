//! A tokenizer: tokenizer.json, and the library that reads it.

mod others;
mod outline;
mod prefix;

use std::path::{Path, PathBuf};

use attune_core::evaluator::Split;
use attune_core::panics;
use tokenizers::models::ModelWrapper;
use tokenizers::{Encoding, Tokenizer};

use crate::error::TaskError;
use others::OtherToken;
use prefix::Prefix;

/// Bytes of the largest tokenizer.json.
const LARGEST: u64 = 256 << 20;

/// One token and the bytes of the text that it stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) id: u32,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// A tokenizer and the vocabulary that its tokens must stay in.
pub(crate) struct Tokens {
    file: PathBuf,
    tokenizer: Tokenizer,
    vocab: usize,
    /// Tokens that only other files know.
    others: Vec<OtherToken>,
    /// What stands for an empty text.
    prefix: Option<Prefix>,
}

impl Tokens {
    /// Reads a tokenizer, and leaves out what is of training or of other uses: dropout of merges, truncation, padding.
    ///
    /// # Errors
    /// No file, or none that the tokenizer library reads.
    pub(crate) fn open(file: &Path, vocab: usize) -> Result<Self, TaskError> {
        let bytes = attune_files::bytes(file, LARGEST).map_err(|source| outline::absent(file, source))?;
        let bad = |reason: String| TaskError::BadTokenizer { file: file.to_owned(), reason };
        outline::check(&bytes).map_err(bad)?;
        let parsed = panics::quietly(|| {
            let mut tokenizer = Tokenizer::from_bytes(bytes)?;
            // Merges that are left out at random make another text of it every time.
            if let ModelWrapper::BPE(bpe) = tokenizer.get_model()
                && bpe.dropout.is_some()
            {
                let mut bpe = bpe.clone();
                bpe.dropout = None;
                tokenizer.with_model(bpe);
            }
            // Items are cut here; a tokenizer that truncates or pads would cut the text first.
            tokenizer.with_padding(None);
            tokenizer.with_truncation(None)?;
            Ok(tokenizer)
        });
        let tokenizer = parsed
            .map_err(|panic| bad(format!("the tokenizer library fails on it ({panic})")))?
            .map_err(|error: tokenizers::Error| bad(error.to_string()))?;
        let others = others::beside(file, &tokenizer);
        let prefix = Prefix::beside(file, &tokenizer).filter(|prefix| (prefix.id as usize) < vocab);
        Ok(Self { file: file.to_owned(), tokenizer, vocab, others, prefix })
    }

    /// The tokens of a text, without special tokens, and the bytes that they stand for.
    ///
    /// # Errors
    /// The tokenizer fails on it, or has a token that the model does not know.
    pub(crate) fn places(&self, text: &str, split: &Split) -> Result<Vec<Token>, TaskError> {
        let encoding = self.encoded(text, split, false)?;
        let places = encoding.get_ids().iter().zip(encoding.get_offsets());
        Ok(places.map(|(&id, &(start, end))| Token { id, start, end }).collect())
    }

    /// What the tokenizer makes of a text, with or without the special tokens that it puts around every text.
    fn encoded(&self, text: &str, split: &Split, special: bool) -> Result<Encoding, TaskError> {
        if let Some(other) = self.others.iter().find(|other| text.contains(&other.text)) {
            return Err(other.refusal(&self.file, split));
        }
        let bad = |reason: String| TaskError::BadTokenizer { file: self.file.clone(), reason };
        let encoding = panics::quietly(|| self.tokenizer.encode(text, special))
            .map_err(|panic| bad(format!("the tokenizer library fails on the {split} text ({panic})")))?
            .map_err(|error| bad(format!("it fails on the {split} text ({error})")))?;
        let ids = encoding.get_ids();
        if let Some(&token) = ids.iter().find(|&&id| id as usize >= self.vocab) {
            return Err(TaskError::TokenOutOfRange {
                file: self.file.clone(),
                split: split.to_string(),
                token,
                text: self.text(&[token]),
                vocab: self.vocab,
            });
        }
        Ok(encoding)
    }

    /// The tokens of a text, with the special tokens that the tokenizer puts around every text; with none where it begins with
    /// the token that begins a sequence, or else ends one, already.
    ///
    /// # Errors
    /// Like [`Self::places`].
    pub(crate) fn encode_with_special(&self, text: &str, split: &Split) -> Result<Vec<u32>, TaskError> {
        let begins = self.prefix.as_ref().is_some_and(|prefix| text.starts_with(&prefix.text));
        Ok(self.encoded(text, split, !begins)?.get_ids().to_vec())
    }

    /// The token that stands for an empty text: the one that begins a sequence, or else ends one.
    pub(crate) fn empty(&self) -> Option<u32> {
        self.prefix.as_ref().map(|prefix| prefix.id)
    }

    /// The tokens of a short text, without special tokens.
    ///
    /// # Errors
    /// Like [`Self::places`].
    pub(crate) fn encode(&self, text: &str, split: &Split) -> Result<Vec<u32>, TaskError> {
        Ok(self.places(text, split)?.into_iter().map(|token| token.id).collect())
    }

    /// The text of some tokens, for messages and comparisons.
    pub(crate) fn text(&self, ids: &[u32]) -> String {
        let decoded = panics::quietly(|| self.tokenizer.decode(ids, false));
        decoded.ok().and_then(Result::ok).unwrap_or_else(|| format!("{ids:?}"))
    }
}
