//! Orders: moves of one, and children of two.

use rand::RngExt as _;

use crate::rng::Rng;

/// One move: two elements exchanged, one inserted elsewhere, a stretch reversed, or two neighbouring blocks exchanged, each as
/// often as the others. How far a move reaches is drawn evenly in its logarithm, so that short and long ones are tried in
/// spaces of any size.
pub(super) fn step(order: &[u32], random: &mut Rng) -> Vec<u32> {
    let mut order = order.to_vec();
    if order.len() < 2 {
        return order;
    }
    let reach = reach(order.len() - 1, random);
    let first = random.random_range(0..order.len() - reach);
    let stretch = &mut order[first..=first + reach];
    match random.random_range(0..4) {
        0 => stretch.swap(0, reach),
        1 => stretch.reverse(),
        2 if reach > 2 => stretch.rotate_left(random.random_range(2..reach)),
        _ if random.random() => stretch.rotate_left(1),
        _ => stretch.rotate_right(1),
    }
    order
}

/// 1 to `most`, with a probability that falls as one over it.
fn reach(most: usize, random: &mut Rng) -> usize {
    let drawn = random.random_range(0.0..(most as f64 + 1.0).ln()).exp();
    (drawn as usize).clamp(1, most)
}

/// A child of two orders of the same elements, by one of two crossovers.
pub(super) fn cross(first: &[u32], second: &[u32], random: &mut Rng) -> Vec<u32> {
    if first.is_empty() {
        return Vec::new();
    }
    if random.random() { stretch(first, second, random) } else { precedence(first, second, random) }
}

/// Order crossover (Davis 1985): a stretch of the first stays where it is, the others are in the order of the second.
fn stretch(first: &[u32], second: &[u32], random: &mut Rng) -> Vec<u32> {
    let (one, other) = (random.random_range(0..first.len()), random.random_range(0..first.len()));
    let (from, to) = (one.min(other), one.max(other));
    let kept = &first[from..=to];
    let mut taken = vec![false; first.len()];
    kept.iter().for_each(|element| taken[*element as usize] = true);
    let mut rest = second.iter().copied().filter(|element| !taken[*element as usize]);
    let mut child: Vec<u32> = rest.by_ref().take(from).collect();
    child.extend(kept);
    child.extend(rest);
    child
}

/// Precedence-preserving crossover (Bierwirth, Mattfeld & Kopfer 1996): the next element of one parent that is not taken yet,
/// in turns of random lengths. What comes before something in both parents does so in the child.
fn precedence(first: &[u32], second: &[u32], random: &mut Rng) -> Vec<u32> {
    let mut taken = vec![false; first.len()];
    let mut child = Vec::with_capacity(first.len());
    let mut parents = [first.iter(), second.iter()];
    let mut turn = usize::from(random.random::<bool>());
    let mut left = reach(first.len(), random);
    while child.len() < first.len() {
        if left == 0 {
            turn = 1 - turn;
            left = reach(first.len(), random);
        }
        let Some(&element) = parents[turn].find(|element| !taken[**element as usize]) else { break };
        taken[element as usize] = true;
        child.push(element);
        left -= 1;
    }
    child
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng;

    #[test]
    fn a_move_changes_the_order_and_every_order_is_reached() {
        let mut random = rng::derive(1, "moves", &[]);
        let mut order = vec![0, 1, 2, 3, 4];
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..5_000 {
            let next = step(&order, &mut random);
            assert_ne!(next, order);
            let mut elements = next.clone();
            elements.sort_unstable();
            assert_eq!(elements, [0, 1, 2, 3, 4]);
            seen.insert(next.clone());
            order = next;
        }
        assert_eq!(seen.len(), 120);
        assert_eq!(step(&[0], &mut random), [0]);
    }

    #[test]
    fn moves_are_short_and_long_in_orders_of_thousands() {
        let mut random = rng::derive(1, "moves", &[]);
        let order: Vec<u32> = (0..5_000).collect();
        let mut reaches: Vec<usize> = (0..400)
            .map(|_| {
                let next = step(&order, &mut random);
                let moved = |place: &usize| next[*place] != order[*place];
                let first = (0..5_000).find(moved).unwrap();
                (0..5_000).rev().find(moved).unwrap() - first
            })
            .collect();
        reaches.sort_unstable();
        assert!(
            reaches[40] < 4 && reaches[200] > 20 && reaches[200] < 250 && reaches[360] > 1_000,
            "{reaches:?}"
        );
    }

    #[test]
    fn children_keep_what_both_parents_agree_on() {
        let mut random = rng::derive(1, "children", &[]);
        let place = |order: &[u32], element: u32| order.iter().position(|found| *found == element).unwrap();
        for _ in 0..200 {
            let orders: Vec<Vec<u32>> = (0..2)
                .map(|_| (0..20).fold((0..8).collect(), |order: Vec<u32>, _| step(&order, &mut random)))
                .collect();
            let child = precedence(&orders[0], &orders[1], &mut random);
            for (one, other) in (0..8).flat_map(|one| (0..8).map(move |other| (one, other))) {
                if orders.iter().all(|order| place(order, one) < place(order, other)) {
                    assert!(place(&child, one) < place(&child, other), "{orders:?} {child:?}");
                }
            }
            let mut child = stretch(&orders[0], &orders[1], &mut random);
            child.sort_unstable();
            assert_eq!(child, (0..8).collect::<Vec<u32>>());
        }
    }
}
