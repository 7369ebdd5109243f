//! Layers, and the blocks that go into them.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::{Bucketing, Item, Knobs, LayerChoice};
use crate::Offsets;
use crate::canonical::Sections;

pub(super) struct Layers<'a> {
    sections: &'a Sections,
    knobs: &'a Knobs,
    layers: Vec<Layer>,
}

struct Layer {
    height: u64,
    /// Height that is used in each section.
    skyline: Vec<u64>,
    /// Buffers and their offsets within the layer.
    placed: Vec<(usize, u64)>,
}

/// A layer before a block went into it.
struct Undo {
    layer: usize,
    placed: usize,
    skyline: Vec<(usize, u64)>,
}

impl<'a> Layers<'a> {
    pub(super) fn new(sections: &'a Sections, knobs: &'a Knobs) -> Self {
        Self { sections, knobs, layers: Vec::new() }
    }

    /// Lays out items, bucket after bucket of equal heights.
    pub(super) fn add_all(&mut self, items: Vec<Item>) {
        let mut buckets: BTreeMap<u64, Vec<Item>> = BTreeMap::new();
        for item in items {
            buckets.entry(item.height).or_default().push(item);
        }
        let mut buckets: Vec<(u64, Vec<Item>)> = buckets.into_iter().collect();
        buckets.sort_by_cached_key(|(height, items)| {
            let lives =
                items.iter().flat_map(|item| &item.members).map(|member| self.sections.life(member.0));
            Reverse(match self.knobs.bucketing {
                Bucketing::Size => (u128::from(*height), 0),
                Bucketing::Area => (u128::from(*height) * lives.map(u128::from).sum::<u128>(), *height),
                Bucketing::Life => (lives.max().map_or(0, u128::from), *height),
            })
        });
        for (height, mut items) in buckets {
            items.sort_by_key(|item| (self.span(item).0, item.members[0].0));
            self.add_bucket(height, items);
        }
    }

    /// First into spare height of what is there, in an order that begins with those that did not fit the last time, as long as
    /// that needs fewer new layers; then the rest into new ones.
    fn add_bucket(&mut self, height: u64, items: Vec<Item>) {
        let mut order: Vec<usize> = (0..items.len()).collect();
        let mut best: Option<(usize, Vec<usize>)> = None;
        let mut idle = 0;
        loop {
            let mut undo = Vec::new();
            let failed: Vec<usize> =
                order.iter().copied().filter(|&item| !self.fill(&items[item], &mut undo)).collect();
            let needed = most_at_once(failed.iter().map(|&item| self.span(&items[item])));
            let done = failed.is_empty();
            if best.as_ref().is_none_or(|(least, _)| needed < *least) {
                best = Some((needed, order.clone()));
                idle = 0;
            } else {
                idle += 1;
            }
            self.undo(undo);
            if done || idle > self.knobs.patience {
                break;
            }
            order.sort_by_key(|item| !failed.contains(item));
        }
        let order = best.map_or(order, |(_, order)| order);
        let mut undo = Vec::new();
        let mut rest: Vec<usize> =
            order.into_iter().filter(|&item| !self.fill(&items[item], &mut undo)).collect();
        rest.sort_unstable();
        // Layers of this bucket, and where their last block ends.
        let mut tails: Vec<(usize, usize)> = Vec::new();
        for item in rest {
            let (first, last) = self.span(&items[item]);
            let open = (0..tails.len()).filter(|&tail| tails[tail].1 <= first);
            let tail = open.max_by_key(|&tail| (tails[tail].1, Reverse(tail)));
            let tail = tail.unwrap_or_else(|| {
                let skyline = vec![0; self.sections.totals.len()];
                self.layers.push(Layer { height, skyline, placed: Vec::new() });
                tails.push((self.layers.len() - 1, 0));
                tails.len() - 1
            });
            tails[tail].1 = last;
            self.put(tails[tail].0, &items[item], 0, &mut Vec::new());
        }
    }

    /// Puts an item into spare height of a layer, if one has enough.
    fn fill(&mut self, item: &Item, undo: &mut Vec<Undo>) -> bool {
        let (first, _) = self.span(item);
        let mut best: Option<((u64, u64), usize, u64)> = None;
        for (index, layer) in self.layers.iter().enumerate() {
            if layer.height < item.height {
                continue;
            }
            let offset = self.floor(layer, item);
            if offset + item.height > layer.height {
                continue;
            }
            let spare = layer.height - offset - item.height;
            let key = match self.knobs.layer_choice {
                // How long nothing was there: what ended latest leaves the shortest gap.
                LayerChoice::LatestTail => {
                    let gap = (0..first).rev().take_while(|&section| layer.skyline[section] == 0).count();
                    (gap as u64, spare)
                }
                LayerChoice::Tightest => (spare, 0),
            };
            if best.is_none_or(|(least, ..)| key < least) {
                best = Some((key, index, offset));
            }
        }
        let Some((_, layer, offset)) = best else { return false };
        self.put(layer, item, offset, undo);
        true
    }

    /// The lowest place of an item over what a layer holds.
    fn floor(&self, layer: &Layer, item: &Item) -> u64 {
        let over = |&(buffer, within): &(usize, u64)| {
            let (first, last) = self.sections.spans[buffer];
            layer.skyline[first..last].iter().copied().max().unwrap_or(0).saturating_sub(within)
        };
        item.members.iter().map(over).max().unwrap_or(0)
    }

    fn put(&mut self, layer: usize, item: &Item, offset: u64, undo: &mut Vec<Undo>) {
        let changed = &mut self.layers[layer];
        let mut skyline = Vec::new();
        let placed = changed.placed.len();
        for &(buffer, within) in &item.members {
            let (first, last) = self.sections.spans[buffer];
            let top = offset + within + self.sections.sizes[buffer];
            for section in first..last {
                if changed.skyline[section] < top {
                    skyline.push((section, changed.skyline[section]));
                    changed.skyline[section] = top;
                }
            }
            changed.placed.push((buffer, offset + within));
        }
        undo.push(Undo { layer, placed, skyline });
    }

    fn undo(&mut self, undo: Vec<Undo>) {
        for Undo { layer, placed, skyline } in undo.into_iter().rev() {
            self.layers[layer].placed.truncate(placed);
            for (section, height) in skyline.into_iter().rev() {
                self.layers[layer].skyline[section] = height;
            }
        }
    }

    /// First section of an item, and the one after its last.
    fn span(&self, item: &Item) -> (usize, usize) {
        let spans = item.members.iter().map(|member| self.sections.spans[member.0]);
        spans.fold((usize::MAX, 0), |(first, last), span| (first.min(span.0), last.max(span.1)))
    }

    /// Layers on top of each other.
    pub(super) fn offsets(self, buffers: usize) -> Offsets {
        let mut offsets = vec![0; buffers];
        let mut base = 0;
        for layer in self.layers {
            for (buffer, offset) in layer.placed {
                offsets[buffer] = base + offset;
            }
            base += layer.height;
        }
        offsets
    }
}

/// How many spans share a section at most: as many layers they need.
fn most_at_once(spans: impl Iterator<Item = (usize, usize)>) -> usize {
    let mut events: Vec<(usize, i32)> = spans.flat_map(|(first, last)| [(first, 1), (last, -1)]).collect();
    events.sort_unstable();
    let mut now = 0;
    events
        .iter()
        .map(|event| {
            now += event.1;
            now
        })
        .max()
        .unwrap_or(0)
        .max(0) as usize
}
