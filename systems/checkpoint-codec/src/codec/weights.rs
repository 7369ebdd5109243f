//! Weights of 16 bits, exactly: whole, or as what changed since another save.

use crate::bf16::{from_ordinal, ordinal};
use crate::bits;
use crate::codec::{Decoded, Encoded};
use crate::range_coder::{Chance, Coder, Decoder, Encoder};

/// How a tensor is written where another save of it is at hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum WeightCodec {
    /// 16 bits a weight.
    Raw,
    /// A bit for each weight, and 16 for those that changed: `⌈n/8⌉ + 2·changed` bytes (BitSnap).
    Mask,
    /// The distance of each weight from its old value in the order of all bfloat16, entropy coded.
    Delta,
}

/// How a tensor is written on its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FullCodec {
    /// 16 bits a weight.
    Raw,
    /// Sign and exponent entropy coded, the mantissa as it is.
    Packed,
}

impl WeightCodec {
    /// Writes `weights`, of which `old` is another save.
    pub fn encode(self, weights: &[u16], old: &[u16]) -> Encoded {
        debug_assert_eq!(weights.len(), old.len());
        let read = 2 * weights.len() as u64;
        match self {
            Self::Raw => FullCodec::Raw.encode(weights),
            Self::Mask => {
                let changed = || weights.iter().zip(old).map(|(new, old)| new != old);
                let mut bytes = Vec::new();
                bits::pack(changed().map(u32::from), 1, &mut bytes);
                let values = weights.iter().zip(changed()).filter(|&(_, changed)| changed);
                bytes.extend(values.flat_map(|(weight, _)| weight.to_le_bytes()));
                Encoded { work: read + changed().filter(|&changed| changed).count() as u64, bytes }
            }
            Self::Delta => {
                let mut coder = Encoder::new();
                let mut distances = Distances::new();
                for (&new, &old) in weights.iter().zip(old) {
                    distances.code(&mut coder, i32::from(ordinal(new)) - i32::from(ordinal(old)));
                }
                let (bytes, work) = coder.finish();
                Encoded { bytes, work: read + work }
            }
        }
    }

    /// Reads what was written beside the same `old`; `None` where bytes are missing.
    pub fn decode(self, bytes: &[u8], old: &[u16]) -> Option<Decoded<u16>> {
        let read = 2 * old.len() as u64;
        match self {
            Self::Raw => FullCodec::Raw.decode(bytes, old.len()),
            Self::Mask => {
                let mask = bits::unpack(bytes, old.len(), 1)?;
                let mut values = bytes[bits::packed_bytes(old.len(), 1)..].chunks_exact(2);
                let mut elements = Vec::with_capacity(old.len());
                for (&changed, &old) in mask.iter().zip(old) {
                    elements.push(if changed == 1 { word(values.next()?) } else { old });
                }
                let changed = mask.iter().filter(|&&changed| changed == 1).count() as u64;
                Some(Decoded { elements, work: read + changed })
            }
            Self::Delta => {
                let mut coder = Decoder::new(bytes);
                let mut distances = Distances::new();
                let mut next = |&old: &u16| {
                    let distance = distances.code(&mut coder, 0);
                    from_ordinal((i32::from(ordinal(old)) + distance) as u16)
                };
                let elements = old.iter().map(&mut next).collect();
                Some(Decoded { elements, work: read + coder.work() })
            }
        }
    }
}

impl FullCodec {
    /// Writes `weights`.
    pub fn encode(self, weights: &[u16]) -> Encoded {
        match self {
            Self::Raw => Encoded {
                bytes: weights.iter().flat_map(|weight| weight.to_le_bytes()).collect(),
                work: weights.len() as u64,
            },
            Self::Packed => {
                let mut coder = Encoder::new();
                let mut chances = vec![Chance::default(); 1 << 9];
                for &weight in weights {
                    packed(&mut coder, &mut chances, weight);
                }
                let (bytes, work) = coder.finish();
                Encoded { bytes, work: weights.len() as u64 + work }
            }
        }
    }

    /// Reads `count` weights; `None` where bytes are missing.
    pub fn decode(self, bytes: &[u8], count: usize) -> Option<Decoded<u16>> {
        match self {
            Self::Raw => {
                let elements: Vec<u16> = bytes.chunks_exact(2).take(count).map(word).collect();
                (elements.len() == count).then_some(Decoded { elements, work: count as u64 })
            }
            Self::Packed => {
                let mut coder = Decoder::new(bytes);
                let mut chances = vec![Chance::default(); 1 << 9];
                let elements = (0..count).map(|_| packed(&mut coder, &mut chances, 0)).collect();
                Some(Decoded { elements, work: count as u64 + coder.work() })
            }
        }
    }
}

fn word(bytes: &[u8]) -> u16 {
    u16::from_le_bytes([bytes[0], bytes[1]])
}

/// Sign and exponent by what went before, mantissa plainly.
fn packed(coder: &mut impl Coder, chances: &mut [Chance], weight: u16) -> u16 {
    let head = coder.tree(chances, u32::from(weight >> 7), 9);
    (head << 7 | coder.plain(u32::from(weight & 0x7f), 7)) as u16
}

/// What is known of signed distances: how many bits they have, and the two bits after the first of those.
struct Distances {
    lengths: Vec<Chance>,
    seconds: Vec<[Chance; 4]>,
    sign: Chance,
}

impl Distances {
    fn new() -> Self {
        Self {
            lengths: vec![Chance::default(); 32],
            seconds: vec![Default::default(); 17],
            sign: Chance::default(),
        }
    }

    /// Codes a distance of at most ±65535: its bits, its sign, and what follows its first bit.
    fn code(&mut self, coder: &mut impl Coder, distance: i32) -> i32 {
        let size = distance.unsigned_abs();
        let length = coder.tree(&mut self.lengths, u32::BITS - size.leading_zeros(), 5);
        if length == 0 {
            return 0;
        }
        let negative = coder.bit(&mut self.sign, distance < 0);
        let rest = length.min(17) - 1;
        let (known, plain) = (rest.min(2), rest.saturating_sub(2));
        let head = coder.tree(&mut self.seconds[rest as usize], size >> plain & ((1 << known) - 1), known);
        let tail = coder.plain(size & ((1 << plain) - 1), plain);
        let size = (((1 << known) | head) << plain | tail) as i32;
        if negative { -size } else { size }
    }
}
