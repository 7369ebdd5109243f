use crate::GPUS_PER_NODE;

/// GPUs on one node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// The node, an index in its virtual cluster.
    pub node: u32,
    /// GPUs there.
    pub gpus: u32,
}

/// Where a job runs: its parts.
pub type Placement = Vec<Part>;

/// Free GPUs of each node of a virtual cluster.
#[derive(Clone, Debug)]
pub(crate) struct Nodes {
    free: Vec<u32>,
    total_free: u32,
}

impl Nodes {
    pub(crate) fn new(nodes: u32) -> Self {
        Self { free: vec![GPUS_PER_NODE; nodes as usize], total_free: nodes * GPUS_PER_NODE }
    }

    pub(crate) fn free(&self) -> u32 {
        self.total_free
    }

    pub(crate) fn total(&self) -> u32 {
        self.free.len() as u32 * GPUS_PER_NODE
    }

    pub(crate) fn free_on(&self, node: u32) -> u32 {
        self.free[node as usize]
    }

    /// Where a job of `gpus` goes: up to eight on the one node with the fewest free GPUs that are enough; more on whole nodes, the rest as a job
    /// of its size. Of equal nodes the first.
    pub(crate) fn place(&self, gpus: u32) -> Option<Placement> {
        if gpus > self.total_free {
            return None;
        }
        let (whole, rest) = match gpus {
            0..=GPUS_PER_NODE => (0, gpus),
            _ => (gpus / GPUS_PER_NODE, gpus % GPUS_PER_NODE),
        };
        let mut placement = Vec::with_capacity(whole as usize + 1);
        let empty = (0..self.free.len()).filter(|&node| self.free[node] == GPUS_PER_NODE);
        for node in empty.take(whole as usize) {
            placement.push(Part { node: node as u32, gpus: GPUS_PER_NODE });
        }
        if placement.len() < whole as usize {
            return None;
        }
        if rest > 0 {
            let taken = |node: usize| placement.iter().any(|part| part.node as usize == node);
            let fits = (0..self.free.len()).filter(|&node| self.free[node] >= rest && !taken(node));
            let node = fits.min_by_key(|&node| self.free[node])?;
            placement.push(Part { node: node as u32, gpus: rest });
        }
        Some(placement)
    }

    pub(crate) fn take(&mut self, placement: &[Part]) {
        for part in placement {
            self.free[part.node as usize] -= part.gpus;
            self.total_free -= part.gpus;
        }
    }

    pub(crate) fn release(&mut self, placement: &[Part]) {
        for part in placement {
            self.free[part.node as usize] += part.gpus;
            self.total_free += part.gpus;
        }
    }

    /// Whether all parts are free, and takes them if so.
    pub(crate) fn try_take(&mut self, placement: &[Part]) -> bool {
        let fits = placement.iter().all(|part| self.free[part.node as usize] >= part.gpus);
        if fits {
            self.take(placement);
        }
        fits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(node: u32, gpus: u32) -> Part {
        Part { node, gpus }
    }

    #[test]
    fn a_small_job_goes_where_it_leaves_the_fewest_gpus() {
        let mut nodes = Nodes::new(3);
        nodes.take(&[part(1, 5), part(2, 3)]);
        assert_eq!(nodes.place(3), Some(vec![part(1, 3)]));
        assert_eq!(nodes.place(4), Some(vec![part(2, 4)]));
        assert_eq!(nodes.place(8), Some(vec![part(0, 8)]));
    }

    #[test]
    fn a_small_job_is_never_cut_in_two() {
        let mut nodes = Nodes::new(2);
        nodes.take(&[part(0, 4), part(1, 4)]);
        assert_eq!(nodes.free(), 8);
        assert_eq!(nodes.place(5), None);
    }

    #[test]
    fn a_large_job_takes_whole_nodes_and_the_best_fit_for_the_rest() {
        let mut nodes = Nodes::new(4);
        nodes.take(&[part(0, 1), part(2, 4)]);
        assert_eq!(nodes.place(16), Some(vec![part(1, 8), part(3, 8)]));
        assert_eq!(nodes.place(20), Some(vec![part(1, 8), part(3, 8), part(2, 4)]));
        assert_eq!(nodes.place(24), None);
    }
}
