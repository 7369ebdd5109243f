//! Tokens of a continuation in its context: the `loglikelihood` requests of lm-evaluation-harness, to the token.
//!
//! What that program does (`TemplateLM.loglikelihood` and `_encode_pair` of lm_eval 0.4), so that its figures are met:
//!
//! * White space at the end of the context belongs to the continuation.
//! * Context and context + continuation are encoded, each with the special tokens that the tokenizer puts around every text. The
//!   continuation's tokens are those of the whole behind as many as the context has by itself, also where a token stretches over
//!   the boundary.
//! * An empty context is one token: the beginning of a sequence or, where the tokenizer knows none, its end. A continuation that
//!   begins with that token is not given a second one.

use attune_core::evaluator::Split;

use crate::error::TaskError;
use crate::tokens::Tokens;

/// Tokens of a context, and of what follows it.
pub(super) type Pair = (Vec<u32>, Vec<u32>);

/// A context or a continuation that has no tokens, or a tokenizer that ends every text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoTokens {
    #[error("the continuation has no tokens")]
    Nothing,
    #[error("the continuation has no tokens of its own")]
    NothingOfItsOwn,
    #[error("the context is nothing but white space")]
    WhiteSpace,
    #[error(
        "the tokenizer knows neither a beginning nor an end of a sequence, one of which an empty context needs"
    )]
    NoPrefix,
    #[error("the tokenizer ends every text with a token of its own, behind which nothing can be continued")]
    Ended,
}

/// What of a tokenizer is used.
pub(super) trait Encode {
    /// Without special tokens.
    fn bare(&self, text: &str, split: &Split) -> Result<Vec<u32>, TaskError>;
    /// With those that are put around every text.
    fn with_special(&self, text: &str, split: &Split) -> Result<Vec<u32>, TaskError>;
    /// The token that stands for an empty text.
    fn empty(&self) -> Option<u32>;
}

impl Encode for Tokens {
    fn bare(&self, text: &str, split: &Split) -> Result<Vec<u32>, TaskError> {
        self.encode(text, split)
    }

    fn with_special(&self, text: &str, split: &Split) -> Result<Vec<u32>, TaskError> {
        self.encode_with_special(text, split)
    }

    fn empty(&self) -> Option<u32> {
        self.empty()
    }
}

/// Tokens of `continuation` behind `context`.
///
/// # Errors
/// What the tokenizer says; inside, that there are none.
pub(super) fn encode_pair(
    tokens: &impl Encode,
    split: &Split,
    context: &str,
    continuation: &str,
) -> Result<Result<Pair, NoTokens>, TaskError> {
    let (before, scored) = if context.is_empty() {
        let mut ids = tokens.bare(continuation, split)?;
        let Some(&first) = ids.first() else { return Ok(Err(NoTokens::Nothing)) };
        let Some(prefix) = tokens.empty() else { return Ok(Err(NoTokens::NoPrefix)) };
        let rest = if first == prefix { ids.split_off(1) } else { ids };
        (vec![prefix], rest)
    } else {
        let bare = context.trim_end_matches(is_space);
        let whole = tokens.with_special(&format!("{context}{continuation}"), split)?;
        let before = tokens.with_special(bare, split)?;
        if let (Some(plain), Some(last)) = (tokens.bare(bare, split)?.last(), before.last())
            && plain != last
        {
            return Ok(Err(NoTokens::Ended));
        }
        let scored = whole.get(before.len()..).unwrap_or_default().to_vec();
        (before, scored)
    };
    Ok(match (before.is_empty(), scored.is_empty()) {
        (true, _) => Err(NoTokens::WhiteSpace),
        (_, true) => Err(NoTokens::NothingOfItsOwn),
        _ => Ok((before, scored)),
    })
}

/// White space as Python's `rstrip` has it: four separators of ASCII more.
fn is_space(letter: char) -> bool {
    letter.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A tokenizer of letters that knows `ab` as one token, 2, begins every text with 1, which is written `<s>`, and may end it
    /// with 3.
    struct Letters {
        ends: bool,
        begins: bool,
    }

    impl Encode for Letters {
        fn bare(&self, text: &str, _: &Split) -> Result<Vec<u32>, TaskError> {
            let mut rest = text;
            let mut ids = Vec::new();
            while let Some(letter) = rest.chars().next() {
                let known = [("<s>", 1), ("ab", 2)].into_iter().find(|(text, _)| rest.starts_with(text));
                let (length, id) =
                    known.map_or((letter.len_utf8(), u32::from(letter)), |(text, id)| (text.len(), id));
                ids.push(id);
                rest = &rest[length..];
            }
            Ok(ids)
        }

        fn with_special(&self, text: &str, split: &Split) -> Result<Vec<u32>, TaskError> {
            let mut ids = self.bare(text, split)?;
            if self.begins && !text.starts_with("<s>") {
                ids.insert(0, 1);
            }
            ids.extend(self.ends.then_some(3));
            Ok(ids)
        }

        fn empty(&self) -> Option<u32> {
            self.begins.then_some(1)
        }
    }

    const LETTERS: Letters = Letters { ends: false, begins: true };

    fn pair(tokens: &Letters, context: &str, continuation: &str) -> Result<Pair, NoTokens> {
        encode_pair(tokens, &Split::Selection, context, continuation).unwrap()
    }

    fn ids(text: &str) -> Vec<u32> {
        text.chars().map(u32::from).collect()
    }

    #[test]
    fn white_space_behind_the_context_is_the_continuations() {
        assert_eq!(pair(&LETTERS, "xy \n", "z"), Ok(([&[1][..], &ids("xy")].concat(), ids(" \nz"))));
        assert_eq!(pair(&LETTERS, "xy\u{1c}", "z"), Ok(([&[1][..], &ids("xy")].concat(), ids("\u{1c}z"))));
    }

    #[test]
    fn a_token_over_the_boundary_is_cut_as_by_the_harness() {
        assert_eq!(pair(&LETTERS, "xa", "bc"), Ok(([&[1][..], &ids("xa")].concat(), ids("c"))));
        assert_eq!(pair(&LETTERS, "xa", "b"), Err(NoTokens::NothingOfItsOwn));
    }

    #[test]
    fn a_text_that_has_a_beginning_gets_no_second_one() {
        assert_eq!(pair(&LETTERS, "<s>x", "y"), Ok(([&[1][..], &ids("x")].concat(), ids("y"))));
        assert_eq!(pair(&LETTERS, "", "xy"), Ok((vec![1], ids("xy"))));
        assert_eq!(pair(&LETTERS, "", "<s>y"), Ok((vec![1], ids("y"))));
        assert_eq!(pair(&LETTERS, "", "<s>"), Err(NoTokens::NothingOfItsOwn));
        assert_eq!(pair(&LETTERS, "", ""), Err(NoTokens::Nothing));
    }

    #[test]
    fn what_cannot_be_continued_is_refused() {
        assert_eq!(pair(&Letters { ends: true, begins: true }, "x", "y"), Err(NoTokens::Ended));
        let plain = Letters { ends: false, begins: false };
        assert_eq!(pair(&plain, "", "y"), Err(NoTokens::NoPrefix));
        assert_eq!(pair(&plain, " \n", "y"), Err(NoTokens::WhiteSpace));
        assert_eq!(pair(&plain, "x", "y"), Ok((ids("x"), ids("y"))));
    }
}
