//! Chunks of a clip, and what a rate keeps of one.

use std::ops::Range;

/// Frames of a chunk that one is kept of, by rate: all, a half, a quarter, an eighth.
pub const RATES: [usize; 4] = [1, 2, 4, 8];

/// A rate, as an index of [`RATES`], for each chunk of a clip.
pub type Schedule = Vec<usize>;

/// A clip cut into chunks of one length; the last one may be shorter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chunks {
    frames: usize,
    length: usize,
}

impl Chunks {
    /// `frames` frames in chunks of `length`, which is at least 1.
    pub fn new(frames: usize, length: usize) -> Self {
        Self { frames, length: length.max(1) }
    }

    /// How many chunks there are.
    pub fn count(&self) -> usize {
        self.frames.div_ceil(self.length)
    }

    /// Frames of the clip.
    pub fn frames(&self) -> usize {
        self.frames
    }

    /// The frames of a chunk.
    pub fn range(&self, chunk: usize) -> Range<usize> {
        chunk * self.length..((chunk + 1) * self.length).min(self.frames)
    }

    /// The frames that a chunk keeps at a rate: its first one and every so many after it, and the last one of the clip.
    pub fn kept(&self, chunk: usize, rate: usize) -> Vec<usize> {
        let range = self.range(chunk);
        let mut kept: Vec<usize> = range.clone().step_by(RATES[rate]).collect();
        if range.end == self.frames && kept.last() != Some(&(self.frames - 1)) {
            kept.push(self.frames - 1);
        }
        kept
    }

    /// How many frames a chunk keeps at a rate.
    pub fn cost(&self, chunk: usize, rate: usize) -> usize {
        let range = self.range(chunk);
        let kept = range.len().div_ceil(RATES[rate]);
        kept + usize::from(range.end == self.frames && !(range.len() - 1).is_multiple_of(RATES[rate]))
    }

    /// How many frames a schedule keeps.
    pub fn total(&self, schedule: &[usize]) -> usize {
        schedule.iter().enumerate().map(|(chunk, &rate)| self.cost(chunk, rate)).sum()
    }

    /// All frames that a schedule keeps, ascending.
    pub fn schedule(&self, schedule: &[usize]) -> Vec<usize> {
        schedule.iter().enumerate().flat_map(|(chunk, &rate)| self.kept(chunk, rate)).collect()
    }

    /// The fewest frames that a schedule can keep.
    pub fn least(&self) -> usize {
        self.total(&vec![RATES.len() - 1; self.count()])
    }

    /// Frames of a budget, a share of the clip: rounded down, and what every schedule keeps at least.
    pub fn budget(&self, share: f64) -> usize {
        // A share such as 0.3 is not exact, and 0.3·250 is 75.
        let frames = (share * self.frames as f64 + 1e-9).floor() as usize;
        frames.clamp(self.least(), self.frames.max(self.least()))
    }
}
