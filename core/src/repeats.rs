//! Messages that repeat: the first is shown, those like it are counted.

use std::collections::BTreeMap;

use crate::printable::{self, grouped};

/// Kinds of message that are told apart; more of them count as one kind.
const KINDS: usize = 64;
/// Characters of a message that tell its kind.
const TOLD: usize = 160;

/// Which messages came how often. Two are alike when they differ in numbers only.
#[derive(Clone, Debug, Default)]
pub struct Repeats {
    kinds: BTreeMap<String, Kind>,
}

#[derive(Clone, Debug)]
struct Kind {
    first: String,
    /// How many like the first there were, and how many of them have been told.
    more: usize,
    told: usize,
}

impl Repeats {
    /// What to show of a message: itself when it is the first of its kind, how many there were each time their number
    /// has grown tenfold, and otherwise nothing.
    pub fn show(&mut self, message: &str) -> Option<String> {
        let mut kind = kind_of(message);
        if self.kinds.len() >= KINDS && !self.kinds.contains_key(&kind) {
            kind = String::new();
        }
        let Some(known) = self.kinds.get_mut(&kind) else {
            let first = if kind.is_empty() { "other messages".to_owned() } else { message.to_owned() };
            self.kinds.insert(kind, Kind { first: printable::quoted(&first).into_owned(), more: 0, told: 0 });
            return Some(printable::line(message, printable::MESSAGE).into_owned());
        };
        known.more += 1;
        (known.more >= 10 && known.more.ilog10() > known.told.max(1).ilog10()).then(|| known.tell())
    }

    /// How many there were of every kind since that was told last; then nothing is left to tell.
    pub fn rest(&mut self) -> Vec<String> {
        self.kinds.values_mut().filter(|kind| kind.more > kind.told).map(Kind::tell).collect()
    }
}

impl Kind {
    fn tell(&mut self) -> String {
        self.told = self.more;
        format!("… {} more like this: {}", grouped(self.more), self.first)
    }
}

/// The beginning of a message with every number made the same.
fn kind_of(message: &str) -> String {
    let mut kind = String::new();
    let mut digits = false;
    for character in message.chars().take(TOLD) {
        let digit = character.is_ascii_digit();
        if !(digit && digits) {
            kind.push(if digit { '0' } else { character });
        }
        digits = digit;
    }
    // An empty message has a kind, too; the empty one is that of all others.
    if kind.is_empty() { " ".to_owned() } else { kind }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_is_shown_and_the_others_are_counted() {
        let mut repeats = Repeats::default();
        let shown: Vec<String> =
            (0..1_235).filter_map(|draw| repeats.show(&format!("draw {draw} is odd"))).collect();
        assert_eq!(shown[0], "draw 0 is odd");
        assert_eq!(shown.len(), 4, "{shown:?}");
        assert_eq!(shown[3], "… 1,000 more like this: draw 0 is odd");
        assert_eq!(repeats.rest(), ["… 1,234 more like this: draw 0 is odd"]);
        assert!(repeats.rest().is_empty());
    }

    #[test]
    fn empty_messages_and_ever_new_ones_are_counted_too() {
        let mut repeats = Repeats::default();
        let empty = (0..50_000).filter_map(|_| repeats.show("")).count();
        assert_eq!(empty, 5, "itself, then at 10, 100, 1,000 and 10,000");
        let word = |index: u32| -> String {
            (0..6).map(|place| char::from(b'a' + (index >> (4 * place) & 15) as u8)).collect()
        };
        let new = (0..50_000).filter_map(|index| repeats.show(&word(index))).count();
        assert!(new < KINDS + 6, "{new}");
        assert!(repeats.rest().iter().any(|told| told.ends_with("other messages")));
    }
}
