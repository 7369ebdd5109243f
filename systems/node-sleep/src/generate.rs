use crate::{STEPS_PER_DAY, Series};
use attune_random::Random;

/// A series of `days` like Philly's: `total` nodes of which about two thirds are used; days and weeks in it, a slow drift, and jobs of many nodes
/// that come and end. The constants are chosen here.
pub fn generate(days: usize, total: u32, seed: u64) -> Series {
    let mut random = Random::new(seed);
    let nodes = f64::from(total);
    let (mut drift, mut noise) = (0.0, 0.0);
    // Nodes of large jobs, and the step at which each ends.
    let mut large: Vec<(f64, usize)> = Vec::new();
    let mut used = Vec::with_capacity(days * STEPS_PER_DAY);
    for step in 0..days * STEPS_PER_DAY {
        let hour = (step % STEPS_PER_DAY) as f64 / STEPS_PER_DAY as f64;
        let weekend = if (step / STEPS_PER_DAY) % 7 >= 5 { -0.035 } else { 0.01 };
        let daily = -0.03 * libm::cos(std::f64::consts::TAU * (hour - 0.15));
        drift = 0.9995 * drift + 0.0025 * random.normal();
        noise = 0.9 * noise + 0.004 * random.normal();
        if random.unit() < 0.02 {
            let hours = libm::exp(1.0 + 1.0 * random.normal()).min(72.0);
            large.push((4.0 + 20.0 * random.unit() * random.unit(), step + 1 + (hours * 6.0) as usize));
        }
        large.retain(|&(_, end)| end > step);
        let jobs: f64 = large.iter().map(|job| job.0).sum();
        let level = nodes * (0.64 + weekend + daily + drift + noise) + jobs;
        used.push(level.clamp(0.0, nodes).round() as u32);
    }
    // A Monday.
    Series { first_day: 17_441, total: vec![total; used.len()], used }
}
