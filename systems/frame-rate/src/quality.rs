//! What every chunk of a clip is worth at every rate, computed when it is asked for.

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;

use crate::chunks::{Chunks, RATES};
use crate::clip::{Clip, ClipError};
use crate::reconstruction::between;
use crate::ssim::{Moments, Similarity};

/// A clip with the similarities that were asked for so far.
///
/// The frame after a chunk is always kept, so what a chunk is worth depends on its own rate only.
#[derive(Debug)]
pub struct Quality {
    clip: Clip,
    chunks: Chunks,
    similarity: Similarity,
    moments: Vec<OnceCell<Moments>>,
    gaps: RefCell<BTreeMap<(usize, usize), f64>>,
    pairs: RefCell<BTreeMap<(usize, usize), f64>>,
}

impl Quality {
    /// Of a clip in chunks of `length` frames.
    pub fn new(clip: Clip, length: usize) -> Self {
        let similarity = Similarity::new(clip.width(), clip.height());
        Self::by(similarity, clip, length)
    }

    /// Of the [`preview`](Clip::preview) of a clip by `factor`, in chunks of `length` frames: what the clip itself probably has, from
    /// windows of the same part of the scene.
    ///
    /// # Errors
    /// A preview that is too small.
    pub fn of_preview(clip: &Clip, factor: usize, length: usize) -> Result<Self, ClipError> {
        let preview = clip.preview(factor)?;
        let similarity = Similarity::of_preview(preview.width(), preview.height(), factor);
        Ok(Self::by(similarity, preview, length))
    }

    fn by(similarity: Similarity, clip: Clip, length: usize) -> Self {
        let frames = clip.frames().len();
        Self {
            chunks: Chunks::new(frames, length),
            similarity,
            moments: vec![OnceCell::new(); frames],
            gaps: RefCell::default(),
            pairs: RefCell::default(),
            clip,
        }
    }

    /// The clip.
    pub fn clip(&self) -> &Clip {
        &self.clip
    }

    /// Its chunks.
    pub fn chunks(&self) -> Chunks {
        self.chunks
    }

    /// The summed similarity of a chunk's frames at a rate (an index of [`RATES`]); a chunk of *n* kept frames has *n*.
    pub fn chunk(&self, chunk: usize, rate: usize) -> f64 {
        let next = self.chunks.range(chunk).end;
        let mut kept = self.chunks.kept(chunk, rate);
        let worth = kept.len() as f64;
        if next < self.chunks.frames() {
            kept.push(next);
        }
        worth + kept.windows(2).map(|pair| self.gap(pair[0], pair[1])).sum::<f64>()
    }

    /// The mean similarity of the clip under a schedule.
    pub fn of(&self, schedule: &[usize]) -> f64 {
        let sum: f64 = schedule.iter().enumerate().map(|(chunk, &rate)| self.chunk(chunk, rate)).sum();
        sum / self.chunks.frames() as f64
    }

    /// The mean similarity of the clip when exactly `kept` (ascending, with the first and the last frame) are kept.
    pub fn of_frames(&self, kept: &[usize]) -> f64 {
        let gaps: f64 = kept.windows(2).map(|pair| self.gap(pair[0], pair[1])).sum();
        (kept.len() as f64 + gaps) / self.chunks.frames() as f64
    }

    /// The worth of every chunk at every rate.
    pub fn table(&self) -> Vec<[f64; RATES.len()]> {
        let row = |chunk| std::array::from_fn(|rate| self.chunk(chunk, rate));
        (0..self.chunks.count()).map(row).collect()
    }

    /// The complexity of every chunk, `C(S) = mean(1 − SSIM(xⱼ, xⱼ₊₁))` over its neighbours (DLFR-VAE); 0 for a chunk of one frame.
    pub fn complexities(&self) -> Vec<f64> {
        let complexity = |chunk: usize| {
            let range = self.chunks.range(chunk);
            let pairs = range.len().saturating_sub(1);
            let sum: f64 = range.take(pairs).map(|frame| 1.0 - self.pair(frame, frame + 1)).sum();
            sum / pairs.max(1) as f64
        };
        (0..self.chunks.count()).map(complexity).collect()
    }

    /// The similarity of two frames of the clip.
    pub fn pair(&self, first: usize, second: usize) -> f64 {
        let frames = self.clip.frames();
        *self.pairs.borrow_mut().entry((first, second)).or_insert_with(|| {
            let (one, other) = (self.moments(first), self.moments(second));
            self.similarity.compare_moments(&frames[first], one, &frames[second], other)
        })
    }

    /// The summed similarity of the frames between two kept ones.
    fn gap(&self, from: usize, to: usize) -> f64 {
        if to == from + 1 {
            return 0.0;
        }
        *self.gaps.borrow_mut().entry((from, to)).or_insert_with(|| {
            between(&self.clip, &self.similarity, |frame| self.moments(frame), from, to).sum()
        })
    }

    fn moments(&self, frame: usize) -> &Moments {
        self.moments[frame].get_or_init(|| self.similarity.moments(&self.clip.frames()[frame]))
    }
}
