//! Numbers of a few bits, packed without gaps, lowest bit first.

/// Packs `width` (1 to 16) bits of each number.
pub(crate) fn pack(numbers: impl Iterator<Item = u32>, width: u32, into: &mut Vec<u8>) {
    let (mut held, mut count) = (0u64, 0);
    for number in numbers {
        held |= u64::from(number) << count;
        count += width;
        while count >= 8 {
            into.push(held as u8);
            held >>= 8;
            count -= 8;
        }
    }
    if count > 0 {
        into.push(held as u8);
    }
}

/// Bytes of `numbers` packed numbers.
pub(crate) fn packed_bytes(numbers: usize, width: u32) -> usize {
    (numbers * width as usize).div_ceil(8)
}

/// The numbers that [`pack`] packed; `None` where bytes are missing.
pub(crate) fn unpack(bytes: &[u8], numbers: usize, width: u32) -> Option<Vec<u32>> {
    if bytes.len() < packed_bytes(numbers, width) {
        return None;
    }
    let (mut held, mut count, mut next) = (0u64, 0, bytes.iter());
    let mut found = Vec::with_capacity(numbers);
    for _ in 0..numbers {
        while count < width {
            held |= u64::from(*next.next()?) << count;
            count += 8;
        }
        found.push((held & ((1 << width) - 1)) as u32);
        held >>= width;
        count -= width;
    }
    Some(found)
}
