//! Rules that plan without a search.

use crate::decode::{self, Fit};
use crate::stalloc::{self, Algorithm, Knobs};
use crate::{Instance, Offsets, online};

/// A rule; every plan of one is packed down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// The largest buffer first.
    Size,
    /// The largest size × life first.
    Area,
    /// The longest-lived buffer first.
    Life,
    /// Online best fit.
    Online,
    /// The default planner of STAlloc, with its published constants.
    SplitAndFuse,
    /// Its planner of groups.
    Group,
}

impl Rule {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Size, Self::Area, Self::Life, Self::Online, Self::SplitAndFuse, Self::Group];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Size => "size",
            Self::Area => "area",
            Self::Life => "life",
            Self::Online => "online",
            Self::SplitAndFuse => "split-and-fuse",
            Self::Group => "group",
        }
    }

    /// The order that it places buffers in.
    pub fn order(self, instance: &Instance) -> Vec<u32> {
        let planned =
            |algorithm| decode::order_of(&stalloc::plan(instance, &Knobs { algorithm, ..Knobs::default() }));
        match self {
            Self::Size => decode::by_size(instance),
            Self::Area => decode::by_area(instance),
            Self::Life => decode::by_life(instance),
            Self::Online => decode::order_of(&online::best_fit(instance)),
            Self::SplitAndFuse => planned(Algorithm::SplitAndFuse),
            Self::Group => planned(Algorithm::Group),
        }
    }

    /// Its plan.
    pub fn plan(self, instance: &Instance) -> Offsets {
        decode::decode(instance, &self.order(instance), Fit::Lowest)
    }
}
