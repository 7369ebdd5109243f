//! How much is saved. `cargo test -p attune-core --test race -- --nocapture power` prints the table of
//! `docs/racing.md`.

use attune_core::race::{Race, order, stages};
use attune_core::rng::{self, Rng};
use rand::RngExt as _;

use super::{lognormal, lost_after, mean, normal, score};

const RACES: u64 = 300;

/// Rival and candidate on some items.
type Draw = fn(&mut Rng, usize) -> (Vec<f64>, Vec<f64>);

fn shifted(random: &mut Rng, items: usize, shift: f64, spread: f64) -> (Vec<f64>, Vec<f64>) {
    let rival: Vec<f64> = (0..items).map(|_| (0.7 + 0.3 * normal(random)).max(0.05)).collect();
    let candidate = rival.iter().map(|loss| (loss + shift + spread * normal(random)).max(0.0)).collect();
    (rival, candidate)
}

fn slightly_worse(random: &mut Rng, items: usize) -> (Vec<f64>, Vec<f64>) {
    shifted(random, items, 0.05, 0.05)
}

fn noisily_worse(random: &mut Rng, items: usize) -> (Vec<f64>, Vec<f64>) {
    shifted(random, items, 0.2, 0.3)
}

/// What a search proposes: 10 % better, 20 % about 5 % worse, 30 % 20 %, 25 % 80 % and 15 % 4.5 times worse.
fn proposals(random: &mut Rng, items: usize) -> (Vec<f64>, Vec<f64>) {
    let rival = lognormal(random, items, 0.6);
    let shift = match random.random_range(0..100) {
        0..10 => -0.1,
        10..30 => 0.05,
        30..60 => 0.2,
        60..85 => 0.6,
        _ => 1.5,
    };
    let candidate = rival.iter().map(|loss| loss * (shift + 0.12 * normal(random)).exp()).collect();
    (rival, candidate)
}

/// The textbook form with no more than the bets of the largest remaining gap, for comparison:
/// `Π (1 + λ (d − m))`, λ up to `1/(B + m)`, log-spaced fractions.
fn textbook(
    rival: &[f64],
    floor: &[f64],
    candidate: &[f64],
    order: &[u32],
    stages: &[u32],
    error: f64,
) -> usize {
    let mut wealth = [1.0 / 16.0; 16];
    let (mut sum, mut peak) = (0.0, 1.0_f64);
    for (seen, &item) in order.iter().enumerate() {
        let gap = |item: &u32| rival[*item as usize] - floor[*item as usize];
        let largest = order[seen..].iter().map(gap).fold(f64::MIN, f64::max);
        let bound = -sum / (order.len() - seen) as f64;
        let difference = candidate[item as usize] - rival[item as usize];
        for (index, wealth) in wealth.iter_mut().enumerate() {
            let fraction = 2_f64.powf(-6.0 + 0.4 * index as f64) * 0.98;
            *wealth *= 1.0 + fraction / (largest + bound).max(1e-9) * (difference - bound);
        }
        peak = peak.max(wealth.iter().sum());
        sum += difference;
        if stages.contains(&(seen as u32 + 1)) && (peak >= 1.0 / error || -largest > bound) {
            return seen + 1;
        }
    }
    order.len()
}

struct Outcome {
    saved: f64,
    dropped: f64,
    textbook: f64,
    wrong: u64,
}

fn outcome(draw: Draw, items: usize, floor_share: f64, error: f64) -> Outcome {
    let stages = stages(items as u32, items as u32 / 8);
    let mut result = Outcome { saved: 0.0, dropped: 0.0, textbook: 0.0, wrong: 0 };
    let (all, races) = (items as f64, RACES as f64);
    for index in 0..RACES {
        let mut random = rng::derive(11, "power", &[index, items as u64]);
        let (rival, mut candidate) = draw(&mut random, items);
        let floor: Vec<f64> = rival.iter().map(|loss| loss * floor_share).collect();
        candidate.iter_mut().zip(&floor).for_each(|(loss, floor)| *loss = loss.max(*floor));
        let order = order(items as u32, 21, index);
        let race = Race::new(&score(&rival), &floor, &order, error).unwrap();
        let lost = lost_after(&race, &candidate, &order);
        let at_stage = |seen: &&usize| **seen < items && stages.contains(&(**seen as u32));
        if let Some(&scored) = lost.iter().find(at_stage) {
            result.saved += (1.0 - scored as f64 / all) / races;
            result.dropped += 1.0 / races;
            result.wrong += u64::from(mean(&candidate) <= mean(&rival));
        }
        let scored = textbook(&rival, &floor, &candidate, &order, &stages, error);
        result.textbook += (1.0 - scored as f64 / all) / races;
    }
    result
}

/// Candidates, items, floor as a share of the rival's loss, and what is saved at the least at δ = 0.05.
const TABLE: &[(&str, Draw, usize, f64, f64)] = &[
    ("+0.05 ± 0.05", slightly_worse, 32, 0.0, 0.0),
    ("+0.05 ± 0.05", slightly_worse, 32, 0.5, 0.01),
    ("+0.05 ± 0.05", slightly_worse, 32, 0.8, 0.35),
    ("+0.05 ± 0.05", slightly_worse, 128, 0.0, 0.1),
    ("+0.2 ± 0.3", noisily_worse, 32, 0.0, 0.2),
    ("+0.2 ± 0.3", noisily_worse, 128, 0.0, 0.65),
    ("proposals", proposals, 32, 0.0, 0.28),
    ("proposals", proposals, 32, 0.5, 0.4),
    ("proposals", proposals, 32, 0.8, 0.5),
    ("proposals", proposals, 128, 0.0, 0.45),
    ("proposals", proposals, 128, 0.8, 0.6),
];

#[test]
fn power_is_as_documented() {
    println!("| candidates | N | floor | δ | dropped early | evaluations saved | textbook form |");
    for &(name, draw, items, floor, least) in TABLE {
        for error in [0.05, 0.01] {
            let Outcome { saved, dropped, textbook, wrong } = outcome(draw, items, floor, error);
            println!(
                "| {name} | {items} | {floor} | {error} | {:.0} % | {:.0} % | {:.0} % |",
                100.0 * dropped,
                100.0 * saved,
                100.0 * textbook
            );
            assert!(error < 0.05 || saved >= least, "{name} {items} {floor}: {saved}");
            assert!(saved >= textbook - 0.02, "{name} {items} {floor}: {saved} against {textbook}");
            assert!(wrong as f64 <= error * RACES as f64, "{wrong} wrongly dropped");
        }
    }
}
