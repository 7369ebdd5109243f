//! Best fit as buffers come: the planner that knows nothing of the future.

use crate::decode::{Fit, decode};
use crate::{Instance, Offsets};

/// Each buffer takes the tightest gap of what lives when it comes; nothing ever moves.
pub fn best_fit(instance: &Instance) -> Offsets {
    // What is placed and overlaps in time is, in the order of allocation, what lives at that moment.
    let order: Vec<u32> =
        instance.events().into_iter().filter(|event| event.1).map(|(_, _, index)| index as u32).collect();
    decode(instance, &order, Fit::Tightest)
}
