//! The gambler of a race: a mixture of bets in logarithms.

/// Bets in the mixture.
const BETS: usize = 16;

/// Wealth against "the candidate is at least as good", as an average over gamblers that stake different
/// fractions of what they own.
///
/// A gambler with fraction `φ` pays, per item, `φ` for a claim that returns in proportion to the
/// candidate's loss above its floor, and keeps `1 − φ` in cash. The cash is not spread evenly: more of it
/// lies on items where the rival is near the floor, so that a candidate like the rival returns about the same on
/// every item. See `docs/racing.md` for why the mean return is at most 1 under the null.
#[derive(Clone, Debug)]
pub(super) struct Wealth {
    /// Logarithms of what each gambler owns.
    logs: [f64; BETS],
    /// Rival minus floor on the items that are still to come, ascending.
    gaps: Vec<f64>,
    /// `sums[k]` = sum of the `k` smallest gaps; scratch.
    sums: Vec<f64>,
}

impl Wealth {
    pub(super) fn new(mut gaps: Vec<f64>) -> Self {
        gaps.sort_unstable_by(f64::total_cmp);
        Self { logs: [0.0; BETS], sums: Vec::with_capacity(gaps.len() + 1), gaps }
    }

    /// The next item had `gap` = rival − floor and the candidate was `spent` above the floor there. `mean` is the
    /// most that its excess can be on average over the items that were still to come, this one included,
    /// if the null holds. `tie`: differences up to here count as none. Without a usable `mean` nothing is bet.
    pub(super) fn settle(&mut self, gap: f64, spent: f64, mean: Option<f64>, tie: f64) {
        if let Some(mean) = mean {
            self.sum_gaps();
            for index in 0..BETS {
                let fraction = fraction(index);
                let claim = fraction / mean;
                let mut gain = (self.level(claim, 1.0 - fraction) - claim * gap).max(0.0) + claim * spent;
                if spent - gap <= tie {
                    // Not worse than the rival here: no evidence, whatever the claim returns.
                    gain = gain.min(1.0);
                }
                self.logs[index] += gain.ln();
            }
        }
        let place = self.gaps.partition_point(|other| other.total_cmp(&gap).is_lt());
        if place < self.gaps.len() {
            self.gaps.remove(place);
        }
    }

    /// Logarithm of the average: log-sum-exp, so that nothing over- or underflows.
    pub(super) fn log(&self) -> f64 {
        let top = self.logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        if top == f64::NEG_INFINITY {
            return top;
        }
        top + (self.logs.iter().map(|log| (log - top).exp()).sum::<f64>() / BETS as f64).ln()
    }

    fn sum_gaps(&mut self) {
        self.sums.clear();
        self.sums.push(0.0);
        let mut sum = 0.0;
        self.sums.extend(self.gaps.iter().map(|gap| {
            sum += gap;
            sum
        }));
    }

    /// The level `K` to which cash is filled up over claims: `mean (K − claim·gap)₊ = cash`.
    fn level(&self, claim: f64, cash: f64) -> f64 {
        let cash = cash * self.gaps.len() as f64;
        // Filling up to the next gap takes more with every gap: bisect for how many lie below the level.
        let (mut below, mut end) = (1, self.gaps.len());
        while below < end {
            let middle = (below + end).div_ceil(2);
            let needed = claim * ((middle - 1) as f64 * self.gaps[middle - 1] - self.sums[middle - 1]);
            if needed < cash { below = middle } else { end = middle - 1 }
        }
        (cash + claim * self.sums[below]) / below as f64
    }
}

/// Square roots of an even grid, from 0.18 to 0.98: bold bets, because a race is short. Small fractions win
/// too slowly to matter before the last item decides anyway.
fn fraction(index: usize) -> f64 {
    ((index as f64 + 0.5) / BETS as f64).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_level_spends_exactly_the_cash() {
        for gaps in [vec![0.7], vec![0.3, 0.3, 0.3], vec![0.0, 0.1, 0.2, 5.0, 100.0], vec![-1.0, 0.5, 2.0]] {
            let mut wealth = Wealth::new(gaps.clone());
            wealth.sum_gaps();
            for (claim, cash) in [(0.01, 0.9), (0.5, 0.5), (3.0, 0.1), (40.0, 0.02)] {
                let level = wealth.level(claim, cash);
                let spent: f64 = gaps.iter().map(|gap| (level - claim * gap).max(0.0)).sum();
                assert!((spent / gaps.len() as f64 - cash).abs() < 1e-12, "{gaps:?} {claim} {cash}: {spent}");
            }
        }
    }

    #[test]
    fn an_average_of_nothing_is_nothing_and_not_nan() {
        let mut wealth = Wealth::new(vec![1.0]);
        wealth.logs = [f64::NEG_INFINITY; BETS];
        assert_eq!(wealth.log(), f64::NEG_INFINITY);
        wealth.logs[3] = 2000.0;
        assert_eq!(wealth.log(), 2000.0 - (BETS as f64).ln());
    }
}
