//! Sets of buffers that are alive at once and that no other such set contains.

use crate::Instance;

/// What the search needs of an instance, made once.
#[derive(Clone, Debug)]
pub struct Sections {
    /// Bytes of each buffer.
    pub(crate) sizes: Vec<u64>,
    /// First section of each buffer, and the one after its last.
    pub(crate) spans: Vec<(usize, usize)>,
    /// Buffers of each section.
    pub(crate) members: Vec<Vec<u32>>,
    /// Bytes of each section.
    pub(crate) totals: Vec<u64>,
    /// Which buffers overlap each one, ascending.
    pub(crate) overlaps: Vec<Vec<u32>>,
    /// How long each buffer lives.
    pub(crate) lives: Vec<u64>,
}

impl Sections {
    /// The sections of an instance.
    pub fn new(instance: &Instance) -> Self {
        let buffers = instance.buffers();
        let mut starts: Vec<u64> = buffers.iter().map(|buffer| buffer.start).collect();
        starts.sort_unstable();
        starts.dedup();
        // A set that no other contains is alive at the last start before some end.
        let mut moments: Vec<u64> = buffers
            .iter()
            .map(|buffer| starts[starts.partition_point(|&start| start < buffer.end) - 1])
            .collect();
        moments.sort_unstable();
        moments.dedup();
        let place = |time: u64| moments.partition_point(|&moment| moment < time);
        let spans: Vec<(usize, usize)> =
            buffers.iter().map(|buffer| (place(buffer.start), place(buffer.end))).collect();
        let mut members = vec![Vec::new(); moments.len()];
        for (index, &(first, last)) in spans.iter().enumerate() {
            for section in &mut members[first..last] {
                section.push(index as u32);
            }
        }
        let sizes: Vec<u64> = buffers.iter().map(|buffer| buffer.size).collect();
        let totals =
            members.iter().map(|section| section.iter().map(|&index| sizes[index as usize]).sum()).collect();
        let mut overlaps = vec![Vec::new(); buffers.len()];
        let mut by_start: Vec<usize> = (0..buffers.len()).collect();
        by_start.sort_by_key(|&buffer| spans[buffer].0);
        for (at, &one) in by_start.iter().enumerate() {
            for &other in by_start[at + 1..].iter().take_while(|&&other| spans[other].0 < spans[one].1) {
                overlaps[one].push(other as u32);
                overlaps[other].push(one as u32);
            }
        }
        overlaps.iter_mut().for_each(|others| others.sort_unstable());
        let lives = buffers.iter().map(|buffer| buffer.end - buffer.start).collect();
        Self { sizes, spans, members, totals, overlaps, lives }
    }

    /// How many buffers there are.
    pub fn len(&self) -> usize {
        self.sizes.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.sizes.is_empty()
    }

    /// Most live bytes: what no plan is below.
    pub fn bound(&self) -> u64 {
        self.totals.iter().copied().max().unwrap_or(0)
    }

    /// Bytes of the fullest section that a buffer is in.
    pub fn pressure(&self, buffer: usize) -> u64 {
        let (first, last) = self.spans[buffer];
        self.totals[first..last].iter().copied().max().unwrap_or(0)
    }

    /// How many buffers overlap one.
    pub fn degree(&self, buffer: usize) -> usize {
        self.overlaps[buffer].len()
    }

    /// How long a buffer lives.
    pub fn life(&self, buffer: usize) -> u64 {
        self.lives[buffer]
    }

    /// Bytes of a buffer.
    pub fn size(&self, buffer: usize) -> u64 {
        self.sizes[buffer]
    }
}
