//! Seeded randomness that does not depend on who draws first.
//!
//! Every proposal gets a generator of its own, derived from `(seed, purpose, indices)`. So a study is
//! the same with one worker and with sixteen, and any part of it can be replayed alone.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::hash::ContentHash;

/// The generator used throughout: small, fast and with a published, portable stream.
pub type Rng = ChaCha8Rng;

/// The generator of one purpose (`"proposal"`, `"bootstrap"`, …) at one place of a study.
pub fn derive(seed: u64, purpose: &str, indices: &[u64]) -> Rng {
    let mut bytes = Vec::with_capacity(8 + 8 * indices.len());
    bytes.extend(seed.to_le_bytes());
    for index in indices {
        bytes.extend(index.to_le_bytes());
    }
    Rng::from_seed(*ContentHash::of_parts([purpose.as_bytes(), &bytes]).as_bytes())
}

#[cfg(test)]
mod tests {
    use rand::Rng as _;

    use super::derive;

    #[test]
    fn streams_are_repeatable_and_distinct() {
        let first = |seed, purpose, index| derive(seed, purpose, &[index]).next_u64();
        assert_eq!(first(1, "a", 0), first(1, "a", 0));
        assert_ne!(first(1, "a", 0), first(2, "a", 0));
        assert_ne!(first(1, "a", 0), first(1, "b", 0));
        assert_ne!(first(1, "a", 0), first(1, "a", 1));
    }
}
