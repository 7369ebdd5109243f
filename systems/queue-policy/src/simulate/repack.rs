//! Moving jobs together so that one that waits fits.

use crate::placement::Nodes;
use crate::{GPUS_PER_NODE, Part, Placement, Repacking};

use super::Run;

/// A move: the job, and where it goes.
type Move = (usize, Part);

impl Run<'_> {
    /// Moves running jobs so that one of `gpus` GPUs fits, and returns where; nothing if free GPUs are too few, or no such moves are found.
    pub(super) fn repack_for(&mut self, gpus: u32) -> Option<Placement> {
        let free = self.nodes.free();
        let Repacking::Idle(share) = self.policy.repacking else { return None };
        if free < gpus || f64::from(free) < share * f64::from(self.nodes.total()) {
            return None;
        }
        let moves = if gpus <= GPUS_PER_NODE { self.clear_one(gpus) } else { self.clear_many(gpus) }?;
        for (job, part) in moves {
            self.relocate(job, vec![part]);
        }
        self.nodes.place(gpus)
    }

    /// Jobs that run on `node` and nowhere else, the largest first.
    fn movable(&self, node: u32) -> Vec<(usize, u32)> {
        let on = |&job: &usize| match self.states[job].placement[..] {
            [part] if part.node == node => Some((job, part.gpus)),
            _ => None,
        };
        let mut jobs: Vec<(usize, u32)> = self.running.iter().filter_map(on).collect();
        jobs.sort_by_key(|&(job, gpus)| (std::cmp::Reverse(gpus), job));
        jobs
    }

    /// Makes `gpus` GPUs free on the node where the fewest have to move.
    fn clear_one(&self, gpus: u32) -> Option<Vec<Move>> {
        let mut best: Option<(u32, Vec<Move>)> = None;
        for node in 0..self.nodes.total() / GPUS_PER_NODE {
            let missing = gpus.saturating_sub(self.nodes.free_on(node));
            let jobs = self.movable(node);
            // One job that is enough, or the largest until they are.
            let single = jobs.iter().rev().find(|&&(_, size)| size >= missing).copied();
            let mut leaving = Vec::new();
            let mut found = 0;
            for job in single.map_or(jobs, |job| vec![job]) {
                if found < missing {
                    found += job.1;
                    leaving.push(job);
                }
            }
            if found < missing || best.as_ref().is_some_and(|(moved, _)| *moved <= found) {
                continue;
            }
            let mut nodes = self.nodes.clone();
            if let Some(moves) = elsewhere(&mut nodes, &leaving, &[node]) {
                best = Some((found, moves));
            }
        }
        best.map(|(_, moves)| moves)
    }

    /// Empties nodes, those with the fewest busy GPUs first, until a job of more than a node fits.
    fn clear_many(&self, gpus: u32) -> Option<Vec<Move>> {
        let count = self.nodes.total() / GPUS_PER_NODE;
        let busy = |node: &u32| GPUS_PER_NODE - self.nodes.free_on(*node);
        let mut closed: Vec<u32> = (0..count).filter(|node| busy(node) == 0).collect();
        let mut order: Vec<u32> = (0..count).filter(|node| busy(node) > 0).collect();
        order.sort_by_key(|node| (busy(node), *node));
        let (mut nodes, mut moves) = (self.nodes.clone(), Vec::new());
        for node in order {
            // Nothing that moved goes away again.
            if moves.iter().any(|(_, part): &Move| part.node == node) {
                continue;
            }
            let leaving = self.movable(node);
            if leaving.iter().map(|(_, size)| size).sum::<u32>() < busy(&node) {
                continue;
            }
            closed.push(node);
            let mut trial = nodes.clone();
            let Some(more) = elsewhere(&mut trial, &leaving, &closed) else {
                closed.pop();
                continue;
            };
            nodes = trial;
            moves.extend(more);
            if nodes.place(gpus).is_some() {
                return Some(moves);
            }
        }
        None
    }
}

/// Puts jobs on the nodes that are not `closed`, best fit, and says where; nothing if one finds no place.
fn elsewhere(nodes: &mut Nodes, leaving: &[(usize, u32)], closed: &[u32]) -> Option<Vec<Move>> {
    let all = nodes.total() / GPUS_PER_NODE;
    let mut moves = Vec::with_capacity(leaving.len());
    for &(job, gpus) in leaving {
        let fits = (0..all).filter(|node| nodes.free_on(*node) >= gpus && !closed.contains(node));
        let node = fits.min_by_key(|&node| nodes.free_on(node))?;
        nodes.take(&[Part { node, gpus }]);
        moves.push((job, Part { node, gpus }));
    }
    // They leave only once all of them have a place.
    for &(_, gpus) in leaving {
        let from = *closed.last()?;
        nodes.release(&[Part { node: from, gpus }]);
    }
    Some(moves)
}
