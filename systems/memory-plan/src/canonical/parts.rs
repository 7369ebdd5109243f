//! Parts of an instance that nothing which is left connects.

use super::state::{NONE, State};

/// A part: sections, and the buffers that are left in them.
#[derive(Clone, Copy)]
pub(super) struct Part {
    /// First section, and the one after the last.
    pub(super) sections: (u32, u32),
    /// Where its buffers begin in the lists, and where they end.
    pub(super) list: (u32, u32),
    /// Place and rank of what was placed before: the next buffer comes after it.
    pub(super) height: u64,
    pub(super) rank: u32,
    /// The frame whose placement made this part; the next of its candidates is tried where this part has no plan.
    pub(super) parent: u32,
    /// The part that is searched after this one.
    pub(super) next: u32,
}

/// Parts that are yet to be searched, as a list that goes on where an earlier one does.
#[derive(Default)]
pub(super) struct Agenda {
    parts: Vec<Part>,
    lists: Vec<u32>,
}

impl Agenda {
    pub(super) fn whole(state: &State<'_>) -> (Self, Part) {
        let buffers = state.placed.len() as u32;
        let sections = (0, state.left.len() as u32);
        let whole = Part { sections, list: (0, buffers), height: 0, rank: 0, parent: NONE, next: NONE };
        (Self { parts: Vec::new(), lists: (0..buffers).collect() }, whole)
    }

    pub(super) fn part(&self, index: u32) -> Part {
        self.parts[index as usize]
    }

    pub(super) fn buffers(&self, part: &Part) -> &[u32] {
        &self.lists[part.list.0 as usize..part.list.1 as usize]
    }

    /// How many parts there are, and how long their lists are together.
    pub(super) fn mark(&self) -> (usize, usize) {
        (self.parts.len(), self.lists.len())
    }

    pub(super) fn undo(&mut self, (parts, lists): (usize, usize)) {
        self.parts.truncate(parts);
        self.lists.truncate(lists);
    }

    /// Cuts what is left of `part` wherever nothing crosses from one section of `within` to the next, and returns what is first on
    /// the agenda then: the smallest one, because it is refuted soonest.
    pub(super) fn cut(&mut self, state: &mut State<'_>, part: Part, within: (usize, usize)) -> u32 {
        let made = self.parts.len();
        let mut first = part.sections.0;
        for section in within.0..within.1 {
            let last = section + 1 == within.1;
            if !last && state.crossing[section] > 0 {
                continue;
            }
            let end = if last { part.sections.1 } else { section as u32 + 1 };
            let list = self.gather(state, &part, first, end);
            if list.0 < list.1 {
                self.parts.push(Part { sections: (first, end), list, ..part });
            }
            first = end;
        }
        self.parts[made..].sort_by_key(|part| std::cmp::Reverse(part.list.1 - part.list.0));
        let mut next = part.next;
        for index in made..self.parts.len() {
            self.parts[index].next = next;
            next = index as u32;
        }
        next
    }

    /// What is left of a part from one section to another.
    fn gather(&mut self, state: &mut State<'_>, part: &Part, first: u32, end: u32) -> (u32, u32) {
        let from = self.lists.len() as u32;
        for at in part.list.0..part.list.1 {
            let buffer = self.lists[at as usize];
            let begins = state.sections.spans[buffer as usize].0 as u32;
            if !state.placed[buffer as usize] && (first..end).contains(&begins) {
                self.lists.push(buffer);
            }
        }
        state.steps += u64::from(part.list.1 - part.list.0);
        (from, self.lists.len() as u32)
    }
}
