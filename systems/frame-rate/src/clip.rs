//! Clips of 8-bit gray frames.

use std::fmt;

use crate::ssim::WINDOW;

/// Why frames make no clip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClipError {
    /// A side is shorter than the window of the similarity.
    Small {
        /// Pixels across.
        width: usize,
        /// Pixels down.
        height: usize,
    },
    /// There are fewer than two frames.
    Short(usize),
    /// A frame has another number of pixels than the clip says.
    Frame {
        /// Which one.
        frame: usize,
        /// Its pixels.
        pixels: usize,
        /// Pixels of a frame of the clip.
        expected: usize,
    },
}

impl fmt::Display for ClipError {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Small { width, height } => {
                write!(to, "frames are {width}×{height}; the similarity needs {WINDOW}×{WINDOW} at least")
            }
            Self::Short(frames) => write!(to, "{frames} frames; a clip has two at least"),
            Self::Frame { frame, pixels, expected } => {
                write!(to, "frame {frame} has {pixels} pixels and not {expected}")
            }
        }
    }
}

impl std::error::Error for ClipError {}

/// At least two gray frames of one size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clip {
    name: String,
    width: usize,
    height: usize,
    frames: Vec<Vec<u8>>,
}

impl Clip {
    /// A clip of row-major frames.
    ///
    /// # Errors
    /// Frames that are too few, too small, or of another size.
    pub fn new(name: &str, width: usize, height: usize, frames: Vec<Vec<u8>>) -> Result<Self, ClipError> {
        if width < WINDOW || height < WINDOW {
            return Err(ClipError::Small { width, height });
        }
        if frames.len() < 2 {
            return Err(ClipError::Short(frames.len()));
        }
        let expected = width * height;
        match frames.iter().position(|frame| frame.len() != expected) {
            Some(frame) => Err(ClipError::Frame { frame, pixels: frames[frame].len(), expected }),
            None => Ok(Self { name: name.to_owned(), width, height, frames }),
        }
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Pixels across.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Pixels down.
    pub fn height(&self) -> usize {
        self.height
    }

    /// Its frames, row-major.
    pub fn frames(&self) -> &[Vec<u8>] {
        &self.frames
    }

    /// The clip in low resolution: every pixel is the rounded mean of `factor`×`factor`; what is left over at the right and
    /// at the bottom is cut off.
    ///
    /// # Errors
    /// Frames that become too small.
    pub fn preview(&self, factor: usize) -> Result<Self, ClipError> {
        let factor = factor.max(1);
        let (width, height) = (self.width / factor, self.height / factor);
        let pixels = (factor * factor) as u32;
        let shrunk = |frame: &Vec<u8>| {
            let mut small = Vec::with_capacity(width * height);
            for row in 0..height {
                for column in 0..width {
                    let mut sum = pixels / 2;
                    for line in row * factor..(row + 1) * factor {
                        let start = line * self.width + column * factor;
                        sum +=
                            frame[start..start + factor].iter().map(|&pixel| u32::from(pixel)).sum::<u32>();
                    }
                    small.push((sum / pixels) as u8);
                }
            }
            small
        };
        Self::new(&self.name, width, height, self.frames.iter().map(shrunk).collect())
    }

    /// The clip cut into windows of `length` frames; what is left over at the end is a window of its own when it has half of
    /// that, and belongs to the last one otherwise. A length of 0 leaves the clip whole.
    pub fn windows(self, length: usize) -> Vec<Self> {
        if length < 2 || self.frames.len() < length + length / 2 {
            return vec![self];
        }
        let Self { name, width, height, mut frames } = self;
        let mut windows = Vec::new();
        while !frames.is_empty() {
            let take = if frames.len() < length + length / 2 { frames.len() } else { length };
            let rest = frames.split_off(take);
            windows.push(Self { name: format!("{name}#{}", windows.len()), width, height, frames });
            frames = rest;
        }
        windows
    }
}
