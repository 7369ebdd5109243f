//! BIPOP: restarts with a growing population and with small ones in turn (Hansen 2009, "Benchmarking a BI-population CMA-ES on
//! the BBOB-2009 function testbed", §2).

use attune_core::rng::Rng;
use rand::RngExt as _;

/// How the running run was begun.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Regime {
    First,
    Large,
    /// It may take this many evaluations.
    Small(u64),
}

/// Which run comes next, and what the regimes have spent.
pub(super) struct Restarts {
    /// Samples and step size of the first run.
    population: usize,
    step: f64,
    regime: Regime,
    /// How often the population was doubled.
    doublings: u32,
    /// Evaluations of finished runs of the large and of the small regime.
    spent: [u64; 2],
    /// Those of the running one, and of the last large one.
    running: u64,
    last_large: u64,
}

/// The most doublings: a population of millions is no search any more.
const MOST_DOUBLINGS: u32 = 20;

impl Restarts {
    pub(super) fn new(population: usize, step: f64) -> Self {
        let (regime, doublings) = (Regime::First, 0);
        Self { population, step, regime, doublings, spent: [0; 2], running: 0, last_large: 0 }
    }

    /// Hears of a generation. Whether the run has spent what it may.
    pub(super) fn spend(&mut self, evaluations: usize) -> bool {
        self.running += evaluations as u64;
        matches!(self.regime, Regime::Small(limit) if self.running >= limit)
    }

    /// Samples and step size of the next run: of the regime that has spent less, the large one first.
    pub(super) fn next(&mut self, random: &mut Rng) -> (usize, f64) {
        match self.regime {
            Regime::First => self.last_large = self.running,
            Regime::Large => {
                self.spent[0] += self.running;
                self.last_large = self.running;
            }
            Regime::Small(_) => self.spent[1] += self.running,
        }
        self.running = 0;
        if self.spent[1] < self.spent[0] {
            let (wide, narrow): (f64, f64) = (random.random(), random.random());
            let most = 2_f64.powi(self.doublings as i32 - 1);
            let population = (self.population as f64 * most.powf(wide * wide)).floor() as usize;
            self.regime = Regime::Small(self.last_large / 2);
            (population.max(2), self.step * 10_f64.powf(-2.0 * narrow))
        } else {
            self.doublings = (self.doublings + 1).min(MOST_DOUBLINGS);
            self.regime = Regime::Large;
            (self.population << self.doublings, self.step)
        }
    }
}

#[cfg(test)]
mod tests {
    use attune_core::rng::derive;

    use super::*;

    #[test]
    fn the_large_regime_doubles_and_the_small_one_spends_no_more() {
        let mut random = derive(1, "restarts", &[]);
        let mut restarts = Restarts::new(11, 0.3);
        let (mut large, mut small) = (Vec::new(), Vec::new());
        restarts.spend(1_000);
        for _ in 0..40 {
            let (population, step) = restarts.next(&mut random);
            match restarts.regime {
                Regime::Small(limit) => {
                    small.push(population);
                    assert!((0.003..=0.3).contains(&step), "{step}");
                    while !restarts.spend(population) {}
                    assert!(restarts.running < limit + population as u64);
                }
                _ => {
                    assert!(step == 0.3);
                    large.push(population);
                    restarts.spend(100 * population);
                }
            }
            let [large, small] = restarts.spent;
            assert!(small <= large + 100 * 11 * (1 << restarts.doublings), "{small} of {large}");
        }
        assert!(large.len() >= 3 && large.iter().enumerate().all(|(k, size)| *size == 22 << k), "{large:?}");
        assert!(small.len() > large.len(), "{small:?}");
        assert!(small.iter().all(|size| *size >= 11 && 2 * size <= 11 << restarts.doublings), "{small:?}");
    }
}
