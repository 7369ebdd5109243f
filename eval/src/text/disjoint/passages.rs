//! Lines and sentences of a text, whatever their order.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher as _, RandomState};

use super::{FEWEST, Shared, normal};

/// Characters below which a passage says nothing: brackets, `else`, numbers.
const SHORTEST: usize = 4;

/// How often a text has which passage.
pub(super) struct Passages {
    hasher: RandomState,
    counts: HashMap<u64, u32>,
    /// Share of the text, by characters, in passages that it has more than once.
    repeated: f64,
}

impl Passages {
    pub(super) fn new(text: &str) -> Self {
        let hasher = RandomState::new();
        let mut counts: HashMap<u64, u32> = HashMap::new();
        let mut lengths: HashMap<u64, usize> = HashMap::new();
        let mut all = 0;
        each(text, |_, passage, characters| {
            let hash = hasher.hash_one(passage);
            *counts.entry(hash).or_default() += 1;
            lengths.insert(hash, characters);
            all += characters;
        });
        let once: usize =
            lengths.iter().filter(|(hash, _)| counts[hash] == 1).map(|(_, characters)| characters).sum();
        let repeated = if all == 0 { 0.0 } else { 1.0 - once as f64 / all as f64 };
        Self { hasher, counts, repeated }
    }

    /// Which of another text's passages this one has.
    pub(super) fn shared(&self, other: &str) -> Shared {
        let (mut all, mut shared, mut longest) = (0, 0, 0);
        let mut different = HashSet::new();
        let mut example = String::new();
        each(other, |own, passage, characters| {
            all += characters;
            let hash = self.hasher.hash_one(passage);
            if self.counts.contains_key(&hash) {
                shared += characters;
                different.insert(hash);
                if characters > longest {
                    longest = characters;
                    example = own.trim().to_owned();
                }
            }
        });
        if different.len() < FEWEST {
            return Shared::default();
        }
        Shared { share: shared as f64 / all as f64, expected: self.repeated, example }
    }
}

/// Hands every passage of a text, as it stands and in its normal form with its characters, to `take`.
fn each(text: &str, mut take: impl FnMut(&str, &str, usize)) {
    let mut give = |own: &str| {
        let passage = normal::form(own);
        let characters = passage.chars().count();
        if characters >= SHORTEST {
            take(own, &passage, characters);
        }
    };
    let (mut start, mut ends) = (0, false);
    for (at, character) in text.char_indices() {
        let line = matches!(character, '\n' | '\r' | '\u{B}' | '\u{C}' | '\u{85}' | '\u{2028}' | '\u{2029}');
        // A mark ends a sentence when white space follows; those of Chinese and Japanese do at once.
        if line || matches!(character, '。' | '！' | '？') || ends && character.is_whitespace() {
            give(&text[start..at]);
            start = at;
        }
        let closes = matches!(character, '"' | '\'' | ')' | '”' | '’' | '»');
        ends = matches!(character, '.' | '!' | '?' | ';' | '…') || ends && closes;
    }
    give(&text[start..]);
}
