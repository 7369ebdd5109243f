//! The search for a plan within a capacity.

use std::collections::BTreeMap;

use super::Sections;
use super::candidates::LowestTwo;
use super::parts::{Agenda, Part};
use super::state::{Mark, NONE, State};
use crate::Offsets;

/// What a node costs beside the buffers and sections that it looks at, in steps.
const NODE: u64 = 20;

/// How a search ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A plan within the capacity.
    Found(Offsets),
    /// There is none.
    Impossible,
    /// The nodes or the steps were used up.
    Unknown,
}

/// One search: a capacity, ranks, and a number of nodes.
pub struct Search<'a> {
    pub(super) state: State<'a>,
    pub(super) capacity: u64,
    pub(super) rank: Vec<u32>,
    /// The buffer of the same life and size that comes right before each one.
    pub(super) twin: Vec<u32>,
    pub(super) agenda: Agenda,
    frames: Vec<Frame>,
    /// Candidates of all frames, one stretch each: (place, rank, buffer).
    pub(super) candidates: Vec<(u64, u32, u32)>,
    /// Where each buffer can be at the lowest, as far as a node knows, which is named before.
    pub(super) least: Vec<(u64, u64)>,
    /// The lowest two of each section.
    pub(super) lowest_two: Vec<LowestTwo>,
    pub(super) weights: Vec<f64>,
    pub(super) nodes: u64,
}

/// A node: its part, its stretch of candidates, and which of them is placed now.
struct Frame {
    part: Part,
    /// Where its candidates begin; they end where the next frame's begin.
    candidates: usize,
    /// The one that is tried next.
    next: usize,
    buffer: u32,
    state: Mark,
    agenda: (usize, usize),
}

impl<'a> Search<'a> {
    /// A search for a plan of at most `capacity` bytes, that tries buffers of equal place in the order of `order`, which names every
    /// buffer once.
    pub fn new(sections: &'a Sections, capacity: u64, order: &[u32]) -> Self {
        let count = sections.len();
        let mut rank = vec![0; count];
        let mut twin = vec![NONE; count];
        let mut last = BTreeMap::new();
        for (place, &buffer) in order.iter().enumerate() {
            let index = buffer as usize;
            rank[index] = place as u32 + 1;
            twin[index] = last.insert((sections.spans[index], sections.sizes[index]), buffer).unwrap_or(NONE);
        }
        Self {
            state: State::new(sections),
            capacity,
            rank,
            twin,
            agenda: Agenda::default(),
            frames: Vec::new(),
            candidates: Vec::new(),
            least: vec![(0, 0); count],
            lowest_two: vec![LowestTwo::UNKNOWN; sections.members.len()],
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

    /// Buffers and sections that were looked at in all nodes: what the search cost.
    pub fn steps(&self) -> u64 {
        self.state.steps
    }

    /// Searches until there is a plan, or there can be none, or `nodes` or `steps` are used up.
    pub fn run(&mut self, nodes: u64, steps: u64) -> Outcome {
        if self.state.sections.bound() > self.capacity {
            return Outcome::Impossible;
        }
        let (agenda, whole) = Agenda::whole(&self.state);
        self.agenda = agenda;
        let mut first = self.agenda.cut(&mut self.state, whole, (0, whole.sections.1 as usize));
        while first != NONE {
            if self.nodes == nodes || self.state.steps >= steps {
                return Outcome::Unknown;
            }
            self.nodes += 1;
            self.state.steps += NODE;
            let part = self.agenda.part(first);
            let candidates = self.candidates.len();
            if self.may_succeed(&part) {
                self.offer(&part);
            }
            self.frames.push(Frame {
                part,
                candidates,
                next: candidates,
                buffer: NONE,
                state: self.state.mark(),
                agenda: self.agenda.mark(),
            });
            match self.advance() {
                Some(next) => first = next,
                None => return Outcome::Impossible,
            }
        }
        Outcome::Found(self.state.offsets.clone())
    }

    /// Places the next candidate of the last node, or of the nearest one above that matters to its part and has one. Returns the part
    /// to search next.
    fn advance(&mut self) -> Option<u32> {
        loop {
            self.take_back();
            let at = self.frames.len() - 1;
            let frame = &mut self.frames[at];
            let part = frame.part;
            if let Some(&(place, rank, buffer)) = self.candidates.get(frame.next) {
                frame.next += 1;
                frame.buffer = buffer;
                self.state.place(buffer as usize, place);
                let rest = Part { height: place, rank, parent: at as u32, ..part };
                let span = self.state.sections.spans[buffer as usize];
                return Some(self.agenda.cut(&mut self.state, rest, span));
            }
            if part.parent == NONE {
                return None;
            }
            // Frames between this one and its parent planned other parts, which this one does not depend on.
            while self.frames.len() - 1 > part.parent as usize {
                self.take_back();
                let frame = self.frames.pop()?;
                self.candidates.truncate(frame.candidates);
            }
        }
    }

    /// Takes back what the last frame placed.
    fn take_back(&mut self) {
        let Some(frame) = self.frames.last_mut() else { return };
        let buffer = std::mem::replace(&mut frame.buffer, NONE);
        self.agenda.undo(frame.agenda);
        if buffer != NONE {
            self.state.undo(buffer as usize, frame.state);
        }
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

    /// Of which at most five bytes are live.
    const TIGHT: [(u64, u64, u64); 8] =
        [(0, 2, 2), (1, 4, 2), (3, 6, 2), (5, 8, 1), (0, 1, 3), (4, 5, 3), (2, 3, 3), (6, 8, 4)];

    #[test]
    fn a_plan_without_a_gap_is_found_where_there_is_one() {
        // The example of MiniMalloc's README: five buffers in twelve bytes.
        let instance = instance(&[(0, 3, 4), (3, 9, 4), (0, 9, 4), (9, 21, 4), (0, 21, 4)]);
        let sections = Sections::new(&instance);
        let mut search = Search::new(&sections, 12, &[0, 1, 2, 3, 4]);
        let Outcome::Found(offsets) = search.run(1000, u64::MAX) else { panic!("no plan") };
        assert_eq!(check::peak(&instance, &offsets), Ok(12));
    }

    #[test]
    fn that_there_is_no_plan_is_proved() {
        let instance = instance(&TIGHT);
        let sections = Sections::new(&instance);
        assert_eq!(sections.bound(), 5);
        let order: Vec<u32> = (0..8).collect();
        let least = (5..).find(|&capacity| {
            matches!(Search::new(&sections, capacity, &order).run(u64::MAX, u64::MAX), Outcome::Found(_))
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
            let Outcome::Found(offsets) = search.run(u64::MAX, u64::MAX) else { panic!("{buffers:?}") };
            assert!(check::peak(&instance, &offsets).unwrap() <= optimum);
            if optimum > sections.bound() {
                assert_eq!(
                    Search::new(&sections, optimum - 1, &order).run(u64::MAX, u64::MAX),
                    Outcome::Impossible
                );
            }
        }
    }

    #[test]
    fn what_nothing_connects_costs_what_each_costs_apart() {
        // Packings without a gap, one after the other in time: their searches go back many times.
        let packings = [1, 2, 3].map(|seed| crate::generate::tight(seed, 30, 1 << 16));
        let nodes = |instance: &Instance| {
            let sections = Sections::new(instance);
            let order: Vec<u32> = (0..instance.len() as u32).collect();
            let mut search = Search::new(&sections, 1 << 16, &order);
            assert!(matches!(search.run(u64::MAX, u64::MAX), Outcome::Found(_)));
            search.nodes()
        };
        let apart: u64 = packings.iter().map(nodes).sum();
        assert!(apart > 90, "none of them went back");
        let together = packings.iter().zip(0..).flat_map(|(packing, number)| {
            let later = number << 32;
            let moved = move |buffer: &Buffer| Buffer {
                start: buffer.start + later,
                end: buffer.end + later,
                ..*buffer
            };
            packing.buffers().iter().map(moved)
        });
        assert_eq!(nodes(&Instance::new(together.collect()).unwrap()), apart);
    }

    #[test]
    fn a_search_stops_when_its_nodes_or_its_steps_are_used_up() {
        let instance = instance(&TIGHT);
        let sections = Sections::new(&instance);
        let order: Vec<u32> = (0..8).collect();
        let mut few_nodes = Search::new(&sections, 6, &order);
        assert_eq!(few_nodes.run(3, u64::MAX), Outcome::Unknown);
        assert_eq!(few_nodes.nodes(), 3);
        assert_eq!(Search::new(&sections, 6, &order).run(u64::MAX, 50), Outcome::Unknown);
        assert!(matches!(Search::new(&sections, 6, &order).run(u64::MAX, u64::MAX), Outcome::Found(_)));
    }
}
