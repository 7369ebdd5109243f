//! How orders beget orders.

use attune_guest::{Config, Operator, Random, Value};
use attune_memory_plan::canonical::{Outcome, Sections};
use attune_memory_plan::decode::{self, Fit};
use attune_memory_plan::restarts::{ABOVE, Policy, Target, capacity};
use attune_memory_plan::{Instance, peak};

/// Steps of a search that completes an order: some fifty instructions each, and a call may take a billion.
const STEPS: u64 = 15_000_000;

pub(crate) fn all() -> Vec<Operator> {
    vec![
        Operator::mutation(
            "complete",
            "Searches canonical plans below the parent's peak, first in the parent's order, then in orders that put first where it got \
             stuck, within a number of nodes.",
        ),
        Operator::mutation(
            "critical",
            "Moves a buffer that reaches the peak, or what stands under it, to an earlier place.",
        ),
        Operator::mutation("eject", "Takes some buffers that live together out and places them first."),
    ]
}

pub(crate) fn vary(
    traces: &[Instance],
    nodes: u64,
    operator: &str,
    parents: &[Config],
    random: &mut Random,
) -> Result<Config, String> {
    let mut child = parents[0].clone();
    let trace = random.below(traces.len());
    let instance = &traces[trace];
    let order = child[trace][0].elements().to_vec();
    let offsets = decode::decode(instance, &order, Fit::Lowest);
    let order = match operator {
        "complete" => complete(instance, &order, peak(instance, &offsets), nodes, random)?,
        "critical" => critical(instance, order, &offsets, random),
        "eject" => eject(instance, order, random),
        other => return Err(format!("there is no operator `{other}`")),
    };
    child[trace] = vec![Value::Indices(order)];
    Ok(child)
}

fn complete(
    instance: &Instance,
    order: &[u32],
    parent: u64,
    nodes: u64,
    random: &mut Random,
) -> Result<Vec<u32>, String> {
    let sections = Sections::new(instance);
    let bound = sections.bound();
    if parent <= bound {
        return Err("no plan is below the most live bytes, which this one takes".to_owned());
    }
    // One step below the parent in half of the calls, any capacity below it in the others.
    let below = ABOVE.map(|above| capacity(bound, above));
    let below = &below[..below.partition_point(|&capacity| capacity < parent)];
    let step = if random.chance(0.5) { below.len() - 1 } else { random.below(below.len()) };
    let mut target = Target::new(&sections, below[step]);
    let mut own = attune_memory_plan::Random::new(random.bits());
    let mut left = (nodes, STEPS);
    while left.0 > 0 && left.1 > 0 {
        let round = target.round(&sections, &Policy::default(), Some(order), left, &mut own);
        match round.outcome {
            Outcome::Found(offsets) => return Ok(decode::order_of(&offsets)),
            Outcome::Impossible => return Err("there is no plan within this capacity".to_owned()),
            Outcome::Unknown => {
                left = (left.0.saturating_sub(round.nodes), left.1.saturating_sub(round.steps))
            }
        }
    }
    Err("no plan was found within the nodes".to_owned())
}

/// A chain from the top: a buffer that reaches the peak, or one that ends where one of the chain begins.
fn critical(instance: &Instance, mut order: Vec<u32>, offsets: &[u64], random: &mut Random) -> Vec<u32> {
    let buffers = instance.buffers();
    let top = peak(instance, offsets);
    let ends_at = |at: u64, above: Option<usize>| -> Vec<usize> {
        let under = |&one: &usize| above.is_none_or(|above| buffers[one].overlaps(&buffers[above]));
        (0..buffers.len()).filter(|&one| offsets[one] + buffers[one].size == at).filter(under).collect()
    };
    let mut chain = Vec::new();
    let (mut at, mut above) = (top, None);
    loop {
        let under = ends_at(at, above);
        if under.is_empty() {
            break;
        }
        let one = under[random.below(under.len())];
        chain.push(one as u32);
        (at, above) = (offsets[one], Some(one));
    }
    let moved = chain[random.below(chain.len())];
    let from = order.iter().position(|&buffer| buffer == moved).unwrap_or(0);
    let buffer = order.remove(from);
    order.insert(random.below(from + 1), buffer);
    order
}

/// Up to an quarter of the buffers that overlap one come first, in the order that they had.
fn eject(instance: &Instance, mut order: Vec<u32>, random: &mut Random) -> Vec<u32> {
    let buffers = instance.buffers();
    let around = buffers[random.below(buffers.len())];
    let share = random.unit() / 4.0;
    let mut first = Vec::new();
    order.retain(|&buffer| {
        let taken = buffers[buffer as usize].overlaps(&around) && random.chance(share);
        if taken {
            first.push(buffer);
        }
        !taken
    });
    first.extend(order);
    first
}
