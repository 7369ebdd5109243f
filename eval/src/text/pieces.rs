//! A long text's tokens, a piece at a time: the tokenizer library takes some 250 bytes of memory per byte of text.
//!
//! Pieces overlap. What a piece says near its ends may differ from what the whole text says there (a word is cut, a
//! space is put before the first one), so two neighbours are joined in the middle of their overlap, where both say the same for a
//! while. Where they never do, they overlap further, at last altogether.

use rayon::prelude::*;

use crate::tokens::Token;

/// How a text is cut, in bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cut {
    /// Length of a piece. A text without a second piece is given to the tokenizer whole.
    pub(super) piece: usize,
    /// How far a piece reaches back into the one before it.
    pub(super) overlap: usize,
}

impl Cut {
    /// What texts are read with.
    pub(super) const USUAL: Self = Self { piece: 256 << 10, overlap: 4 << 10 };
}

/// Tokens in a row that two pieces must agree on to be joined there.
const AGREED: usize = 16;
/// Pieces at once: each takes its share of memory.
const AT_ONCE: usize = 4;

/// The tokens of the beginning of a text that may still grow.
pub(super) struct Pieces {
    cut: Cut,
    /// Tokens that no later piece changes.
    settled: Vec<u32>,
    /// Tokens of the last piece, from the place where it was joined.
    last: Vec<Token>,
    /// Bytes of the text that pieces cover.
    covered: usize,
}

impl Pieces {
    pub(super) fn new(cut: Cut) -> Self {
        Self { cut, settled: Vec::new(), last: Vec::new(), covered: 0 }
    }

    /// Goes on to the end of `text`, whose beginning was given before; `ended` when it will not grow any more, else only
    /// whole pieces are looked at. `encode` gives the tokens of a part of it, offsets from the part's beginning, in order.
    /// `step` is told how many bytes are behind it, every few pieces.
    pub(super) fn advance<E: Send>(
        &mut self,
        text: &str,
        ended: bool,
        encode: impl Fn(&str) -> Result<Vec<Token>, E> + Sync,
        mut step: impl FnMut(usize),
    ) -> Result<(), E> {
        loop {
            let mut ends = Vec::new();
            let mut covered = self.covered;
            while ends.len() < AT_ONCE && covered < text.len() {
                // A rest shorter than a piece belongs to the last one.
                let end = if text.len() - covered < 2 * self.cut.piece {
                    if !ended {
                        break;
                    }
                    text.len()
                } else {
                    text.floor_char_boundary(covered + self.cut.piece)
                };
                ends.push((covered, end));
                covered = end;
            }
            if ends.is_empty() {
                return Ok(());
            }
            let overlap = self.cut.overlap;
            let part = |(begin, end): (usize, usize), overlap: usize| {
                let start = text.floor_char_boundary(begin.saturating_sub(overlap));
                let mut tokens = encode(&text[start..end])?;
                tokens.iter_mut().for_each(|token| {
                    token.start += start;
                    token.end += start;
                });
                Ok((start, tokens))
            };
            let parts: Result<Vec<(usize, Vec<Token>)>, E> =
                ends.par_iter().map(|&place| part(place, overlap)).collect();
            for (&(begin, end), (start, tokens)) in ends.iter().zip(parts?) {
                self.join(begin, start, tokens, |overlap| part((begin, end), overlap))?;
                self.covered = end;
            }
            step(self.covered);
        }
    }

    /// Appends a piece that starts in the covered text, or at its end.
    fn join<E>(
        &mut self,
        begin: usize,
        mut start: usize,
        mut tokens: Vec<Token>,
        again: impl Fn(usize) -> Result<(usize, Vec<Token>), E>,
    ) -> Result<(), E> {
        let mut overlap = self.cut.overlap;
        loop {
            let middle = start + (begin - start) / 2;
            if begin == 0 {
                self.last = tokens;
                return Ok(());
            }
            if let Some((mine, theirs)) = agreement(&self.last, &tokens, middle) {
                self.settled.extend(self.last[..mine].iter().map(|token| token.id));
                self.last = tokens.split_off(theirs);
                return Ok(());
            }
            if start == 0 {
                // The whole beginning again: nothing that was said of it before counts.
                self.settled.clear();
                self.last = tokens;
                return Ok(());
            }
            overlap *= 4;
            (start, tokens) = again(overlap)?;
        }
    }

    /// How many tokens there are that more text does not change.
    pub(super) fn count(&self) -> usize {
        let sure = self.covered.saturating_sub(self.cut.overlap);
        self.settled.len() + self.last.partition_point(|token| token.end <= sure)
    }

    /// The tokens of the whole text, or those that more of it does not change.
    pub(super) fn finish(mut self, ended: bool) -> Vec<u32> {
        let count = if ended { self.settled.len() + self.last.len() } else { self.count() };
        self.settled.extend(self.last.iter().map(|token| token.id));
        self.settled.truncate(count);
        self.settled
    }
}

/// Where both sequences, behind `middle`, begin to say the same for long enough: a position in each.
fn agreement(mine: &[Token], theirs: &[Token], middle: usize) -> Option<(usize, usize)> {
    let begins = |tokens: &[Token], at: usize| {
        at == 0 || tokens[at - 1].end <= tokens[at].start && tokens[at - 1].start < tokens[at].start
    };
    let mut at = mine.partition_point(|token| token.start < middle);
    let mut other = theirs.partition_point(|token| token.start < middle);
    while at + AGREED <= mine.len() && other + AGREED <= theirs.len() {
        match mine[at].start.cmp(&theirs[other].start) {
            std::cmp::Ordering::Less => at += 1,
            std::cmp::Ordering::Greater => other += 1,
            std::cmp::Ordering::Equal => {
                let same = mine[at..at + AGREED] == theirs[other..other + AGREED];
                if same && begins(mine, at) && begins(theirs, other) {
                    return Some((at, other));
                }
                at += 1;
                other += 1;
            }
        }
    }
    None
}

#[cfg(test)]
mod tests;
