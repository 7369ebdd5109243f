//! A text file to tokens: no more of it than is needed.

use std::path::{Path, PathBuf};

use attune_core::evaluator::Split;

use super::pieces::{Cut, Pieces};
use super::source::Source;
use crate::error::TaskError;
use crate::passages::Progress;
use crate::tokens::Tokens;

/// Bytes of text that are read of any file: a text up to this size is the same task whatever a study uses of it.
const ALWAYS: usize = 4 << 20;
/// Bytes of text beyond which nothing is read.
const MOST: usize = 256 << 20;

/// How much of a text is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// So many tokens, at least.
    Tokens(usize),
    /// Every item that there is.
    All,
}

/// A text, as far as it was read.
pub(super) struct Text {
    pub(super) file: PathBuf,
    /// What the tokens say.
    pub(super) text: String,
    pub(super) ids: Vec<u32>,
}

impl Text {
    /// Reads and tokenises a file. Of one beyond [`ALWAYS`], twice as much is read until there are as many tokens as wanted.
    ///
    /// # Errors
    /// Not a text, a tokenizer that fails, or no whole item of `length` tokens.
    pub(super) fn read(
        file: &Path,
        model: &Path,
        tokens: &Tokens,
        split: &Split,
        wanted: Wanted,
        length: usize,
        tell: &dyn Fn(Progress<'_>),
    ) -> Result<Self, TaskError> {
        let mut source = Source::open(file, model)?;
        let mut text = String::new();
        let mut pieces = Pieces::new(Cut::USUAL);
        let mut until = match wanted {
            Wanted::All => MOST,
            Wanted::Tokens(_) => ALWAYS,
        };
        let mut ended = false;
        while !ended {
            ended = !source.fill(&mut text, until)?;
            let (share, whole) = (source.share(), text.len() as f64);
            let encode = |part: &str| tokens.places(part, split);
            pieces.advance(&text, ended, encode, |done| {
                tell(Progress { file, share: share * done as f64 / whole })
            })?;
            let enough = match wanted {
                Wanted::Tokens(wanted) => pieces.count() >= wanted,
                Wanted::All => false,
            };
            if enough || until >= MOST {
                break;
            }
            until *= 2;
        }
        let ids = pieces.finish(ended);
        if text.chars().all(char::is_whitespace) {
            return Err(TaskError::BadText {
                file: file.to_owned(),
                place: None,
                found: if text.is_empty() { "the file is empty" } else { "it has nothing but white space" }
                    .to_owned(),
                remedy: format!("give a {split} text"),
            });
        }
        if ids.len() < length {
            let (file, split) = (file.to_owned(), split.to_string());
            return Err(TaskError::TooShort { file, split, tokens: ids.len(), items: 1, length });
        }
        Ok(Self { file: file.to_owned(), text, ids })
    }
}
