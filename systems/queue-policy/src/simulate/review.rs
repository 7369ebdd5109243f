//! When running jobs are to be looked at without anybody coming or ending.

use crate::overhead;
use crate::rank::{Rank, key, next_rise};

use super::Run;

impl Run<'_> {
    /// When `job`, which runs, may be preempted: once it has read its checkpoint, if it has one, and run for the cool-down.
    pub(super) fn settled(&self, job: usize) -> u64 {
        let state = &self.states[job];
        let reading = if state.preemptions > 0 { overhead(self.jobs[job].gpus) } else { 0 };
        state.started + reading + self.policy.cooldown
    }

    /// When a running job is next to be looked at that may then be preempted and cannot be now, while somebody waits.
    pub(super) fn next_review(&self) -> Option<u64> {
        if self.policy.preemption == 0.0 {
            return None;
        }
        let first = *self.waiting.first()?;
        let preemptible = self.running.iter().filter(|&&job| self.states[job].preemptible);
        preemptible.filter_map(|&job| self.review(job, first)).min()
    }

    /// When `job`, which runs, may first be preempted or is next further back in the order, and behind the first who waits then.
    fn review(&self, job: usize, first: Rank) -> Option<u64> {
        let state = &self.states[job];
        let rise = |time: u64| {
            let attained = next_rise(self.policy, &self.jobs[job], state.estimate, state.attained_at(time))?;
            // Saturating: an estimate can be any number.
            Some(state.since.saturating_add(attained.saturating_add(state.overhead) - state.ran))
        };
        let settled = self.settled(job);
        let mut time = if settled > self.now { settled } else { rise(self.now)? };
        while time < state.end {
            let key = key(self.policy, &self.jobs[job], state.estimate, state.attained_at(time));
            if (Rank { key, job }) > first {
                return Some(time);
            }
            // Until then its key only falls, and those of who waits stay.
            time = rise(time)?;
        }
        None
    }
}
