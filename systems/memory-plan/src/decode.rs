//! From an order to a plan: one buffer after the other goes into a gap between those that are placed already.

use crate::{Instance, Offsets};

/// Which gap a buffer takes; where none is large enough, it goes on top.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fit {
    /// The lowest that is large enough. Every plan can be packed down to one that some order gives.
    #[default]
    Lowest,
    /// The smallest that is large enough, the lowest of equal ones.
    Tightest,
}

/// The plan of an order, which names every buffer once.
pub fn decode(instance: &Instance, order: &[u32], fit: Fit) -> Offsets {
    let buffers = instance.buffers();
    let mut offsets = vec![0; buffers.len()];
    // Placed ones by their offsets: (offset, end, start of life, end of life).
    let mut placed: Vec<(u64, u64, u64, u64)> = Vec::with_capacity(buffers.len());
    for &index in order {
        let buffer = buffers[index as usize];
        let mut floor = 0;
        let mut best: Option<(u64, u64)> = None;
        for &(from, to, start, end) in &placed {
            if start >= buffer.end || buffer.start >= end {
                continue;
            }
            if from >= floor + buffer.size {
                let gap = from - floor;
                if best.is_none_or(|(least, _)| gap < least) {
                    best = Some((gap, floor));
                }
                if fit == Fit::Lowest {
                    break;
                }
            }
            floor = floor.max(to);
        }
        let offset = best.map_or(floor, |(_, offset)| offset);
        offsets[index as usize] = offset;
        let place = placed.partition_point(|&(from, ..)| from <= offset);
        placed.insert(place, (offset, offset + buffer.size, buffer.start, buffer.end));
    }
    offsets
}

/// The order of a plan: by offsets, equal ones by number. Decoded by the lowest fit it takes no more than the plan.
pub fn order_of(offsets: &[u64]) -> Vec<u32> {
    let mut order: Vec<u32> = (0..offsets.len() as u32).collect();
    order.sort_by_key(|&index| offsets[index as usize]);
    order
}

/// The largest first, of equal ones the longest.
pub fn by_size(instance: &Instance) -> Vec<u32> {
    descending(instance, |size, life| (size, life))
}

/// The largest product of size and lifetime first.
pub fn by_area(instance: &Instance) -> Vec<u32> {
    descending(instance, |size, life| (u128::from(size) * u128::from(life), 0_u64))
}

/// The longest first, of equal ones the largest.
pub fn by_life(instance: &Instance) -> Vec<u32> {
    descending(instance, |size, life| (life, size))
}

fn descending<K: Ord>(instance: &Instance, key: impl Fn(u64, u64) -> K) -> Vec<u32> {
    let mut order: Vec<u32> = (0..instance.len() as u32).collect();
    order.sort_by_cached_key(|&index| {
        let buffer = instance.buffers()[index as usize];
        std::cmp::Reverse(key(buffer.size, buffer.end - buffer.start))
    });
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Buffer;

    #[test]
    fn a_buffer_takes_the_lowest_or_the_tightest_gap() {
        // At time 5 only 0, 2 and 4 live; the gaps under 2 (30) and under 4 (20) are free.
        let buffers = [(0, 9, 10), (0, 5, 30), (0, 9, 10), (0, 5, 20), (0, 9, 10), (5, 9, 15)];
        let buffers = buffers.map(|(start, end, size)| Buffer { start, end, size });
        let instance = Instance::new(buffers.to_vec()).unwrap();
        let order = [0, 1, 2, 3, 4, 5];
        assert_eq!(decode(&instance, &order, Fit::Lowest), [0, 10, 40, 50, 70, 10]);
        assert_eq!(decode(&instance, &order, Fit::Tightest), [0, 10, 40, 50, 70, 50]);
    }
}
