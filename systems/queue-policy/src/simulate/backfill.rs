//! EASY backfilling (Lifka 1995): who comes later may start if the first who waits is not expected to start later for it.

use crate::placement::Nodes;
use crate::{Backfill, Part};

use super::Run;

/// When and where the first who waits is expected to start.
pub(super) struct Reservation {
    job: usize,
    /// Seconds from now.
    wait: f64,
    /// Free GPUs at that moment, those who start by then on the nodes taken off.
    nodes: Nodes,
}

impl Run<'_> {
    /// The reservation of `job`, which does not fit now.
    pub(super) fn reserve(&self, job: usize) -> Option<Reservation> {
        let mut ends: Vec<(f64, usize)> =
            self.running.iter().map(|&other| (self.expected(other), other)).collect();
        ends.sort_by(|one, other| one.0.total_cmp(&other.0).then(one.1.cmp(&other.1)));
        let mut nodes = self.nodes.clone();
        for (wait, other) in ends {
            nodes.release(&self.states[other].placement);
            if nodes.place(self.jobs[job].gpus).is_some() {
                return Some(Reservation { job, wait, nodes });
            }
        }
        None
    }

    /// The reservation after somebody has started.
    pub(super) fn renewed(&self, reservation: Option<Reservation>) -> Option<Reservation> {
        reservation.and_then(|reservation| self.reserve(reservation.job))
    }

    /// Whether `job` may start at `placement` without delaying whom the reservation is for.
    pub(super) fn harmless(&self, reservation: &Option<Reservation>, job: usize, placement: &[Part]) -> bool {
        let Some(reservation) = reservation else { return true };
        if self.policy.backfill != Backfill::Reserve || self.expected(job) <= reservation.wait {
            return true;
        }
        let mut nodes = reservation.nodes.clone();
        nodes.try_take(placement) && nodes.place(self.jobs[reservation.job].gpus).is_some()
    }
}
