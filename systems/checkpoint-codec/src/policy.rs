//! How the saves of each stage are encoded.

use crate::codec::{FullCodec, Moment, MomentCodec, WeightCodec};
use crate::saves::CLASSES;

/// Stages of a training, each a third of its saves.
pub const STAGES: [&str; 3] = ["early", "middle", "late"];

/// The moments, in the order in which policies have them.
pub const MOMENTS: [Moment; 2] = [Moment::First, Moment::Second];

/// The stage of a save, and its first save.
pub fn stage_of(save: usize, saves: usize) -> (usize, usize) {
    let start = |stage: usize| stage * saves / STAGES.len();
    let stage = (1..STAGES.len()).rev().find(|&stage| save >= start(stage)).unwrap_or(0);
    (stage, start(stage))
}

/// How the saves of one stage are encoded. Each stage begins with a full save.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StagePolicy {
    /// Every so many saves is full, at least 1.
    pub interval: usize,
    /// Whether the others are written beside the save before them, and not beside the last full one.
    pub chained: bool,
    /// How full saves are written.
    pub full: FullCodec,
    /// Whether the bits that bfloat16 lacks of the master weights are kept.
    pub master: bool,
    /// How the other saves are written, by class.
    pub weights: [WeightCodec; CLASSES.len()],
    /// How the moments are written, by moment and class.
    pub moments: [[MomentCodec; CLASSES.len()]; 2],
}

impl Default for StagePolicy {
    fn default() -> Self {
        Self {
            interval: 1,
            chained: false,
            full: FullCodec::Raw,
            master: true,
            weights: [WeightCodec::Raw; CLASSES.len()],
            moments: [[MomentCodec::Raw; CLASSES.len()]; 2],
        }
    }
}

/// A choice for each stage; by default everything is written as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy(pub [StagePolicy; STAGES.len()]);

impl Policy {
    /// The same for all stages.
    pub fn fixed(stage: StagePolicy) -> Self {
        Self(std::array::from_fn(|_| stage.clone()))
    }
}
