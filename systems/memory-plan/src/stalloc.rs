//! The static planner of STWeaver (renamed STAlloc by the second version of its paper, July and November 2025): blocks of one size share
//! *layers*, stretches of addresses used again over time, and layers are stacked. Two algorithms, `split-and-fuse` and `group`, and
//! the smaller plan of both.
//!
//! Written from a description of the released code, not from the code: what the description leaves open (the rest of a layer that
//! a block goes to, what of two groups is fused) is decided here and said where it is.

mod groups;
mod layers;

use crate::canonical::Sections;
use crate::{Instance, Offsets, peak};

/// In which order buckets of equal sizes are laid out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Bucketing {
    /// The largest size first, as published.
    #[default]
    Size,
    /// The largest sum of size × life first.
    Area,
    /// The longest single life first.
    Life,
}

/// Which layer a block goes to, of those that have room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LayerChoice {
    /// The one whose last block ended latest, as published: best fit in time.
    #[default]
    LatestTail,
    /// The one where the least height is left.
    Tightest,
}

/// Which algorithm plans.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Algorithm {
    /// Single blocks, into spare height of what is laid out already where they fit.
    #[default]
    SplitAndFuse,
    /// Blocks that start in one phase and end in one phase are laid out together first.
    Group,
    /// Both, and the smaller plan.
    Autotune,
}

/// The planner's constants; the defaults are the published ones.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Knobs {
    /// Which algorithm plans.
    pub algorithm: Algorithm,
    /// In which order buckets are laid out.
    pub bucketing: Bucketing,
    /// Which layer a block goes to.
    pub layer_choice: LayerChoice,
    /// Groups of less than this share of the largest one's bytes, and of fewer than `few` blocks, are dissolved.
    pub small: f64,
    /// See `small`.
    pub few: usize,
    /// Groups that use less than this share of their box (size × life) are dissolved.
    pub usage: f64,
    /// Whether groups that overlap in part are fused.
    pub fuse: bool,
    /// Rounds without improvement after which a bucket's order is no longer changed.
    pub patience: u32,
}

impl Default for Knobs {
    fn default() -> Self {
        Self {
            algorithm: Algorithm::default(),
            bucketing: Bucketing::default(),
            layer_choice: LayerChoice::default(),
            small: 0.1,
            few: 5,
            usage: 0.7,
            fuse: true,
            patience: 5,
        }
    }
}

/// Blocks that keep their places to each other; most are one buffer.
#[derive(Clone, Debug, Default)]
struct Item {
    /// Buffers, and their offsets within the item.
    members: Vec<(usize, u64)>,
    height: u64,
}

impl Item {
    fn one(buffer: usize, size: u64) -> Self {
        Self { members: vec![(buffer, 0)], height: size }
    }
}

/// The plan of the published planner with these constants.
pub fn plan(instance: &Instance, knobs: &Knobs) -> Offsets {
    let sections = Sections::new(instance);
    let with = |grouped: bool| {
        let all: Vec<usize> = (0..instance.len()).collect();
        let (groups, singles) = if grouped { groups::groups(instance, knobs) } else { (Vec::new(), all) };
        let mut layers = layers::Layers::new(&sections, knobs);
        layers.add_all(groups);
        layers.add_all(singles.into_iter().map(|buffer| Item::one(buffer, sections.size(buffer))).collect());
        layers.offsets(instance.len())
    };
    match knobs.algorithm {
        Algorithm::SplitAndFuse => with(false),
        Algorithm::Group => with(true),
        Algorithm::Autotune => {
            let (single, grouped) = (with(false), with(true));
            if peak(instance, &grouped) < peak(instance, &single) { grouped } else { single }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Buffer, check};

    fn instance(buffers: &[(u64, u64, u64)]) -> Instance {
        let buffers = buffers.iter().map(|&(start, end, size)| Buffer { start, end, size });
        Instance::new(buffers.collect()).unwrap()
    }

    #[test]
    fn blocks_of_one_size_use_a_layer_again_and_smaller_ones_fill_its_rest() {
        // Two layers of 10 (0 and 1 at once, 2 after 0); the block of 4 fits where 1 is not yet: no third layer.
        let instance = instance(&[(0, 4, 10), (2, 8, 10), (4, 8, 10), (0, 2, 4)]);
        let offsets = plan(&instance, &Knobs::default());
        assert_eq!(check::peak(&instance, &offsets), Ok(20));
        assert_eq!((offsets[0], offsets[1], offsets[2], offsets[3]), (0, 10, 0, 10));
    }

    #[test]
    fn of_two_free_layers_the_one_that_ended_latest_is_taken() {
        let instance = instance(&[(0, 2, 8), (0, 5, 8), (6, 9, 8), (3, 9, 8)]);
        // By start: 0, 1, 3, 2. Block 3 can only follow 0; block 2 follows 1, which ended at 5.
        assert_eq!(plan(&instance, &Knobs::default()), [0, 8, 8, 0]);
    }

    #[test]
    fn a_group_that_fills_its_box_is_laid_out_as_one() {
        // Two phases; the three blocks of the first are one group of 12 bytes, the block through both stands alone.
        let instance =
            instance(&[(0, 4, 3), (1, 4, 4), (1, 4, 5), (0, 8, 6), (4, 8, 12)]).with_phases(vec![0, 4]);
        let knobs = Knobs { algorithm: Algorithm::Group, few: 0, ..Knobs::default() };
        assert_eq!(check::peak(&instance, &plan(&instance, &knobs)), Ok(18));
    }

    #[test]
    fn all_knobs_give_plans() {
        let mut random = crate::Random::new(11);
        for seed in 0..12 {
            let instance = crate::generate::tight(seed, 80, 1 << 16);
            for algorithm in [Algorithm::SplitAndFuse, Algorithm::Group, Algorithm::Autotune] {
                for bucketing in [Bucketing::Size, Bucketing::Area, Bucketing::Life] {
                    for layer_choice in [LayerChoice::LatestTail, LayerChoice::Tightest] {
                        let knobs = Knobs {
                            algorithm,
                            bucketing,
                            layer_choice,
                            small: random.unit() * 0.3,
                            few: random.below(8),
                            usage: random.unit(),
                            fuse: random.unit() < 0.5,
                            patience: random.below(6) as u32,
                        };
                        let peak = check::peak(&instance, &plan(&instance, &knobs)).unwrap();
                        assert!(peak >= instance.bound(), "{knobs:?}");
                    }
                }
            }
        }
    }
}
