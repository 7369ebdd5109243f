//! What may be placed next.

use super::parts::Part;
use super::search::Search;
use super::state::NONE;

/// The lowest two places of what is left of a section, and who has the lower one.
#[derive(Clone, Copy)]
pub(super) struct LowestTwo {
    buffer: u32,
    second: u64,
    /// The node that found this out.
    node: u64,
}

impl LowestTwo {
    pub(super) const UNKNOWN: Self = Self { buffer: NONE, second: 0, node: 0 };
}

impl Search<'_> {
    /// Whether a buffer can be the next one: over everything placed so far, of equal ones by rank.
    fn comes_after(&self, buffer: usize, part: &Part) -> bool {
        let floor = self.state.floor[buffer];
        floor > part.height || (floor == part.height && self.rank[buffer] > part.rank)
    }

    /// Whether what is left may fit, as far as one look at every section says; weights grow where not.
    pub(super) fn may_succeed(&mut self, part: &Part) -> bool {
        let (first, end) = (part.sections.0 as usize, part.sections.1 as usize);
        self.state.steps += (end - first) as u64 + u64::from(part.list.1 - part.list.0);
        for section in first..end {
            let left = self.state.left[section];
            if left > 0 && self.state.lowest[section].max(part.height) + left > self.capacity {
                self.blame(section);
                return false;
            }
        }
        for at in 0..self.agenda.buffers(part).len() {
            let buffer = self.agenda.buffers(part)[at] as usize;
            let room = self.capacity.checked_sub(self.state.sections.sizes[buffer]);
            let fits = if self.comes_after(buffer, part) {
                let floor = self.state.floor[buffer];
                self.least[buffer] = (self.nodes, floor);
                room.is_some_and(|room| floor <= room)
            } else {
                room.is_some_and(|room| self.state.can_be_lifted(buffer, part.height, room))
            };
            if !fits {
                self.weights[buffer] += 1.0;
                return false;
            }
        }
        let crowded = (first..end).find(|&section| {
            self.state.left[section] > 0
                && self.state.lowest[section] <= part.height
                && !self.has_a_lowest(section, part)
        });
        if let Some(section) = crowded {
            self.blame(section);
        }
        crowded.is_none()
    }

    /// Whether something that is left of a section can be so low that all that is left fits above.
    fn has_a_lowest(&mut self, section: usize, part: &Part) -> bool {
        let members = &self.state.sections.members[section];
        let room = self.capacity - self.state.left[section];
        // What comes after needs no look at what is under it.
        let low = |&member: &u32| {
            let (node, least) = self.least[member as usize];
            node == self.nodes && least <= room && !self.state.placed[member as usize]
        };
        let found = members.iter().position(low);
        self.state.steps += found.unwrap_or(members.len()) as u64;
        found.is_some()
            || members.iter().any(|&member| {
                !self.state.placed[member as usize] && self.least_of(member, part.height) <= room
            })
    }

    /// Where a buffer of the part can be at the lowest, as far as this node knows.
    fn least_of(&mut self, buffer: u32, height: u64) -> u64 {
        let (node, least) = self.least[buffer as usize];
        if node == self.nodes {
            return least;
        }
        // It has to stand on something that is yet to come.
        let least = self.state.lifted(buffer as usize, height).unwrap_or(u64::MAX);
        self.least[buffer as usize] = (self.nodes, least);
        least
    }

    /// Candidates for the next place, the lowest first, of equal ones by rank.
    pub(super) fn offer(&mut self, part: &Part) {
        let sections = self.state.sections;
        let buffers = self.agenda.buffers(part);
        let tops =
            buffers.iter().map(|&buffer| self.state.floor[buffer as usize] + sections.sizes[buffer as usize]);
        let fits_below = tops.min().unwrap_or(u64::MAX);
        // Wherever the next one is placed, everything that is left of each section is at that height or above.
        let most = (part.sections.0 as usize..part.sections.1 as usize)
            .max_by_key(|&section| self.state.left[section]);
        let highest = most.map_or(0, |section| self.capacity - self.state.left[section]);
        let start = self.candidates.len();
        let mut too_high = false;
        for &buffer in buffers {
            let floor = self.state.floor[buffer as usize];
            let twin = self.twin[buffer as usize];
            if floor >= fits_below
                || !self.comes_after(buffer as usize, part)
                || twin != NONE && !self.state.placed[twin as usize]
            {
                continue;
            }
            if floor > highest {
                too_high = true;
            } else {
                self.candidates.push((floor, self.rank[buffer as usize], buffer));
            }
        }
        self.candidates[start..].sort_unstable();
        self.state.steps += (2 * buffers.len() + 8 * (self.candidates.len() - start)) as u64;
        if let Some(section) = most.filter(|_| too_high) {
            self.blame(section);
        }
        self.end_at_what_cannot_wait(start, part.height);
    }

    /// Takes away the candidates behind one that cannot be passed over: without it a section, or it itself, would not fit.
    fn end_at_what_cannot_wait(&mut self, start: usize, height: u64) {
        for at in start..self.candidates.len().saturating_sub(1) {
            let (place, _, buffer) = self.candidates[at];
            let (first, end) = self.state.sections.spans[buffer as usize];
            self.state.steps += (end - first) as u64;
            let size = self.state.sections.sizes[buffer as usize];
            let lifted =
                self.state.lifted(buffer as usize, place).filter(|lifted| lifted + size <= self.capacity);
            let crowded = match lifted {
                None => Some(first),
                Some(lifted) => (first..end).find(|&section| {
                    let lowest = self.lowest_two_of(section, height);
                    let least = lowest.second.min(lifted).max(place);
                    lowest.buffer == buffer && least + self.state.left[section] > self.capacity
                }),
            };
            if let Some(section) = crowded {
                self.candidates.truncate(at + 1);
                self.blame(section);
                return;
            }
            // From here on it is passed over.
            self.least[buffer as usize] = (self.nodes, lifted.unwrap_or(place));
            for lowest in &mut self.lowest_two[first..end] {
                if lowest.buffer == buffer {
                    lowest.node = 0;
                }
            }
        }
    }

    fn lowest_two_of(&mut self, section: usize, height: u64) -> LowestTwo {
        let node = self.nodes;
        if self.lowest_two[section].node != node {
            let members = &self.state.sections.members[section];
            self.state.steps += members.len() as u64;
            let (mut buffer, mut first, mut second) = (NONE, u64::MAX, u64::MAX);
            for &member in members {
                if self.state.placed[member as usize] {
                    continue;
                }
                let least = self.least_of(member, height);
                if least < first {
                    (buffer, first, second) = (member, least, first);
                } else if least < second {
                    second = least;
                }
            }
            self.lowest_two[section] = LowestTwo { buffer, second, node };
        }
        self.lowest_two[section]
    }

    /// What is left of a section gains weight.
    fn blame(&mut self, section: usize) {
        let members = &self.state.sections.members[section];
        self.state.steps += members.len() as u64;
        for &buffer in members {
            if !self.state.placed[buffer as usize] {
                self.weights[buffer as usize] += 1.0;
            }
        }
    }
}
