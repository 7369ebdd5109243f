//! One candidate against one rival.

use super::spec::{RaceError, check_error};
use super::wealth::Wealth;
use crate::scores::MetricScore;

/// Losses closer than this share of the rival's mean count as equal, so that rounding never drops anyone.
const TIE: f64 = 1e-9;
/// Bets need a budget of more than this many times what ties take up of it.
const USABLE: f64 = 4.0;

/// One candidate against one rival, item by item in the order of the race.
///
/// Errors: a candidate whose mean loss over all items is at most the rival's is ever lost with probability at
/// most `error`, over the draw of the order. A candidate that is nowhere worse than the rival is never lost.
/// After the last item the comparison is exact and no longer a matter of chance.
#[derive(Clone, Debug)]
pub struct Race {
    order: Vec<u32>,
    /// `N·w/Σw` of each item: plain means of scaled losses are the weighted means.
    scales: Vec<f64>,
    /// Rival minus floor of each item, scaled.
    gaps: Vec<f64>,
    /// Least loss of the candidate on each item, scaled.
    floors: Vec<f64>,
    /// What the candidate may still lose above its floors before it is certainly worse.
    budget: f64,
    tie: f64,
    wealth: Wealth,
    peak: f64,
    threshold: f64,
    seen: usize,
    broken: bool,
}

impl Race {
    /// A race against `rival`, in which a candidate's loss on each item is known to be at least `floor`
    /// (zeros, for losses that cannot be negative) and items come in `order` (see [`order`](super::order)).
    /// Candidates of one rival and order may start from clones.
    ///
    /// How the metric aggregates plays no part: `exp` is monotone, so lower mean loss is lower perplexity.
    ///
    /// # Errors
    /// [`RaceError`] when lengths differ, a number is not finite, or the order is no permutation.
    pub fn new(rival: &MetricScore, floor: &[f64], order: &[u32], error: f64) -> Result<Self, RaceError> {
        check_error(error)?;
        let items = rival.items.len();
        for (what, got) in
            [("weights", rival.weights.len()), ("floors", floor.len()), ("places in the order", order.len())]
        {
            if got != items || items == 0 {
                return Err(RaceError::Length { what, items, got });
            }
        }
        let mut met = vec![false; items];
        for &item in order {
            match met.get_mut(item as usize) {
                Some(met) if !*met => *met = true,
                _ => return Err(RaceError::Order),
            }
        }
        let total: f64 = rival.weights.iter().sum();
        if !(total.is_finite() && total > 0.0) || rival.weights.iter().any(|&weight| weight < 0.0) {
            return Err(RaceError::Weights);
        }
        let scales: Vec<f64> = rival.weights.iter().map(|weight| items as f64 * (weight / total)).collect();
        let mut size = 0.0;
        for (what, losses) in [("rival loss", &rival.items[..]), ("floor", floor)] {
            for (item, (&value, scale)) in losses.iter().zip(&scales).enumerate() {
                size += (value * scale).abs();
                if !(value.is_finite() && f64::is_finite(size)) {
                    return Err(RaceError::NotFinite { what, item, value });
                }
            }
        }
        // Floors and null are widened by one `tie` per item: far above rounding, far below what matters.
        let tie = TIE * (size / items as f64);
        let floors: Vec<f64> = floor.iter().zip(&scales).map(|(floor, scale)| floor * scale - tie).collect();
        let gaps: Vec<f64> = rival
            .items
            .iter()
            .zip(&scales)
            .zip(&floors)
            .map(|((loss, scale), floor)| loss * scale - floor)
            .collect();
        let budget = gaps.iter().sum::<f64>() + tie * items as f64;
        let wealth = Wealth::new(gaps.clone());
        let (order, threshold) = (order.to_vec(), -error.ln());
        Ok(Self {
            order,
            scales,
            gaps,
            floors,
            budget,
            tie,
            wealth,
            peak: 0.0,
            threshold,
            seen: 0,
            broken: false,
        })
    }

    /// Tells the candidate's loss on the next item of the order.
    ///
    /// An infinite loss or NaN loses the race outright: no finite mean is left that could be as low as the
    /// rival's. A loss below its floor shows that the floors are wrong, so nothing that was concluded from them
    /// stands: the candidate cannot be lost any more, whatever follows.
    ///
    /// # Errors
    /// [`RaceError::OutOfTurn`] when `item` is not the next one; the race is as before.
    pub fn observe(&mut self, item: u32, loss: f64) -> Result<(), RaceError> {
        let expected = self.order.get(self.seen).copied();
        if expected != Some(item) {
            return Err(RaceError::OutOfTurn { item, expected });
        }
        let (index, left) = (item as usize, (self.order.len() - self.seen) as f64);
        self.seen += 1;
        let spent = match loss {
            f64::NEG_INFINITY => loss,
            _ if loss.is_finite() => loss * self.scales[index] - self.floors[index],
            _ => f64::INFINITY,
        };
        self.broken |= spent < 0.0;
        let (before, mean) = (self.budget, self.budget / left);
        self.budget -= spent;
        if !self.broken && self.budget >= 0.0 {
            // With hardly any budget left there is nothing to bet on: overspending it decides.
            let usable = before > USABLE * self.tie * self.order.len() as f64 && mean >= f64::MIN_POSITIVE;
            self.wealth.settle(self.gaps[index], spent, usable.then_some(mean), self.tie);
            self.peak = self.peak.max(self.wealth.log());
        }
        Ok(())
    }

    /// Whether the candidate is to be dropped: its wealth has ever reached `1/error`, or no losses on the remaining
    /// items could bring its mean down to the rival's. After the last item only the latter counts.
    pub fn is_lost(&self) -> bool {
        let open = self.seen < self.order.len();
        !self.broken && (self.budget < 0.0 || (open && self.peak >= self.threshold))
    }

    /// Logarithm of the present wealth against "at least as good as the rival": +∞ once that is impossible, 0
    /// after a loss below its floor, never NaN.
    pub fn log_wealth(&self) -> f64 {
        match (self.broken, self.budget < 0.0) {
            (true, _) => 0.0,
            (false, true) => f64::INFINITY,
            (false, false) => self.wealth.log(),
        }
    }

    /// Items observed so far.
    pub fn seen(&self) -> usize {
        self.seen
    }
}
