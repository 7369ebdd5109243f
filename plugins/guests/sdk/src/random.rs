//! Seeded randomness: a technique has no other.

/// SplitMix64 (Steele, Lea and Flood, OOPSLA 2014): 64 bits of state, every seed is a good seed, and a
/// few lines that give the same stream everywhere. Meant for varying configs, not for statistics.
pub struct Random {
    state: u64,
}

impl Random {
    /// The generator of a seed.
    pub fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A real number from 0 (included) to 1 (excluded).
    pub fn unit(&mut self) -> f64 {
        // 53 bits fill the mantissa of an f64 exactly.
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// `true` with this probability.
    pub fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// A draw of the standard normal distribution (Box and Muller, 1958).
    pub fn normal(&mut self) -> f64 {
        // 1 − unit is never 0, whose logarithm is infinite.
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.unit()).cos()
    }

    /// A position from 0 to `len - 1`, each equally likely. Panics when `len` is 0.
    pub fn below(&mut self, len: usize) -> usize {
        assert!(len > 0, "there is nothing to choose from");
        let len = len as u64;
        // Rejecting the last, incomplete run of `len` numbers keeps every position equally likely.
        let limit = u64::MAX - u64::MAX % len;
        loop {
            let bits = self.bits();
            if bits < limit {
                return (bits % len) as usize;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Random;

    #[test]
    fn the_stream_is_that_of_the_reference_implementation() {
        // The first outputs of Vigna's splitmix64.c for seed 1234567.
        let mut random = Random::new(1_234_567);
        let stream: Vec<u64> = (0..3).map(|_| random.bits()).collect();
        assert_eq!(stream, [6457827717110365317, 3203168211198807973, 9817491932198370423]);
    }

    #[test]
    fn normal_draws_have_the_moments_of_the_distribution() {
        let mut random = Random::new(1);
        let draws: Vec<f64> = (0..4000).map(|_| random.normal()).collect();
        let mean = |power: i32| draws.iter().map(|draw| draw.powi(power)).sum::<f64>() / 4000.0;
        // Standard deviations 0.016, 0.022 and 0.155: five of them either way.
        assert!(mean(1).abs() < 0.08 && (mean(2) - 1.0).abs() < 0.11 && (mean(4) - 3.0).abs() < 0.78);
    }

    #[test]
    fn positions_are_equally_likely_and_in_range() {
        let mut random = Random::new(1);
        let mut counts = [0; 3];
        (0..3000).for_each(|_| counts[random.below(3)] += 1);
        // Standard deviation 26: five of them either way.
        assert!(counts.iter().all(|count| (870..1130).contains(count)), "{counts:?}");
    }
}
