//! Stopping jobs for one that is before them in the order.

use crate::Placement;
use crate::rank::Rank;

use super::Run;
use super::backfill::Reservation;

impl Run<'_> {
    /// Stops the jobs that a waiting one needs the GPUs of, if there are such: those last in the order first, none that comes before it, none that is not needed, and
    /// nobody at all if it would then delay whom the reservation is for. Returns where it goes, and whether one that is later in the order could have any luck.
    pub(super) fn preempt_for(
        &mut self,
        rank: Rank,
        reservation: &Option<Reservation>,
    ) -> (Option<Placement>, bool) {
        let gpus = self.jobs[rank.job].gpus;
        let mut victims: Vec<Rank> = self
            .running
            .iter()
            .filter(|&&job| {
                // One that started at this instant stays: the order of a pass decides once.
                let settled = self.settled(job).max(self.states[job].started + 1);
                self.states[job].preemptible && self.now >= settled
            })
            .map(|&job| Rank { key: self.key(job), job })
            .filter(|victim| *victim > rank)
            .collect();
        if victims.is_empty() {
            return (None, false);
        }
        victims.sort_unstable_by(|one, other| other.cmp(one));
        let mut nodes = self.nodes.clone();
        let mut chosen = Vec::new();
        for victim in victims {
            nodes.release(&self.states[victim.job].placement);
            chosen.push(victim);
            if nodes.place(gpus).is_some() {
                break;
            }
        }
        if nodes.place(gpus).is_none() {
            return (None, true);
        }
        // Those first in the order go on where the job fits without their GPUs.
        for index in (0..chosen.len()).rev() {
            let placement = &self.states[chosen[index].job].placement;
            nodes.take(placement);
            if nodes.place(gpus).is_some() {
                chosen.remove(index);
            } else {
                nodes.release(placement);
            }
        }
        let chosen: Vec<usize> = chosen.into_iter().map(|victim| victim.job).collect();
        let placement =
            nodes.place(gpus).filter(|placement| self.harmless(reservation, rank.job, placement, &chosen));
        if placement.is_some() {
            chosen.into_iter().for_each(|victim| self.stop(victim));
        }
        (placement, true)
    }
}
