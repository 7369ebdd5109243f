//! The optimiser's moments in a few bits: blocks with a scale each, or clusters of values with a range each.

use crate::bits;
use crate::codec::{Decoded, Encoded};

/// Rounds of Lloyd's algorithm.
const ROUNDS: usize = 8;

/// Which moment: it decides how values are rounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Moment {
    /// The mean of gradients, of any sign; rounded to nearest.
    First,
    /// The mean of squared gradients. Its square root is what is coded, as the step is divided by that, and it is rounded up, so that
    /// no step is longer than it was.
    Second,
}

/// How a tensor of a moment is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MomentCodec {
    /// 32 bits a value.
    Raw,
    /// Codes of `bits` (1 to 8) by the largest size of each block of `size` values: `⌈n·bits/8⌉ + 4·⌈n/size⌉` bytes.
    Block {
        /// Bits of a code.
        bits: u32,
        /// Values that share a scale.
        size: usize,
    },
    /// `clusters` (a power of two, at most 256) ranges found by k-means, a label and a code of `bits` (1 to 8) within the range
    /// for each value: `⌈n·(bits + log₂ clusters)/8⌉ + 8·clusters` bytes (BitSnap, re-derived). In a range that has 0 in it, the
    /// code nearest to 0 means 0.
    Cluster {
        /// How many ranges.
        clusters: usize,
        /// Bits of a code within a range.
        bits: u32,
    },
}

impl MomentCodec {
    /// Writes the values of a moment: finite ones, and of the second one none below zero.
    pub fn encode(self, moment: Moment, values: &[f32]) -> Encoded {
        let count = values.len() as u64;
        let raw = || values.iter().flat_map(|value| value.to_le_bytes()).collect();
        match self {
            Self::Raw => Encoded { bytes: raw(), work: count },
            Self::Block { bits, size } => {
                Encoded { bytes: block(&moment.coded(values), moment, bits, size), work: 3 * count }
            }
            Self::Cluster { clusters, bits } => cluster(&moment.coded(values), moment, clusters, bits),
        }
    }

    /// Reads `count` values of a moment; `None` where bytes are missing.
    pub fn decode(self, moment: Moment, bytes: &[u8], count: usize) -> Option<Decoded<f32>> {
        let work = count as u64;
        let (coded, work) = match self {
            Self::Raw => {
                let elements = floats(bytes.get(..4 * count)?);
                return Some(Decoded { elements, work });
            }
            Self::Block { bits, size } => {
                let head = 4 * count.div_ceil(size);
                let scales = floats(bytes.get(..head)?);
                let codes = bits::unpack(&bytes[head..], count, bits)?;
                let value = |(place, code): (usize, u32)| moment.level(code, bits) * scales[place / size];
                (codes.into_iter().enumerate().map(value).collect(), 2 * work)
            }
            Self::Cluster { clusters, bits } => {
                let ranges = floats(bytes.get(..8 * clusters)?);
                let width = bits + clusters.trailing_zeros();
                let codes = bits::unpack(&bytes[8 * clusters..], count, width)?;
                let most = ((1u32 << bits) - 1) as f32;
                let value = |code: u32| {
                    let label = (code >> bits) as usize;
                    let (low, high) = (ranges[2 * label], ranges[2 * label + 1]);
                    let level = (code & ((1 << bits) - 1)) as f32;
                    // What never had a gradient has two moments of 0, and any other first one would be a step without end.
                    let zero = (-low / (high - low) * most + 0.5).floor();
                    if low <= 0.0 && high >= 0.0 && level == zero {
                        0.0
                    } else {
                        low + (high - low) * (level / most)
                    }
                };
                (codes.into_iter().map(value).collect(), 2 * work)
            }
        };
        Some(Decoded { elements: moment.values(coded), work })
    }
}

impl Moment {
    /// What is coded of the values.
    fn coded(self, values: &[f32]) -> Vec<f32> {
        match self {
            Self::First => values.to_vec(),
            Self::Second => values.iter().map(|value| value.sqrt()).collect(),
        }
    }

    /// The values of what was coded.
    fn values(self, coded: Vec<f32>) -> Vec<f32> {
        match self {
            Self::First => coded,
            Self::Second => coded.into_iter().map(|root| root * root).collect(),
        }
    }

    /// The code of a value between 0 and the number of steps.
    fn step(self, value: f32, steps: u32) -> u32 {
        let rounded = match self {
            Self::First => (value + 0.5).floor(),
            Self::Second => value.ceil(),
        };
        (rounded.max(0.0) as u32).min(steps)
    }

    /// The code of a value in units of its block's scale.
    fn code(self, value: f32, bits: u32) -> u32 {
        match self {
            // Symmetric, so that 0 stays 0.
            Self::First => {
                let half = (1u32 << (bits - 1)) - 1;
                self.step(value * half as f32 + half as f32, 2 * half)
            }
            Self::Second => self.step(value * ((1u32 << bits) - 1) as f32, (1 << bits) - 1),
        }
    }

    /// What a code means in units of its block's scale.
    fn level(self, code: u32, bits: u32) -> f32 {
        match self {
            Self::First => {
                let half = ((1u32 << (bits - 1)) - 1) as f32;
                (code as f32 - half) / half
            }
            Self::Second => code as f32 / ((1u32 << bits) - 1) as f32,
        }
    }
}

fn block(values: &[f32], moment: Moment, bits: u32, size: usize) -> Vec<u8> {
    let scales: Vec<f32> = values
        .chunks(size)
        .map(|block| block.iter().fold(0.0, |most: f32, value| most.max(value.abs())))
        .collect();
    let mut bytes: Vec<u8> = scales.iter().flat_map(|scale| scale.to_le_bytes()).collect();
    let code = |(place, value): (usize, &f32)| {
        let scale = scales[place / size];
        moment.code(if scale > 0.0 { value / scale } else { 0.0 }, bits)
    };
    bits::pack(values.iter().enumerate().map(code), bits, &mut bytes);
    bytes
}

fn cluster(values: &[f32], moment: Moment, clusters: usize, bits: u32) -> Encoded {
    let mut sorted = values.to_vec();
    sorted.sort_by(f32::total_cmp);
    let (starts, rounds) = boundaries(&sorted, clusters);
    let ranges: Vec<(f32, f32)> = starts
        .windows(2)
        .map(|pair| if pair[0] < pair[1] { (sorted[pair[0]], sorted[pair[1] - 1]) } else { (0.0, 0.0) })
        .collect();
    let mut bytes: Vec<u8> =
        ranges.iter().flat_map(|(low, high)| [low.to_le_bytes(), high.to_le_bytes()]).flatten().collect();
    // Labels go by the sorted order; equal values may lie on both sides of a boundary, and either range has them.
    let occupied: Vec<usize> = (0..clusters).filter(|&label| starts[label] < starts[label + 1]).collect();
    let most = (1u32 << bits) - 1;
    let code = |value: &f32| {
        let place = occupied.partition_point(|&label| ranges[label].1 < *value).min(occupied.len() - 1);
        let (low, high) = ranges[occupied[place]];
        let share = if high > low { (value - low) / (high - low) } else { 0.0 };
        (occupied[place] as u32) << bits | moment.step(share * most as f32, most)
    };
    let labels = clusters.trailing_zeros();
    bits::pack(values.iter().map(code), bits + labels, &mut bytes);
    let count = values.len() as u64;
    let sorting = count * u64::from(count.max(2).ilog2());
    Encoded { bytes, work: sorting + rounds * count + count * u64::from(labels + 1) }
}

/// Where each cluster of sorted values begins, and how many rounds that took: k-means from equal shares.
fn boundaries(sorted: &[f32], clusters: usize) -> (Vec<usize>, u64) {
    let count = sorted.len();
    let mut starts: Vec<usize> = (0..=clusters).map(|label| label * count / clusters).collect();
    for round in 0..ROUNDS {
        let mean = |pair: &[usize]| {
            let part = &sorted[pair[0]..pair[1]];
            (!part.is_empty())
                .then(|| part.iter().map(|&value| f64::from(value)).sum::<f64>() / part.len() as f64)
        };
        let means: Vec<f64> = starts.windows(2).filter_map(mean).collect();
        let mut moved: Vec<usize> = vec![0];
        moved.extend(means.windows(2).map(|pair| {
            let middle = (pair[0] + pair[1]) / 2.0;
            sorted.partition_point(|&value| f64::from(value) <= middle)
        }));
        moved.resize(clusters + 1, count);
        if moved == starts {
            return (starts, round as u64 + 1);
        }
        starts = moved;
    }
    (starts, ROUNDS as u64)
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    bytes.chunks_exact(4).map(|word| f32::from_le_bytes([word[0], word[1], word[2], word[3]])).collect()
}
