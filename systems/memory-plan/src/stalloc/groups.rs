//! Blocks that start in one phase and end in one phase, together.

use std::collections::BTreeMap;

use super::{Item, Knobs};
use crate::Instance;

/// Size × life of members, and of their box.
struct Use {
    members: f64,
    boxed: f64,
}

impl Use {
    fn share(&self) -> f64 {
        if self.boxed > 0.0 { self.members / self.boxed } else { 1.0 }
    }
}

/// Groups as items, and the buffers that are in none. Where nobody said when phases begin, a phase is what starts and ends at the
/// same moments.
pub(super) fn groups(instance: &Instance, knobs: &Knobs) -> (Vec<Item>, Vec<usize>) {
    let phase = |time: u64| match instance.phases() {
        [] => time,
        phases => phases.partition_point(|&begin| begin <= time) as u64,
    };
    let mut by_phase: BTreeMap<(u64, u64), Vec<usize>> = BTreeMap::new();
    for (index, buffer) in instance.buffers().iter().enumerate() {
        // What ends when a phase begins ended in the one before.
        by_phase.entry((phase(buffer.start), phase(buffer.end - 1))).or_default().push(index);
    }
    let mut items: Vec<Item> = by_phase.into_values().map(|members| stacked(instance, members)).collect();
    let largest = items.iter().map(|item| item.height).max().unwrap_or(0) as f64;
    let mut singles = Vec::new();
    items.retain(|item| {
        let small = (item.height as f64) < knobs.small * largest && item.members.len() < knobs.few;
        let keep = item.members.len() > 1 && !small && used(instance, item).share() >= knobs.usage;
        if !keep {
            singles.extend(item.members.iter().map(|member| member.0));
        }
        keep
    });
    if knobs.fuse {
        items.sort_by_key(|item| span(instance, item));
        fuse(instance, &mut items);
    }
    singles.sort_unstable();
    (items, singles)
}

/// Members on top of each other.
fn stacked(instance: &Instance, members: Vec<usize>) -> Item {
    let mut item = Item::default();
    for buffer in members {
        item.members.push((buffer, item.height));
        item.height += instance.buffers()[buffer].size;
    }
    item
}

fn span(instance: &Instance, item: &Item) -> (u64, u64) {
    let lives = item.members.iter().map(|&(buffer, _)| instance.buffers()[buffer]);
    lives.fold((u64::MAX, 0), |(start, end), buffer| (start.min(buffer.start), end.max(buffer.end)))
}

fn used(instance: &Instance, item: &Item) -> Use {
    let area = |&(buffer, _): &(usize, u64)| {
        let buffer = instance.buffers()[buffer];
        buffer.size as f64 * (buffer.end - buffer.start) as f64
    };
    let (start, end) = span(instance, item);
    let boxed = if item.members.is_empty() { 0.0 } else { item.height as f64 * (end - start) as f64 };
    Use { members: item.members.iter().map(area).sum(), boxed }
}

/// Of two groups that overlap in part, blocks of the later one go where blocks of the earlier one have died, where both what comes
/// of it and what is left are used better than the two were: u(fused) · u(rest) > u(earlier) · u(later).
fn fuse(instance: &Instance, items: &mut Vec<Item>) {
    let mut earlier = 0;
    while earlier < items.len() {
        let mut later = earlier + 1;
        while later < items.len() {
            let ((_, end), (start, its_end)) =
                (span(instance, &items[earlier]), span(instance, &items[later]));
            if start >= end {
                // Items are in the order of their starts: no later one overlaps.
                break;
            }
            if end < its_end {
                let (fused, rest) = moved(instance, &items[earlier], &items[later]);
                let share = |item: &Item| used(instance, item).share();
                if rest.members.len() < items[later].members.len()
                    && share(&fused) * share(&rest) > share(&items[earlier]) * share(&items[later])
                {
                    items[earlier] = fused;
                    if rest.members.is_empty() {
                        items.remove(later);
                        continue;
                    }
                    items[later] = rest;
                }
            }
            later += 1;
        }
        earlier += 1;
    }
}

/// The earlier group with those blocks of the later one that fit into its box, and the later one without them.
fn moved(instance: &Instance, earlier: &Item, later: &Item) -> (Item, Item) {
    let mut fused = earlier.clone();
    let mut rest = Vec::new();
    for &(buffer, _) in &later.members {
        let life = instance.buffers()[buffer];
        let mut taken: Vec<(u64, u64)> = fused
            .members
            .iter()
            .map(|&(other, offset)| (instance.buffers()[other], offset))
            .filter(|(other, _)| other.overlaps(&life))
            .map(|(other, offset)| (offset, offset + other.size))
            .collect();
        taken.sort_unstable();
        taken.push((fused.height, fused.height));
        let mut floor = 0;
        let gap = taken.into_iter().find_map(|(from, to)| {
            let found = (from >= floor + life.size).then_some(floor);
            floor = floor.max(to);
            found
        });
        match gap {
            Some(offset) => fused.members.push((buffer, offset)),
            None => rest.push(buffer),
        }
    }
    (fused, stacked(instance, rest))
}
