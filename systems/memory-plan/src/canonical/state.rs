//! What is placed so far, and how it is taken back.

use super::Sections;
use crate::Offsets;

/// No buffer, part or frame.
pub(super) const NONE: u32 = u32::MAX;

/// A partial plan. What placing changed is kept on trails, so that it can be taken back.
pub(super) struct State<'a> {
    pub(super) sections: &'a Sections,
    pub(super) offsets: Offsets,
    pub(super) placed: Vec<bool>,
    /// Lowest place of each buffer over those that are placed.
    pub(super) floor: Vec<u64>,
    /// Bytes that are left of each section.
    pub(super) left: Vec<u64>,
    /// Lowest floor of what is left of each section; the largest number where nothing is.
    pub(super) lowest: Vec<u64>,
    /// How many buffers that are left live in each section and in the next one.
    pub(super) crossing: Vec<u32>,
    /// Floors before they were raised.
    floors: Vec<(u32, u64)>,
    /// Lowest floors of sections before they changed.
    lowests: Vec<(u32, u64)>,
    /// Sections whose lowest floor has to be looked for again.
    stale: Vec<u32>,
    /// Buffers and sections that were looked at.
    pub(super) steps: u64,
}

/// How long the trails were.
#[derive(Clone, Copy)]
pub(super) struct Mark {
    floors: usize,
    lowests: usize,
}

impl<'a> State<'a> {
    pub(super) fn new(sections: &'a Sections) -> Self {
        let count = sections.len();
        let mut crossing = vec![0; sections.members.len()];
        for &(first, end) in &sections.spans {
            crossing[first..end - 1].iter_mut().for_each(|crossing| *crossing += 1);
        }
        Self {
            sections,
            offsets: vec![0; count],
            placed: vec![false; count],
            floor: vec![0; count],
            left: sections.totals.clone(),
            lowest: vec![0; sections.members.len()],
            crossing,
            floors: Vec::new(),
            lowests: Vec::new(),
            stale: Vec::new(),
            steps: 0,
        }
    }

    pub(super) fn mark(&self) -> Mark {
        Mark { floors: self.floors.len(), lowests: self.lowests.len() }
    }

    pub(super) fn place(&mut self, buffer: usize, place: u64) {
        let sections = self.sections;
        let size = sections.sizes[buffer];
        let (first, end) = sections.spans[buffer];
        self.placed[buffer] = true;
        self.offsets[buffer] = place;
        self.left[first..end].iter_mut().for_each(|left| *left -= size);
        self.crossing[first..end - 1].iter_mut().for_each(|crossing| *crossing -= 1);
        self.outdate(buffer, self.floor[buffer]);
        let top = place + size;
        for &other in &sections.overlaps[buffer] {
            let floor = self.floor[other as usize];
            if floor < top && !self.placed[other as usize] {
                self.floors.push((other, floor));
                self.floor[other as usize] = top;
                self.outdate(other as usize, floor);
            }
        }
        // As much again to take it back.
        self.steps += 2 * (sections.overlaps[buffer].len() + end - first) as u64;
        self.renew();
    }

    /// Sections of a buffer whose lowest floor was this one of its own.
    fn outdate(&mut self, buffer: usize, floor: u64) {
        let (first, end) = self.sections.spans[buffer];
        self.steps += (end - first) as u64;
        for section in first..end {
            if self.lowest[section] == floor {
                self.lowests.push((section as u32, floor));
                self.lowest[section] = u64::MAX;
                self.stale.push(section as u32);
            }
        }
    }

    fn renew(&mut self) {
        while let Some(section) = self.stale.pop() {
            let members = &self.sections.members[section as usize];
            let open = members.iter().map(|&buffer| buffer as usize).filter(|&buffer| !self.placed[buffer]);
            self.lowest[section as usize] = open.map(|buffer| self.floor[buffer]).min().unwrap_or(u64::MAX);
            self.steps += members.len() as u64;
        }
    }

    /// Takes back what was placed since `mark`, which is one buffer.
    pub(super) fn undo(&mut self, buffer: usize, mark: Mark) {
        for (other, floor) in self.floors.drain(mark.floors..).rev() {
            self.floor[other as usize] = floor;
        }
        for (section, lowest) in self.lowests.drain(mark.lowests..).rev() {
            self.lowest[section as usize] = lowest;
        }
        let (first, end) = self.sections.spans[buffer];
        let size = self.sections.sizes[buffer];
        self.left[first..end].iter_mut().for_each(|left| *left += size);
        self.crossing[first..end - 1].iter_mut().for_each(|crossing| *crossing += 1);
        self.placed[buffer] = false;
    }

    /// Buffers that are left and overlap one.
    pub(super) fn open_overlaps(&self, buffer: usize) -> impl Iterator<Item = usize> {
        let overlaps = self.sections.overlaps[buffer].iter().map(|&other| other as usize);
        overlaps.filter(|&other| !self.placed[other])
    }

    /// The lowest place of a buffer that is not the next one: on something that is left, which stands at `height` or above. `None`
    /// where nothing is.
    pub(super) fn lifted(&mut self, buffer: usize, height: u64) -> Option<u64> {
        self.steps += self.sections.overlaps[buffer].len() as u64;
        self.open_overlaps(buffer)
            .map(|other| self.floor[other].max(height) + self.sections.sizes[other])
            .min()
    }

    /// Whether there is something left for a buffer to stand on, at `height` or above, that ends at `room` or below.
    pub(super) fn can_be_lifted(&mut self, buffer: usize, height: u64, room: u64) -> bool {
        let overlaps = &self.sections.overlaps[buffer];
        let found = overlaps.iter().map(|&other| other as usize).position(|other| {
            !self.placed[other] && self.floor[other].max(height) + self.sections.sizes[other] <= room
        });
        self.steps += found.unwrap_or(overlaps.len()) as u64;
        found.is_some()
    }
}
