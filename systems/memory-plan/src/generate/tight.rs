//! Instances whose optimum is known because they were cut from a full rectangle.

use crate::{Buffer, Instance, Random};

/// `count` buffers (at least one) that fill `capacity` bytes over a stretch of time without a gap: the optimum is `capacity`. Rectangles
/// are cut in two, across or along, until there are enough; sizes are multiples of 512 where `capacity` is.
pub fn tight(seed: u64, count: usize, capacity: u64) -> Instance {
    let mut random = Random::new(seed);
    let unit = if capacity.is_multiple_of(512) && capacity / 512 >= count as u64 { 512 } else { 1 };
    let mut pieces = vec![Buffer { start: 0, end: 1 << 20, size: capacity.max(1) }];
    let area = |piece: &Buffer| (piece.end - piece.start) as f64 * piece.size as f64;
    let mut tries = 0;
    while pieces.len() < count && tries < 64 * count {
        tries += 1;
        // One of three, the largest: pieces stay within two or three orders of magnitude of each other.
        let picks = [0; 3].map(|_| random.below(pieces.len()));
        let pick = picks.into_iter().fold(picks[0], |best, other| {
            if area(&pieces[other]) > area(&pieces[best]) { other } else { best }
        });
        let Buffer { start, end, size } = pieces[pick];
        let share = 0.2 + 0.6 * random.unit();
        if random.unit() < 0.5 {
            let cut = start + ((end - start) as f64 * share) as u64;
            if cut > start && cut < end {
                pieces[pick].end = cut;
                pieces.push(Buffer { start: cut, end, size });
            }
        } else {
            let cut = (size as f64 * share / unit as f64) as u64 * unit;
            if cut > 0 && cut < size {
                pieces[pick].size = cut;
                pieces.push(Buffer { start, end, size: size - cut });
            }
        }
    }
    // The order tells nothing of where they were.
    for place in (1..pieces.len()).rev() {
        pieces.swap(place, random.below(place + 1));
    }
    Instance::new(pieces).expect("pieces have bytes and time")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_moment_is_full() {
        let instance = tight(1, 120, 1 << 20);
        assert_eq!((instance.len(), instance.bound()), (120, 1 << 20));
        let bytes: u128 =
            instance.buffers().iter().map(|b| u128::from(b.size) * u128::from(b.end - b.start)).sum();
        assert_eq!(bytes, 1 << 40);
        assert_eq!(tight(1, 120, 1 << 20), instance);
        assert_ne!(tight(2, 120, 1 << 20), instance);
    }
}
