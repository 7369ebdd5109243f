//! An adaptive binary range coder (Martin, 1979; carries are handled as in LZMA's coder, whose probabilities of 11 bits it has).

const BITS: u32 = 11;
const RATE: u32 = 5;
const LEAST: u32 = 1 << 24;

/// The probability that a bit is 0, learnt from those before it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Chance(u16);

impl Default for Chance {
    fn default() -> Self {
        Self(1 << (BITS - 1))
    }
}

impl Chance {
    fn learn(&mut self, bit: bool) {
        if bit {
            self.0 -= self.0 >> RATE;
        } else {
            self.0 += ((1 << BITS) - self.0) >> RATE;
        }
    }
}

/// Writes bits, or reads them back: a code is written once for both.
pub(crate) trait Coder {
    /// Codes a bit by what is known of it. A reader gives back the bit that was written, and minds no `bit`.
    fn bit(&mut self, chance: &mut Chance, bit: bool) -> bool;

    /// Codes the lowest `count` bits of a number, highest first, by halves.
    fn plain(&mut self, value: u32, count: u32) -> u32 {
        (0..count).rev().fold(0, |read, place| {
            let mut even = Chance::default();
            read << 1 | u32::from(self.bit(&mut even, value >> place & 1 == 1))
        })
    }

    /// Codes the lowest `count` bits of a number, highest first, each by those above it; `chances` has 2^`count`.
    fn tree(&mut self, chances: &mut [Chance], value: u32, count: u32) -> u32 {
        let node = (0..count).rev().fold(1, |node, place| {
            let bit = self.bit(&mut chances[node], value >> place & 1 == 1);
            node << 1 | usize::from(bit)
        });
        (node - (1 << count)) as u32
    }

    /// Bits that were coded so far.
    fn work(&self) -> u64;
}

pub(crate) struct Encoder {
    low: u64,
    range: u32,
    held: u8,
    /// Bytes that a carry may still change.
    pending: u64,
    bytes: Vec<u8>,
    work: u64,
}

impl Encoder {
    pub(crate) fn new() -> Self {
        Self { low: 0, range: u32::MAX, held: 0, pending: 1, bytes: Vec::new(), work: 0 }
    }

    /// The bytes, of which the first is always 0 and left out, and the bits that were coded.
    pub(crate) fn finish(mut self) -> (Vec<u8>, u64) {
        for _ in 0..5 {
            self.shift();
        }
        self.bytes.remove(0);
        // A reader takes missing bytes for 0.
        while self.bytes.last() == Some(&0) {
            self.bytes.pop();
        }
        (self.bytes, self.work)
    }

    fn shift(&mut self) {
        if self.low < 0xff00_0000 || self.low > 0xffff_ffff {
            let carry = (self.low >> 32) as u8;
            let mut byte = self.held;
            while self.pending > 0 {
                self.bytes.push(byte.wrapping_add(carry));
                byte = 0xff;
                self.pending -= 1;
            }
            self.held = (self.low >> 24) as u8;
        }
        self.pending += 1;
        self.low = (self.low & 0x00ff_ffff) << 8;
    }
}

impl Coder for Encoder {
    fn bit(&mut self, chance: &mut Chance, bit: bool) -> bool {
        let split = (self.range >> BITS) * u32::from(chance.0);
        if bit {
            self.low += u64::from(split);
            self.range -= split;
        } else {
            self.range = split;
        }
        chance.learn(bit);
        while self.range < LEAST {
            self.range <<= 8;
            self.shift();
        }
        self.work += 1;
        bit
    }

    fn work(&self) -> u64 {
        self.work
    }
}

pub(crate) struct Decoder<'a> {
    code: u32,
    range: u32,
    bytes: std::slice::Iter<'a, u8>,
    work: u64,
}

impl<'a> Decoder<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        let mut decoder = Self { code: 0, range: u32::MAX, bytes: bytes.iter(), work: 0 };
        for _ in 0..4 {
            decoder.shift();
        }
        decoder
    }

    fn shift(&mut self) {
        self.code = self.code << 8 | u32::from(self.bytes.next().copied().unwrap_or(0));
    }
}

impl Coder for Decoder<'_> {
    fn bit(&mut self, chance: &mut Chance, _: bool) -> bool {
        let split = (self.range >> BITS) * u32::from(chance.0);
        let bit = self.code >= split;
        if bit {
            self.code -= split;
            self.range -= split;
        } else {
            self.range = split;
        }
        chance.learn(bit);
        while self.range < LEAST {
            self.range <<= 8;
            self.shift();
        }
        self.work += 1;
        bit
    }

    fn work(&self) -> u64 {
        self.work
    }
}
