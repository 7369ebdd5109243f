//! The search for a plan within a capacity.

use super::Sections;
use crate::Offsets;

/// How a search ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A plan within the capacity.
    Found(Offsets),
    /// There is none.
    Impossible,
    /// The nodes were used up.
    Unknown,
}

/// One search: a capacity, ranks, and a number of nodes.
pub struct Search<'a> {
    sections: &'a Sections,
    capacity: u64,
    rank: Vec<u32>,
    /// Lowest place of each buffer over those that are placed.
    floor: Vec<u64>,
    placed: Vec<bool>,
    /// Bytes that are left of each section.
    left: Vec<u64>,
    offsets: Offsets,
    /// Floors before they were raised.
    trail: Vec<(u32, u64)>,
    /// Where each buffer that is left can be at the lowest, as far as this node knows.
    least: Vec<u64>,
    frames: Vec<Frame>,
    /// Candidates of all frames, one stretch each: (place, rank, buffer).
    candidates: Vec<(u64, u32, u32)>,
    deepest: Vec<u32>,
    weights: Vec<f64>,
    nodes: u64,
}

/// A node: its stretch of candidates, and which of them is placed now.
struct Frame {
    /// Where its candidates begin; they end where the next frame's begin.
    candidates: usize,
    /// The one that is tried next.
    next: usize,
    /// How long the trail was.
    trail: usize,
    buffer: Option<u32>,
}

impl<'a> Search<'a> {
    /// A search for a plan of at most `capacity` bytes, that tries buffers of equal place in the order of `order`.
    pub fn new(sections: &'a Sections, capacity: u64, order: &[u32]) -> Self {
        let count = sections.len();
        let mut rank = vec![0; count];
        for (place, &index) in order.iter().enumerate() {
            rank[index as usize] = place as u32 + 1;
        }
        Self {
            sections,
            capacity,
            rank,
            floor: vec![0; count],
            placed: vec![false; count],
            left: sections.totals.clone(),
            offsets: vec![0; count],
            trail: Vec::new(),
            least: vec![0; count],
            frames: Vec::new(),
            candidates: Vec::new(),
            deepest: Vec::new(),
            weights: vec![0.0; count],
            nodes: 0,
        }
    }

    /// How often each buffer was in a section where a branch ended.
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// Nodes that were looked at.
    pub fn nodes(&self) -> u64 {
        self.nodes
    }

    /// The most buffers that were placed at once, in the order in which they were.
    pub fn deepest(&self) -> &[u32] {
        &self.deepest
    }

    /// Searches until there is a plan, or there can be none, or `nodes` are used up.
    pub fn run(&mut self, nodes: u64) -> Outcome {
        if self.sections.bound() > self.capacity {
            return Outcome::Impossible;
        }
        let (mut height, mut rank) = (0, 0);
        while self.frames.len() < self.placed.len() {
            if self.nodes == nodes {
                return Outcome::Unknown;
            }
            self.nodes += 1;
            if self.frames.len() > self.deepest.len() {
                self.deepest.clear();
                self.deepest.extend(self.frames.iter().filter_map(|frame| frame.buffer));
            }
            let candidates = self.candidates.len();
            if self.may_succeed(height, rank) {
                self.offer(height, rank);
            }
            self.frames.push(Frame { candidates, next: candidates, trail: self.trail.len(), buffer: None });
            let Some(chosen) = self.advance() else { return Outcome::Impossible };
            (height, rank) = chosen;
        }
        Outcome::Found(self.offsets.clone())
    }

    /// Places the next candidate of this node, or of the nearest one above that has one.
    fn advance(&mut self) -> Option<(u64, u32)> {
        loop {
            let frame = self.frames.last_mut()?;
            let (buffer, trail) = (frame.buffer.take(), frame.trail);
            if let Some(&(place, rank, next)) = self.candidates.get(frame.next) {
                frame.next += 1;
                frame.buffer = Some(next);
                self.undo(buffer, trail);
                self.place(next as usize, place);
                return Some((place, rank));
            }
            self.candidates.truncate(frame.candidates);
            self.frames.pop();
            self.undo(buffer, trail);
        }
    }

    fn place(&mut self, buffer: usize, place: u64) {
        let sections = self.sections;
        let size = sections.sizes[buffer];
        let (first, last) = sections.spans[buffer];
        self.placed[buffer] = true;
        self.offsets[buffer] = place;
        for left in &mut self.left[first..last] {
            *left -= size;
        }
        let top = place + size;
        for &other in &sections.overlaps[buffer] {
            let floor = &mut self.floor[other as usize];
            if *floor < top && !self.placed[other as usize] {
                self.trail.push((other, *floor));
                *floor = top;
            }
        }
    }

    fn undo(&mut self, buffer: Option<u32>, trail: usize) {
        let Some(buffer) = buffer else { return };
        let buffer = buffer as usize;
        for (other, floor) in self.trail.drain(trail..).rev() {
            self.floor[other as usize] = floor;
        }
        let (first, last) = self.sections.spans[buffer];
        for left in &mut self.left[first..last] {
            *left += self.sections.sizes[buffer];
        }
        self.placed[buffer] = false;
    }

    /// Whether a buffer can be the next one: over everything placed so far, of equal ones by rank.
    fn comes_after(&self, buffer: usize, height: u64, rank: u32) -> bool {
        let floor = self.floor[buffer];
        floor > height || (floor == height && self.rank[buffer] > rank)
    }

    /// Whether what is left may fit, as far as one look at every section says; weights grow where not.
    fn may_succeed(&mut self, height: u64, rank: u32) -> bool {
        let sections = self.sections;
        for buffer in 0..self.placed.len() {
            if self.placed[buffer] {
                continue;
            }
            let size = sections.sizes[buffer];
            let mut least = self.floor[buffer];
            if !self.comes_after(buffer, height, rank) {
                // It has to stand on something that is yet to come.
                let under = sections.overlaps[buffer].iter().map(|&other| other as usize);
                let under = under.filter(|&other| !self.placed[other]);
                match under.map(|other| self.floor[other].max(height) + sections.sizes[other]).min() {
                    Some(top) => least = top,
                    None => least = u64::MAX - size,
                }
            }
            if least + size > self.capacity {
                self.weights[buffer] += 1.0;
                return false;
            }
            self.least[buffer] = least;
        }
        for (members, &left) in sections.members.iter().zip(&self.left) {
            if left == 0 {
                continue;
            }
            let open = members.iter().map(|&buffer| buffer as usize).filter(|&buffer| !self.placed[buffer]);
            let least = open.map(|buffer| self.least[buffer]).min().unwrap_or(0);
            if least + left > self.capacity {
                for &buffer in members {
                    if !self.placed[buffer as usize] {
                        self.weights[buffer as usize] += 1.0;
                    }
                }
                return false;
            }
        }
        true
    }

    /// Candidates for the next place, the lowest first, of equal ones by rank.
    fn offer(&mut self, height: u64, rank: u32) {
        let open = (0..self.placed.len()).filter(|&buffer| !self.placed[buffer]);
        let fits_below = open.clone().map(|buffer| self.floor[buffer] + self.sections.sizes[buffer]).min();
        let fits_below = fits_below.unwrap_or(u64::MAX);
        let start = self.candidates.len();
        for buffer in open {
            if self.floor[buffer] < fits_below && self.comes_after(buffer, height, rank) {
                self.candidates.push((self.floor[buffer], self.rank[buffer], buffer as u32));
            }
        }
        self.candidates[start..].sort_unstable();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Buffer, Instance, check};

    fn instance(buffers: &[(u64, u64, u64)]) -> Instance {
        let buffers = buffers.iter().map(|&(start, end, size)| Buffer { start, end, size });
        Instance::new(buffers.collect()).unwrap()
    }

    #[test]
    fn a_plan_without_a_gap_is_found_where_there_is_one() {
        // The example of MiniMalloc's README: five buffers in twelve bytes.
        let instance = instance(&[(0, 3, 4), (3, 9, 4), (0, 9, 4), (9, 21, 4), (0, 21, 4)]);
        let sections = Sections::new(&instance);
        let mut search = Search::new(&sections, 12, &[0, 1, 2, 3, 4]);
        let Outcome::Found(offsets) = search.run(1000) else { panic!("no plan") };
        assert_eq!(check::peak(&instance, &offsets), Ok(12));
    }

    #[test]
    fn that_there_is_no_plan_is_proved() {
        let instance = instance(&[
            (0, 2, 2),
            (1, 4, 2),
            (3, 6, 2),
            (5, 8, 1),
            (0, 1, 3),
            (4, 5, 3),
            (2, 3, 3),
            (6, 8, 4),
        ]);
        let sections = Sections::new(&instance);
        assert_eq!(sections.bound(), 5);
        let order: Vec<u32> = (0..8).collect();
        let least = (5..).find(|&capacity| {
            matches!(Search::new(&sections, capacity, &order).run(u64::MAX), Outcome::Found(_))
        });
        assert_eq!(least, Some(brute_force(&instance)));
    }

    /// The least peak over all orders.
    fn brute_force(instance: &Instance) -> u64 {
        fn go(instance: &Instance, order: &mut Vec<u32>, best: &mut u64) {
            if order.len() == instance.len() {
                let offsets = crate::decode::decode(instance, order, crate::decode::Fit::Lowest);
                *best = (*best).min(crate::peak(instance, &offsets));
            }
            for next in 0..instance.len() as u32 {
                if !order.contains(&next) {
                    order.push(next);
                    go(instance, order, best);
                    order.pop();
                }
            }
        }
        let mut best = u64::MAX;
        go(instance, &mut Vec::new(), &mut best);
        best
    }

    #[test]
    fn random_small_instances_have_the_optimum_of_all_orders() {
        let mut random = crate::Random::new(7);
        for _ in 0..60 {
            let buffers: Vec<_> = (0..6)
                .map(|_| {
                    let start = random.below(6) as u64;
                    (start, start + 1 + random.below(4) as u64, 1 + random.below(5) as u64)
                })
                .collect();
            let instance = instance(&buffers);
            let sections = Sections::new(&instance);
            let optimum = brute_force(&instance);
            let order = [3, 1, 5, 0, 2, 4];
            let mut search = Search::new(&sections, optimum, &order);
            let Outcome::Found(offsets) = search.run(u64::MAX) else { panic!("{buffers:?}") };
            assert!(check::peak(&instance, &offsets).unwrap() <= optimum);
            if optimum > sections.bound() {
                assert_eq!(Search::new(&sections, optimum - 1, &order).run(u64::MAX), Outcome::Impossible);
            }
        }
    }
}
