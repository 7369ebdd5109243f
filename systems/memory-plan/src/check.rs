//! Whether offsets are a plan: a sweep over time that keeps the live intervals of addresses in a tree. No planner of this crate
//! goes that way, so a mistake of theirs does not hide here.

use std::collections::BTreeMap;
use std::fmt;

use crate::Instance;

/// Why offsets are no plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Invalid {
    /// There is not one offset for each buffer.
    Count {
        /// Offsets.
        found: usize,
        /// Buffers.
        expected: usize,
    },
    /// Two buffers that are alive at once share addresses.
    Overlap {
        /// The one that is there.
        first: usize,
        /// The one that comes.
        second: usize,
    },
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count { found, expected } => write!(f, "{found} offsets for {expected} buffers"),
            Self::Overlap { first, second } => {
                write!(f, "buffers {first} and {second} are alive at once and share addresses")
            }
        }
    }
}

impl std::error::Error for Invalid {}

/// The peak of a plan.
///
/// # Errors
/// [`Invalid`] where it is none.
pub fn peak(instance: &Instance, offsets: &[u64]) -> Result<u64, Invalid> {
    if offsets.len() != instance.len() {
        return Err(Invalid::Count { found: offsets.len(), expected: instance.len() });
    }
    // From the first address of each live buffer to its end and its number. They are disjoint, or the sweep has ended.
    let mut live: BTreeMap<u64, (u64, usize)> = BTreeMap::new();
    let mut peak = 0;
    for (_, begins, index) in instance.events() {
        let from = offsets[index];
        if !begins {
            live.remove(&from);
            continue;
        }
        let to = from.saturating_add(instance.buffers()[index].size);
        if let Some((_, &(end, first))) = live.range(..to).next_back()
            && end > from
        {
            return Err(Invalid::Overlap { first, second: index });
        }
        live.insert(from, (to, index));
        peak = peak.max(to);
    }
    Ok(peak)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Buffer;

    #[test]
    fn neighbours_in_time_and_in_addresses_are_no_overlap() {
        let buffers = [(0, 2, 4), (2, 5, 4), (0, 5, 3)];
        let buffers = buffers.map(|(start, end, size)| Buffer { start, end, size });
        let instance = Instance::new(buffers.to_vec()).unwrap();
        assert_eq!(peak(&instance, &[0, 0, 4]), Ok(7));
        assert_eq!(peak(&instance, &[0, 10, 4]), Ok(14));
        assert_eq!(peak(&instance, &[0, 1, 4]), Err(Invalid::Overlap { first: 2, second: 1 }));
        assert_eq!(peak(&instance, &[0, 0, 3]), Err(Invalid::Overlap { first: 0, second: 2 }));
        assert_eq!(peak(&instance, &[0, 0]), Err(Invalid::Count { found: 2, expected: 3 }));
    }
}
