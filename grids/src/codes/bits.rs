//! Codes side by side.

/// A stream of bits, the lowest first, in whole words of 32 bits: codes whose bits do not divide 32 cross the words' bounds.
#[derive(Default)]
pub struct Bits {
    pending: u64,
    count: u32,
}

impl Bits {
    /// Appends the low `bits` of a code, which has no others; up to 8.
    pub fn push(&mut self, packed: &mut Vec<u8>, code: u32, bits: u32) {
        self.pending |= u64::from(code) << self.count;
        self.count += bits;
        if self.count >= 32 {
            packed.extend((self.pending as u32).to_le_bytes());
            self.pending >>= 32;
            self.count -= 32;
        }
    }

    /// Fills the last word up with zeros.
    pub fn finish(self, packed: &mut Vec<u8>) {
        if self.count > 0 {
            packed.extend((self.pending as u32).to_le_bytes());
        }
    }
}

/// Codes of 4 bits, two in a byte, the first one in the low half.
pub fn nibbles(codes: &[u8]) -> Vec<u8> {
    codes.chunks(2).map(|pair| pair[0] | pair.get(1).map_or(0, |second| second << 4)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_follow_each_other_and_cross_words() {
        let (mut packed, mut stream) = (Vec::new(), Bits::default());
        // Eleven codes of 3 bits: the last one begins with bit 30.
        for code in [1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 7] {
            stream.push(&mut packed, code, 3);
        }
        stream.finish(&mut packed);
        let number = u64::from_le_bytes(packed.clone().try_into().unwrap());
        assert_eq!((number & 7, number >> 30 & 7, number >> 33), (1, 7, 0));
        assert_eq!(nibbles(&[1, 2, 3]), [0x21, 0x03]);
    }
}
