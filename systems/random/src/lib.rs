//! Numbers that follow from a seed: SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators",
//! OOPSLA 2014), and the few laws that the systems draw from it.
//!
//! The systems run natively and in components and have to be the same bits in both; logarithms and cosines of a standard
//! library are not, so those of `libm` stand here.

/// A stream of numbers that is a function of its seed.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The stream of `seed`.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The stream of one thing among many, for instance of a job: streams of different `index` do not follow each other.
    pub fn of(seed: u64, index: u64) -> Self {
        let mut mixer = Self(seed ^ index.wrapping_mul(0xd134_2543_de82_ef95));
        Self(mixer.bits())
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Uniform in [0, 1).
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Uniform in [`low`, `high`).
    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// A whole number below `end`, 0 where that is 0; no number is more likely than another by over `end`/2⁶⁴.
    pub fn below(&mut self, end: usize) -> usize {
        ((u128::from(self.bits()) * end as u128) >> 64) as usize
    }

    /// Standard normal (Box and Muller).
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * libm::log(1.0 - self.unit())).sqrt();
        radius * libm::cos(std::f64::consts::TAU * self.unit())
    }

    /// Exponential with mean 1.
    pub fn exponential(&mut self) -> f64 {
        -libm::log(1.0 - self.unit())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bits_are_those_of_the_published_generator() {
        // The first outputs of Vigna's `splitmix64.c` from state 1234567.
        let mut random = Random::new(1_234_567);
        let drawn = [0; 3].map(|_: u64| random.bits());
        assert_eq!(drawn, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]);
    }

    #[test]
    fn every_law_has_its_mean_and_variance() {
        const DRAWN: usize = 200_000;
        type Law = fn(&mut Random) -> f64;
        let laws: [(&str, Law, f64, f64); 5] = [
            ("unit", |random| random.unit(), 0.5, 1.0 / 12.0),
            ("between", |random| random.between(-2.0, 4.0), 1.0, 3.0),
            ("below", |random| random.below(7) as f64, 3.0, 4.0),
            ("normal", |random| random.normal(), 0.0, 1.0),
            ("exponential", |random| random.exponential(), 1.0, 1.0),
        ];
        for (name, law, mean, variance) in laws {
            let mut random = Random::new(1);
            let drawn: Vec<f64> = (0..DRAWN).map(|_| law(&mut random)).collect();
            let found = drawn.iter().sum::<f64>() / DRAWN as f64;
            let spread = drawn.iter().map(|number| (number - found).powi(2)).sum::<f64>() / DRAWN as f64;
            assert!((found - mean).abs() < 0.02, "{name}: mean {found}, not {mean}");
            assert!((spread / variance - 1.0).abs() < 0.03, "{name}: variance {spread}, not {variance}");
        }
    }

    #[test]
    fn whole_numbers_stay_below_their_end_and_reach_all_of_it() {
        let mut random = Random::new(3);
        for end in 1..40 {
            let mut seen = vec![false; end];
            (0..60 * end).for_each(|_| seen[random.below(end)] = true);
            assert!(seen.into_iter().all(|seen| seen), "of {end}");
        }
        assert_eq!(random.below(0), 0);
    }

    #[test]
    fn streams_of_things_among_many_do_not_follow_each_other() {
        let starts: Vec<u64> = (0..1000).map(|index| Random::of(5, index).bits()).collect();
        let mut first = Random::of(5, 0);
        let follow: Vec<u64> = (0..1000).map(|_| first.bits()).collect();
        assert!(starts.iter().skip(1).all(|start| !follow.contains(start)));
    }
}
