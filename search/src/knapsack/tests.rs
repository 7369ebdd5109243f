//! Against brute force, dynamic programming and known optima.

use attune_core::rng::{Rng, derive};
use rand::RngExt as _;

use super::*;

mod instances;
mod mixed;

/// Damage and use of an allocation, and whether it keeps every rule and limit.
fn judge(problem: &Problem, options: &[usize]) -> (f64, bool) {
    let chosen = || problem.slots.iter().zip(options).map(|(slot, &option)| &slot[option]);
    let within = problem.limits.iter().enumerate().all(|(r, limit)| {
        chosen().map(|option| option.costs[r]).sum::<f64>() <= limit + 1e-9 * limit.abs().max(1.0)
    });
    let ruled = problem.groups.iter().all(|group| {
        let mut used: Vec<usize> = group.slots.iter().map(|&slot| options[slot]).collect();
        let picked = used.iter().sum::<usize>() as u32;
        used.sort_unstable();
        used.dedup();
        match group.rule {
            Rule::Distinct(most) => used.len() <= most as usize,
            Rule::Pick { min, max } => (min..=max).contains(&picked),
        }
    });
    (chosen().map(|option| option.damage).sum(), within && ruled)
}

fn brute_force(problem: &Problem) -> Option<f64> {
    let mut options = vec![0; problem.slots.len()];
    let mut best: Option<f64> = None;
    loop {
        let (damage, fits) = judge(problem, &options);
        if fits && best.is_none_or(|best| damage < best) {
            best = Some(damage);
        }
        let Some(slot) = (0..options.len()).find(|&slot| options[slot] + 1 < problem.slots[slot].len())
        else {
            return best;
        };
        options[slot] += 1;
        options[..slot].fill(0);
    }
}

/// A small problem with everything: several budgets, some costs negative, groups of both kinds.
fn random_problem(random: &mut Rng) -> Problem {
    let budgets = random.random_range(0..=3);
    let whole = random.random_bool(0.5);
    let mut number = |low: i32, high: i32| {
        if whole {
            f64::from(random.random_range(low..=high))
        } else {
            random.random_range(f64::from(low)..f64::from(high))
        }
    };
    let mut option =
        |costs: usize| Choice { damage: number(-3, 20), costs: (0..costs).map(|_| number(-2, 9)).collect() };
    let mut slots: Vec<Vec<Choice>> = Vec::new();
    slots.extend((0..4).map(|_| (0..3).map(|_| option(budgets)).collect()));
    slots.extend((0..4).map(|_| (0..2).map(|_| option(budgets)).collect()));
    slots.extend((0..2).map(|_| (0..3).map(|_| option(budgets)).collect()));
    let mut groups = Vec::new();
    if random.random_bool(0.7) {
        groups.push(Group { slots: (0..4).collect(), rule: Rule::Distinct(random.random_range(1..=2)) });
    }
    if random.random_bool(0.7) {
        let min = random.random_range(0..=3);
        groups.push(Group {
            slots: (4..8).collect(),
            rule: Rule::Pick { min, max: random.random_range(min..=4) },
        });
    }
    let limits = (0..budgets).map(|_| f64::from(random.random_range(5..=40))).collect();
    Problem { slots, limits, groups }
}

#[test]
fn small_problems_are_solved_as_brute_force_solves_them() {
    let mut infeasible = 0;
    for seed in 0..300 {
        let problem = random_problem(&mut derive(seed, "knapsack", &[]));
        match (solve(&problem, &Goal::default()), brute_force(&problem)) {
            (Ok(found), Some(optimum)) => {
                let (damage, fits) = judge(&problem, &found.options);
                assert!(fits, "seed {seed}: not within its limits and rules");
                assert!(
                    (damage - found.damage).abs() < 1e-9,
                    "seed {seed}: damage {damage} is booked wrongly"
                );
                assert!((damage - optimum).abs() < 1e-9, "seed {seed}: {damage}, optimum {optimum}");
                assert!(found.bound <= optimum + 1e-9, "seed {seed}: bound above the optimum");
                assert!(found.gap() < 1e-9, "seed {seed}: gap {}", found.gap());
            }
            (Err(KnapsackError::Budget { .. } | KnapsackError::Infeasible), None) => infeasible += 1,
            (found, optimum) => panic!("seed {seed}: {found:?}, optimum {optimum:?}"),
        }
    }
    assert!(infeasible > 0, "no infeasible problem was drawn");
}

#[test]
fn without_room_the_bound_still_holds() {
    for seed in 0..200 {
        let problem = random_problem(&mut derive(seed, "room", &[]));
        let (Ok(found), Some(optimum)) =
            (solve(&problem, &Goal { gap: 0.05, labels: 0, ..Goal::default() }), brute_force(&problem))
        else {
            continue;
        };
        assert!(found.bound <= optimum + 1e-9, "seed {seed}: bound {} above {optimum}", found.bound);
        assert!(judge(&problem, &found.options).1, "seed {seed}: infeasible");
    }
}

#[test]
fn malformed_problems_are_refused() {
    let choice = |damage: f64, cost: f64| Choice { damage, costs: vec![cost] };
    let problem = |slots, groups| Problem { slots, limits: vec![1.0], groups };
    let message = |problem: &Problem| solve(problem, &Goal::default()).unwrap_err().to_string();
    assert_eq!(message(&problem(vec![vec![]], vec![])), "slot 0 has no options");
    assert!(message(&problem(vec![vec![choice(f64::NAN, 0.0)]], vec![])).contains("not finite"));
    let group = || Group { slots: vec![0], rule: Rule::Distinct(1) };
    let pair = || vec![choice(0.0, 1.0), choice(1.0, 0.5)];
    assert_eq!(message(&problem(vec![pair()], vec![group(), group()])), "slot 0 is in two groups");
    assert_eq!(
        message(&problem(vec![pair(), pair(), pair()], vec![])),
        "no allocation meets budget 0 of 1: the cheapest one needs 1.5"
    );
}
