//! What the mask cannot go below.

use crate::policy::stage_of;
use crate::saves::{CLASSES, Save};

/// Bytes of a mask over `weights` weights of which a share `changed` changed, as a share of 16 bits each: `(1 + 16·p) / 16`, the
/// inverse of BitSnap's ratio. Above 15/16 the mask loses.
pub fn mask_share(changed: f64) -> f64 {
    (1.0 + 16.0 * changed) / 16.0
}

/// The least share of 16 bits that the weights of a save take when each class of a save is raw or a mask beside any
/// earlier save of the stage, and the first save of a stage is full.
pub fn mask_only(saves: &[Save], save: usize) -> f64 {
    let (_, first) = stage_of(save, saves.len());
    let beside = |other: usize| {
        let least = |class| {
            let pairs = saves[save]
                .tensors
                .iter()
                .zip(&saves[other].tensors)
                .filter(|(tensor, _)| tensor.class == class);
            let (mut weights, mut changed) = (0usize, 0usize);
            for (new, old) in pairs {
                weights += new.weights.len();
                changed += new.weights.iter().zip(&old.weights).filter(|(new, old)| new != old).count();
            }
            weights as f64 * mask_share(changed as f64 / weights.max(1) as f64).min(1.0)
        };
        CLASSES.map(least).iter().sum::<f64>()
    };
    let weights = saves[save].weight_bytes() as f64 / 2.0;
    (first..save).map(beside).fold(weights, f64::min) / weights
}
