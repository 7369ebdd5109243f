//! EASY backfilling (Lifka 1995): who comes later may start if the first who waits is not expected to start later for it.

use std::cmp::Ordering;

use crate::placement::Nodes;
use crate::{Backfill, Part};

use super::Run;

/// When and where the first who waits is expected to start.
pub(super) struct Reservation {
    job: usize,
    /// Seconds from now until the end that makes room, and whose end that is.
    wait: (f64, usize),
    /// Free GPUs at that moment, those who start by then on the nodes taken off.
    nodes: Nodes,
}

impl Run<'_> {
    /// The reservation of `job`, which does not fit now.
    pub(super) fn reserve(&self, job: usize) -> Option<Reservation> {
        let mut ends: Vec<(f64, usize)> =
            self.running.iter().map(|&other| (self.expected(other), other)).collect();
        ends.sort_by(in_order);
        let mut nodes = self.nodes.clone();
        for wait in ends {
            nodes.release(&self.states[wait.1].placement);
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

    /// Whether `job` may start at `placement` once the running `victims` are stopped, without delaying whom the reservation is for.
    pub(super) fn harmless(
        &self,
        reservation: &Option<Reservation>,
        job: usize,
        placement: &[Part],
        victims: &[usize],
    ) -> bool {
        let Some(reservation) = reservation else { return true };
        if self.policy.backfill != Backfill::Reserve || self.expected(job) <= reservation.wait.0 {
            return true;
        }
        let mut nodes = reservation.nodes.clone();
        for &victim in victims {
            // The others have ended by then.
            if in_order(&(self.expected(victim), victim), &reservation.wait).is_gt() {
                nodes.release(&self.states[victim].placement);
            }
        }
        nodes.try_take(placement) && nodes.place(self.jobs[reservation.job].gpus).is_some()
    }
}

/// Ends by their time, those at the same time by job.
fn in_order(one: &(f64, usize), other: &(f64, usize)) -> Ordering {
    one.0.total_cmp(&other.0).then(one.1.cmp(&other.1))
}
