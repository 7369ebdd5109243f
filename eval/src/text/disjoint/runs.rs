//! Stretches of text that occur in two texts.

use std::collections::HashMap;
use std::ops::Range;

use super::{EXAMPLE, Shared, normal};

/// Places that are looked at for one stretch: a text that says the same thing more often than that is understood.
const PLACES: usize = 16;

/// A text in which runs are looked up. Every window of `window` characters that starts at a multiple of it is known by a
/// hash, so every run of at least `run` holds a whole one.
pub(super) struct Runs {
    characters: Vec<char>,
    run: usize,
    window: usize,
    places: HashMap<u64, Vec<u32>>,
    /// Share of the text in runs that occur elsewhere in it as well.
    repeated: f64,
}

/// Base of the rolling hash of a window: odd, and large.
const BASE: u64 = 0x9E37_79B9_7F4A_7C15;

impl Runs {
    pub(super) fn new(text: &str, run: usize) -> Self {
        let characters: Vec<char> = normal::form(text).chars().collect();
        let window = run.div_ceil(2);
        let mut places: HashMap<u64, Vec<u32>> = HashMap::new();
        for (number, part) in characters.chunks_exact(window).enumerate() {
            let known = places.entry(hash(part)).or_default();
            if known.len() < PLACES {
                known.push((number * window) as u32);
            }
        }
        let mut runs = Self { characters, run, window, places, repeated: 0.0 };
        runs.repeated = runs.covered(&runs.characters, true).0;
        runs
    }

    /// What runs of another text this one has.
    pub(super) fn shared(&self, other: &str) -> Shared {
        let form: Vec<char> = normal::form(other).chars().collect();
        let (share, longest) = self.covered(&form, false);
        Shared { share, expected: self.repeated, example: excerpt(other, longest.start) }
    }

    /// The share of `other` that runs cover, and where the longest of them is; in the text itself, a run is not its own
    /// copy.
    fn covered(&self, other: &[char], own: bool) -> (f64, Range<usize>) {
        let window = self.window;
        let mut longest = 0..0;
        if other.len() < self.run || self.characters.len() < self.run {
            return (0.0, longest);
        }
        let lead = (1..window).fold(1u64, |power, _| power.wrapping_mul(BASE));
        let (mut covered, mut end) = (0, 0);
        let mut at = 0;
        let mut rolling = hash(&other[..window]);
        loop {
            if let Some(run) = self.around(other, at, rolling, own) {
                covered += run.end - run.start.max(end).min(run.end);
                end = end.max(run.end);
                // The next run that is not part of this one reaches beyond its end.
                let next = (run.end + 1).saturating_sub(window).max(at + 1);
                if run.len() > longest.len() {
                    longest = run;
                }
                if next + window > other.len() {
                    break;
                }
                at = next;
                rolling = hash(&other[at..at + window]);
                continue;
            }
            if at + window >= other.len() {
                break;
            }
            rolling = rolling
                .wrapping_sub(value(other[at]).wrapping_mul(lead))
                .wrapping_mul(BASE)
                .wrapping_add(value(other[at + window]));
            at += 1;
        }
        (covered as f64 / other.len() as f64, longest)
    }

    /// The longest run of `other` around the window at `at` that is long enough.
    fn around(&self, other: &[char], at: usize, hash: u64, own: bool) -> Option<Range<usize>> {
        let (known, window) = (&self.characters, self.window);
        let places =
            self.places.get(&hash)?.iter().map(|&place| place as usize).filter(|&place| !own || place != at);
        let same = places.filter(|&place| known[place..place + window] == other[at..at + window]);
        let runs = same.map(|place| {
            let back =
                known[..place].iter().rev().zip(other[..at].iter().rev()).take_while(|(a, b)| a == b).count();
            let behind = known[place + window..].iter().zip(&other[at + window..]);
            at - back..at + window + behind.take_while(|(a, b)| a == b).count()
        });
        runs.filter(|run| run.len() >= self.run).max_by_key(ExactSizeIterator::len)
    }
}

/// The words of a text around a character of its normal form.
fn excerpt(text: &str, character: usize) -> String {
    let mut behind = 0;
    let words = text.split_whitespace().skip_while(|word| {
        behind += normal::form(word).chars().count();
        behind <= character
    });
    let mut excerpt = String::new();
    for word in words {
        excerpt.push_str(word);
        if excerpt.len() > EXAMPLE {
            break;
        }
        excerpt.push(' ');
    }
    excerpt
}

fn hash(part: &[char]) -> u64 {
    part.iter().fold(0, |hash: u64, &character| hash.wrapping_mul(BASE).wrapping_add(value(character)))
}

fn value(character: char) -> u64 {
    u64::from(u32::from(character)) + 1
}
