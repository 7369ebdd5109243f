//! Tasks on what a language model reads: passages of tokens whose last ones are predicted, and what that says of an item.
//!
//! An item is one passage (a piece of text) or several (a question with each of its choices). Whoever runs the model knows
//! passages only; a task knows what they are worth together.

use std::fmt;
use std::ops::Range;
use std::path::Path;

use attune_core::evaluator::{MetricInfo, Split, TaskInfo};
use attune_core::hash::ContentHash;
use attune_core::objective::Direction;

use crate::error::TaskError;

/// A task of language models.
pub trait ReadingTask: Send + Sync {
    /// What is measured, on how many items. The first metrics are those of [`metrics`].
    fn info(&self) -> &TaskInfo;

    /// What is read for the items of a split.
    fn passages(&self, split: &Split) -> Option<&Passages>;

    /// The values of the metrics behind those of [`metrics`], in their order, for an item of a split that the task has; `read`
    /// is what a candidate said of each of its passages.
    fn values(&self, split: &Split, item: u32, read: &[Read]) -> Vec<f64> {
        let _ = (split, item, read);
        Vec::new()
    }

    /// Tokens of the longest passage of any split.
    fn longest(&self) -> usize {
        let splits = self.info().items.keys().filter_map(|split| self.passages(split));
        splits.map(Passages::longest).max().unwrap_or(0)
    }
}

/// Where a task is, and what it is made of.
pub trait TaskSource: fmt::Debug {
    /// Reads the data, for a model with so many entries of the vocabulary and so long a context, in tokens; `tell` hears how far
    /// that is.
    ///
    /// # Errors
    /// Data that makes no task, or of which the selection is also reported on.
    fn open(
        &self,
        vocab: usize,
        context: usize,
        tell: &dyn Fn(Progress<'_>),
    ) -> Result<Box<dyn ReadingTask>, TaskError>;
}

/// How far reading the data is.
#[derive(Clone, Copy, Debug)]
pub struct Progress<'a> {
    /// The file.
    pub file: &'a Path,
    /// Share of it that is behind, 0 to 1.
    pub share: f64,
}

impl fmt::Display for Progress<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "reading {}: {:.0} %", self.file.display(), 100.0 * self.share)
    }
}

/// What a candidate said of the scored tokens of a passage.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Read {
    /// KL(dense ‖ candidate) of the distributions that predict them, summed, nats.
    pub kl: f64,
    /// Negative log-likelihood, summed, nats.
    pub nll: f64,
}

/// Tokens that are read at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Passage {
    start: usize,
    tokens: usize,
    scored: usize,
}

/// What is read for the items of one split.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Passages {
    /// Tokens of all passages, one after the other.
    ids: Vec<u32>,
    all: Vec<Passage>,
    /// Of each item, the first passage behind its own.
    ends: Vec<u32>,
    /// Of each item, the passage that `kl` and `perplexity` are of.
    main: Vec<u32>,
}

impl Passages {
    /// Items of one passage of `length` tokens each, as many whole ones as `ids` has, whose last `scored` tokens are predicted.
    pub fn alike(mut ids: Vec<u32>, length: usize, scored: usize) -> Self {
        let count = ids.len() / length;
        ids.truncate(count * length);
        let passage = |number: usize| Passage { start: number * length, tokens: length, scored };
        Self {
            ids,
            all: (0..count).map(passage).collect(),
            ends: (1..=count as u32).collect(),
            main: (0..count as u32).collect(),
        }
    }

    /// Adds an item of several passages: tokens that come before, and those that are predicted behind them, at least one of each.
    /// `kl` and `perplexity` are of passage `main`.
    pub fn push(&mut self, passages: &[(Vec<u32>, Vec<u32>)], main: usize) {
        let first = self.all.len();
        for (before, scored) in passages {
            let start = self.ids.len();
            self.ids.extend(before.iter().chain(scored));
            self.all.push(Passage { start, tokens: self.ids.len() - start, scored: scored.len() });
        }
        self.ends.push(self.all.len() as u32);
        self.main.push((first + main) as u32);
    }

    /// How many items there are.
    pub fn items(&self) -> usize {
        self.ends.len()
    }

    /// The passages of an item, by number.
    pub fn of(&self, item: u32) -> Range<u32> {
        let item = item as usize;
        let first = if item == 0 { 0 } else { self.ends[item - 1] };
        first..self.ends[item]
    }

    /// The passage of an item that `kl` and `perplexity` are of, by number.
    pub fn main(&self, item: u32) -> u32 {
        self.main[item as usize]
    }

    /// Whether those that `kl` and `perplexity` are of have as many tokens.
    pub fn are_of_one_length(&self) -> bool {
        let mut tokens = self.main.iter().map(|&passage| self.all[passage as usize].tokens);
        let first = tokens.next();
        tokens.all(|other| Some(other) == first)
    }

    /// The tokens of a passage.
    pub fn tokens(&self, passage: u32) -> &[u32] {
        let Passage { start, tokens, .. } = self.all[passage as usize];
        &self.ids[start..start + tokens]
    }

    /// How many tokens at the end of a passage are predicted.
    pub fn scored(&self, passage: u32) -> usize {
        self.all[passage as usize].scored
    }

    /// Tokens of the longest passage.
    pub fn longest(&self) -> usize {
        self.all.iter().map(|passage| passage.tokens).max().unwrap_or(0)
    }

    /// Tokens of the shortest passage.
    pub fn shortest(&self) -> usize {
        self.all.iter().map(|passage| passage.tokens).min().unwrap_or(0)
    }

    /// Tokens that are read for an item.
    pub fn size(&self, item: u32) -> usize {
        self.of(item).map(|passage| self.all[passage as usize].tokens).sum()
    }

    /// The identity of what the first `items` items read: passages of one length in a row are one part, behind their length.
    pub fn content(&self, items: usize) -> ContentHash {
        let count = if items == 0 { 0 } else { self.ends[items - 1] as usize };
        let runs = self.all[..count].chunk_by(|one, next| one.tokens == next.tokens);
        let parts: Vec<Vec<u8>> = runs
            .flat_map(|run| {
                let (first, last) = (run[0], run[run.len() - 1]);
                let ids = &self.ids[first.start..last.start + last.tokens];
                [(first.tokens as u64).to_le_bytes().to_vec(), bytes(ids)]
            })
            .collect();
        ContentHash::of_parts(parts.iter().map(Vec::as_slice))
    }
}

/// How many come first of `sizes` that have at most `tokens` tokens in all; at least one where there is one.
pub(crate) fn fitting(sizes: impl IntoIterator<Item = usize>, tokens: usize) -> usize {
    let mut sum = 0;
    let fit = sizes.into_iter().enumerate().take_while(|&(number, size)| {
        sum += size;
        number == 0 || sum <= tokens
    });
    fit.count()
}

/// Tokens as parts of a hash.
pub(crate) fn bytes(ids: &[u32]) -> Vec<u8> {
    ids.iter().flat_map(|id| id.to_le_bytes()).collect()
}

/// What every task of a language model measures, the usual objective first: the mean over an item's scored tokens, each item
/// weighing as many as it has.
pub fn metrics() -> Vec<MetricInfo> {
    let metric = |name: &str, unit: &str| MetricInfo {
        name: name.to_owned(),
        direction: Direction::Minimise,
        unit: unit.to_owned(),
    };
    vec![metric("kl", "nats/token"), metric("perplexity", "")]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two questions, of two and three choices.
    fn questions() -> Passages {
        let mut passages = Passages::default();
        passages.push(&[(vec![1, 2], vec![3]), (vec![1, 2], vec![4, 5])], 1);
        passages.push(&[(vec![6], vec![7]), (vec![6], vec![8]), (vec![6], vec![9, 9, 9])], 0);
        passages
    }

    #[test]
    fn items_know_their_passages() {
        let passages = questions();
        assert_eq!((passages.items(), passages.of(0), passages.of(1)), (2, 0..2, 2..5));
        assert_eq!((passages.main(0), passages.main(1)), (1, 2));
        assert_eq!((passages.tokens(1), passages.scored(1)), (&[1, 2, 4, 5][..], 2));
        assert_eq!((passages.shortest(), passages.longest()), (2, 4));
        assert_eq!((passages.size(0), passages.size(1)), (7, 8));
    }

    #[test]
    fn as_many_items_as_fit_and_always_one() {
        let fit = |tokens| fitting([7, 8], tokens);
        assert_eq!([fit(0), fit(7), fit(14), fit(15)], [1, 1, 1, 2]);
        assert_eq!(fitting([], 100), 0);
    }

    #[test]
    fn the_identity_of_texts_of_one_length_is_what_it_was_when_there_was_nothing_else() {
        let ids: Vec<u32> = (0..12).collect();
        let texts = Passages::alike(ids.clone(), 4, 3);
        let expected = ContentHash::of_parts([&4_u64.to_le_bytes()[..], &bytes(&ids[..8])]);
        assert_eq!(texts.content(2), expected);
        // Where a passage ends is part of what it is.
        let cut = |at: usize| {
            let mut passages = Passages::default();
            passages.push(&[(ids[..at].to_vec(), ids[at..8].to_vec())], 0);
            passages.push(&[(ids[8..9].to_vec(), ids[9..].to_vec())], 0);
            passages
        };
        assert_eq!(cut(2).content(2), cut(3).content(2), "which tokens are scored is not");
        assert_ne!(cut(2).content(2), Passages::alike(ids, 6, 5).content(2));
    }
}
