//! All orders of a few items: expectations and probabilities without sampling error.

use attune_core::race::Race;
use attune_core::rng;
use rand::RngExt as _;

use super::{lognormal, mean, play, score};

fn permutations(items: u32) -> Vec<Vec<u32>> {
    if items == 0 {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for shorter in permutations(items - 1) {
        for place in 0..items as usize {
            let mut longer = shorter.clone();
            longer.insert(place, items - 1);
            all.push(longer);
        }
    }
    all
}

/// Mean wealth after each item and the share of orders that are ever lost for each error bound.
fn enumerate(rival: &[f64], candidate: &[f64], floor: &[f64]) -> (Vec<f64>, Vec<(f64, f64)>) {
    let orders = permutations(rival.len() as u32);
    let mut wealth = vec![0.0; rival.len() + 1];
    let mut ever: Vec<(f64, f64)> = [0.5, 0.2, 0.1, 0.05].map(|error| (error, 0.0)).to_vec();
    let weight = 1.0 / orders.len() as f64;
    for order in &orders {
        for (error, share) in &mut ever {
            let race = Race::new(&score(rival), floor, order, *error).unwrap();
            let mut lost = false;
            for (mean, race) in wealth.iter_mut().zip(play(&race, candidate, order)) {
                lost |= race.is_lost();
                if *error == 0.5 {
                    *mean += weight * race.log_wealth().exp();
                }
            }
            *share += weight * f64::from(u8::from(lost));
        }
    }
    (wealth, ever)
}

fn populations() -> Vec<(Vec<f64>, Vec<f64>, Vec<f64>)> {
    let mut all = vec![
        (vec![1.0, 1.0, 1.0, 1.0, 6.0], vec![2.0, 2.0, 2.0, 2.0, 2.0], vec![0.0; 5]),
        (vec![1.0, 1.0, 1.0, 1.0, 6.0], vec![2.5, 2.5, 2.5, 2.5, 0.0], vec![0.0; 5]),
        (vec![1.0, 2.0, 3.0, 4.0, 5.0], vec![5.0, 4.0, 3.0, 2.0, 1.0], vec![1.0; 5]),
        (vec![0.0, 0.0, 0.0, 0.0, 5.0], vec![0.0, 5.0, 0.0, 0.0, 0.0], vec![0.0; 5]),
        // Floors above the rival on some items, as tight as they may be.
        (vec![1.0, 1.0, 1.0, 1.0, 1.0], vec![1.5, 1.5, 0.5, 1.5, 0.0], vec![1.5, 1.2, 0.5, 1.2, 0.0]),
    ];
    for index in 0..25 {
        let mut random = rng::derive(5, "exact", &[index]);
        let items = if index == 0 { 6 } else { 5 };
        let rival = lognormal(&mut random, items, 1.0);
        let mut candidate = lognormal(&mut random, items, 1.5);
        let scale = mean(&rival) / mean(&candidate);
        candidate.iter_mut().for_each(|loss| *loss *= scale);
        let floor = candidate.iter().map(|loss| loss * random.random_range(0.0..1.0)).collect();
        all.push((rival, candidate, floor));
    }
    all
}

#[test]
fn at_equal_means_expected_wealth_is_at_most_one_and_errors_are_bounded() {
    for (rival, candidate, floor) in populations() {
        let (wealth, ever) = enumerate(&rival, &candidate, &floor);
        assert!(wealth.iter().all(|&mean| mean <= 1.0 + 1e-9), "{rival:?} {candidate:?}: {wealth:?}");
        assert!(ever.iter().all(|(error, share)| share <= error), "{rival:?} {candidate:?}: {ever:?}");
    }
}

#[test]
fn better_candidates_have_less_wealth_against_them() {
    for (rival, mut candidate, _) in populations() {
        candidate.iter_mut().for_each(|loss| *loss *= 0.9);
        let (wealth, ever) = enumerate(&rival, &candidate, &[0.0; 6][..rival.len()]);
        assert!(wealth.windows(2).all(|pair| pair[1] <= pair[0] + 1e-9), "{wealth:?}");
        assert!(ever.iter().all(|(error, share)| share <= error), "{ever:?}");
    }
}

#[test]
fn the_first_bets_are_fair() {
    // Until the cap on ties or the budget binds, expected wealth is 1 and not less: no power is given away.
    let (wealth, _) = enumerate(&[1.0, 1.0, 1.0, 1.0, 1.0], &[1.4, 1.2, 0.7, 1.1, 0.6], &[0.0; 5]);
    assert!(wealth[..4].iter().all(|&mean| (mean - 1.0).abs() < 1e-6), "{wealth:?}");
}

#[test]
fn worse_candidates_are_found_out_at_the_latest_after_the_last_item() {
    for (rival, mut candidate, floor) in populations() {
        candidate[2] += 1e-3;
        let order: Vec<u32> = (0..rival.len() as u32).collect();
        let race = Race::new(&score(&rival), &floor, &order, 1e-12).unwrap();
        let last = play(&race, &candidate, &order).last().unwrap();
        assert!(last.is_lost() && last.log_wealth() == f64::INFINITY);
    }
}

#[test]
fn who_was_wrongly_suspected_is_cleared_once_everything_is_known() {
    let order: Vec<u32> = (0..32).collect();
    let candidate: Vec<f64> = (0..32).map(|item| if item < 12 { 1.8 } else { 0.4 }).collect();
    let race = Race::new(&score(&[1.0; 32]), &[0.0; 32], &order, 0.05).unwrap();
    let lost: Vec<bool> = play(&race, &candidate, &order).map(|race| race.is_lost()).collect();
    assert!(!lost[1] && lost[12] && lost[31] && !lost[32], "{lost:?}");
}
