//! The caching allocator of PyTorch, emulated (`c10/cuda/CUDACachingAllocator.cpp` with its default settings, one stream, memory without
//! end): sizes rounded to 512 bytes, a pool for up to 1 MiB in segments of 2 MiB and one for more in segments of 20 MiB or of whole
//! 2 MiB, best fit, blocks split and merged with free neighbours.

use std::collections::BTreeSet;

use crate::{Instance, Offsets};

const MIB: u64 = 1 << 20;
/// Sizes are multiples of it.
pub const ROUNDING: u64 = 512;
/// The largest request that the pool of small blocks takes.
const SMALL: u64 = MIB;
/// A segment of small blocks.
const SMALL_SEGMENT: u64 = 2 * MIB;
/// Requests below it share segments of [`LARGE_SEGMENT`].
const ALONE: u64 = 10 * MIB;
const LARGE_SEGMENT: u64 = 20 * MIB;
/// Segments of larger requests are multiples of it.
const SEGMENT_ROUNDING: u64 = 2 * MIB;

/// What the allocator came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reserved {
    /// Bytes of all segments at the end, which is their most: segments are kept.
    pub bytes: u64,
    /// Where every buffer lay, with segments one after the other in the order in which they were taken.
    pub offsets: Offsets,
}

/// Bytes that a request becomes.
pub fn rounded(size: u64) -> u64 {
    size.max(1).next_multiple_of(ROUNDING)
}

/// Bytes of the segment that is taken where no block is large enough.
fn segment(size: u64) -> u64 {
    if size <= SMALL {
        SMALL_SEGMENT
    } else if size < ALONE {
        LARGE_SEGMENT
    } else {
        size.next_multiple_of(SEGMENT_ROUNDING)
    }
}

#[derive(Clone, Copy)]
struct Block {
    size: u64,
    free: bool,
    small: bool,
    /// Whether the block before it, or after it, is of the same segment.
    joined: (bool, bool),
}

/// Runs the allocations and frees of an instance.
pub fn run(instance: &Instance) -> Reserved {
    let mut blocks: std::collections::BTreeMap<u64, Block> = std::collections::BTreeMap::new();
    let mut pools: [BTreeSet<(u64, u64)>; 2] = Default::default();
    let mut bytes = 0;
    let mut offsets = vec![0; instance.len()];
    for (_, begins, index) in instance.events() {
        if !begins {
            free(&mut blocks, &mut pools, offsets[index]);
            continue;
        }
        let size = rounded(instance.buffers()[index].size);
        let small = size <= SMALL;
        let pool = usize::from(small);
        let fit = pools[pool].range((size, 0)..).next().copied();
        let at = match fit {
            Some(found) => {
                pools[pool].remove(&found);
                found.1
            }
            None => {
                let whole = segment(size);
                blocks.insert(bytes, Block { size: whole, free: false, small, joined: (false, false) });
                bytes += whole;
                bytes - whole
            }
        };
        let block = blocks.get_mut(&at).expect("a block of the pool");
        let rest = block.size - size;
        block.free = false;
        if if small { rest >= ROUNDING } else { rest > SMALL } {
            let after = block.joined.1;
            block.size = size;
            block.joined.1 = true;
            blocks.insert(at + size, Block { size: rest, free: true, small, joined: (true, after) });
            pools[pool].insert((rest, at + size));
        }
        offsets[index] = at;
    }
    Reserved { bytes, offsets }
}

fn free(
    blocks: &mut std::collections::BTreeMap<u64, Block>,
    pools: &mut [BTreeSet<(u64, u64)>; 2],
    mut at: u64,
) {
    let mut block = blocks[&at];
    let pool = &mut pools[usize::from(block.small)];
    if block.joined.1
        && let Some(&next) = blocks.get(&(at + block.size)).filter(|next| next.free)
    {
        pool.remove(&(next.size, at + block.size));
        blocks.remove(&(at + block.size));
        block.size += next.size;
        block.joined.1 = next.joined.1;
    }
    if block.joined.0
        && let Some((&before, &previous)) =
            blocks.range(..at).next_back().filter(|(_, previous)| previous.free)
    {
        pool.remove(&(previous.size, before));
        blocks.remove(&at);
        block.size += previous.size;
        block.joined.0 = previous.joined.0;
        at = before;
    }
    block.free = true;
    pool.insert((block.size, at));
    blocks.insert(at, block);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Buffer, check};

    fn reserved(buffers: &[(u64, u64, u64)]) -> (u64, Offsets) {
        let buffers = buffers.iter().map(|&(start, end, size)| Buffer { start, end, size });
        let instance = Instance::new(buffers.collect()).unwrap();
        let Reserved { bytes, offsets } = run(&instance);
        check::peak(&instance, &offsets).unwrap();
        (bytes, offsets)
    }

    #[test]
    fn small_requests_share_two_mebibytes_and_fill_what_was_freed() {
        // 100 bytes become 512; the second starts there. When the first is gone, the third takes its block: best fit.
        let (bytes, offsets) = reserved(&[(0, 2, 100), (1, 9, 1000), (3, 9, 512)]);
        assert_eq!((bytes, offsets), (2 * MIB, vec![0, 512, 0]));
    }

    #[test]
    fn middling_requests_share_twenty_mebibytes_and_large_ones_have_their_own() {
        let (bytes, offsets) = reserved(&[(0, 9, 3 * MIB), (1, 9, 4 * MIB), (2, 9, 11 * MIB + 1)]);
        // 7 MiB of the first segment are used, 13 are left: 11 MiB and a bit fit.
        assert_eq!((bytes, offsets), (20 * MIB, vec![0, 3 * MIB, 7 * MIB]));
        let (bytes, _) = reserved(&[(0, 9, 11 * MIB + 1), (1, 9, 3 * MIB)]);
        // 12 MiB for the first, whose rest below 1 MiB stays with it; 20 MiB for the second.
        assert_eq!(bytes, 32 * MIB);
    }

    #[test]
    fn a_large_block_is_split_only_where_more_than_a_mebibyte_is_left() {
        // 20 MiB − 19 MiB is not more than 1 MiB, so the second request of 1 MiB + 512 needs a segment.
        let (bytes, _) = reserved(&[(0, 2, 9 * MIB), (2, 9, 19 * MIB), (3, 9, MIB + 512)]);
        assert_eq!(bytes, 40 * MIB);
    }

    #[test]
    fn freed_neighbours_become_one_block() {
        let (bytes, offsets) =
            reserved(&[(0, 3, 6 * MIB), (1, 4, 7 * MIB), (2, 5, 7 * MIB), (6, 9, 20 * MIB), (7, 9, 512)]);
        assert_eq!((bytes, offsets[3], offsets[4]), (22 * MIB, 0, 20 * MIB));
    }

    #[test]
    fn fragmentation_is_what_the_pools_and_their_order_cost() {
        // Blocks of 12 MiB and 14 MiB; when both are free, 26 MiB do not fit into either segment.
        let (bytes, _) = reserved(&[(0, 2, 12 * MIB), (1, 2, 14 * MIB), (3, 4, 26 * MIB)]);
        assert_eq!(bytes, 52 * MIB);
    }
}
