//! Prices for the budgets: the Lagrangian dual.

use super::group::minimise;
use super::primal::Draft;
use super::problem::Flat;

/// Steps with one budget; each halves the problem or ends it.
const STEPS_OF_ONE: usize = 200;
/// Steps with several budgets.
const STEPS: usize = 600;
/// Steps without a better bound before the step length is halved.
const PATIENCE: usize = 12;
/// Share of a budget's scale by which an allocation may exceed it and still be worth a repair, which takes a step for
/// every slot that has to change.
const NEAR: f64 = 0.02;

/// The best prices that were found and the bound that they prove.
pub(super) struct Dual {
    pub(super) prices: Vec<f64>,
    pub(super) bound: f64,
}

/// The allocation that is optimal under some prices.
struct Priced {
    bound: f64,
    options: Vec<usize>,
    /// Use minus limit of every budget: a supergradient of the bound.
    excess: Vec<f64>,
}

impl Priced {
    fn new(flat: &Flat, prices: &[f64]) -> Self {
        let mut options = vec![0; flat.slots()];
        let sum = minimise(flat, &flat.priced(1.0, prices), &mut |slot, option| options[slot] = option);
        let mut excess: Vec<f64> = flat.limit.iter().map(|limit| -limit).collect();
        for (slot, &option) in options.iter().enumerate() {
            excess.iter_mut().zip(flat.costs(slot, option)).for_each(|(excess, cost)| *excess += cost);
        }
        let spent: f64 = flat.limit.iter().zip(prices).map(|(limit, price)| limit * price).sum();
        Self { bound: sum - spent, options, excess }
    }

    /// Offers it if little has to change.
    fn offer_near(&self, flat: &Flat, best: &mut Option<Draft>) {
        if self.excess.iter().all(|excess| *excess <= NEAR) {
            self.offer(flat, best);
        }
    }

    /// Makes a feasible allocation of it and keeps that if it is the best.
    fn offer(&self, flat: &Flat, best: &mut Option<Draft>) {
        let mut draft = Draft::new(flat, self.options.clone());
        if draft.repair(flat) {
            draft.fill(flat);
            if best.as_ref().is_none_or(|best| draft.damage < best.damage) {
                *best = Some(draft);
            }
        }
    }
}

impl Dual {
    /// Raises the bound over prices and offers the allocations that it meets on the way to `best`. Ends early
    /// when the gap is within `gap`.
    pub(super) fn solve(flat: &Flat, best: &mut Option<Draft>, gap: f64) -> Self {
        let free = vec![0.0; flat.budgets()];
        let start = Priced::new(flat, &free);
        start.offer_near(flat, best);
        let dual = Self { prices: free, bound: start.bound };
        match flat.budgets() {
            0 => dual,
            _ if start.excess.iter().all(|excess| *excess <= 0.0) => dual,
            1 => dual.one_budget(flat, &start, best),
            _ => dual.several_budgets(flat, best, gap),
        }
    }

    /// One price: two allocations, one over and one within the limit, cross at the next price to look at;
    /// the bound is reached when nothing lies below their crossing.
    fn one_budget(mut self, flat: &Flat, start: &Priced, best: &mut Option<Draft>) -> Self {
        let damage = |priced: &Priced, price: f64| priced.bound - price * priced.excess[0];
        let mut over = (damage(start, 0.0), start.excess[0]);
        let mut within: Option<(f64, f64)> = None;
        let spread = flat.damage.iter().fold(0.0_f64, |most, damage| most.max(damage.abs()));
        let mut price = spread.max(f64::MIN_POSITIVE) * 1e-3;
        for _ in 0..STEPS_OF_ONE {
            if let Some(within) = within {
                price = (within.0 - over.0) / (over.1 - within.1);
            }
            let priced = Priced::new(flat, &[price]);
            if priced.bound > self.bound {
                (self.bound, self.prices[0]) = (priced.bound, price);
            }
            priced.offer_near(flat, best);
            let line = (damage(&priced, price), priced.excess[0]);
            let crossing = over.0 + price * over.1;
            if within.is_some() && priced.bound >= crossing - 1e-12 * crossing.abs() {
                break;
            }
            match (line.1 <= 0.0, within) {
                (true, _) => within = Some(line),
                (false, None) => {
                    over = line;
                    price *= 8.0;
                }
                (false, Some(_)) => over = line,
            }
        }
        Priced::new(flat, &self.prices).offer(flat, best);
        self
    }

    /// Several prices: steps along the deflected supergradient, as long as the distance to the best damage
    /// suggests (Polyak 1969; Held, Wolfe & Crowder 1974; deflection of Camerini, Fratta & Maffioli 1975).
    fn several_budgets(mut self, flat: &Flat, best: &mut Option<Draft>, gap: f64) -> Self {
        let mut prices = self.prices.clone();
        let mut direction = vec![0.0; flat.budgets()];
        let (mut length, mut stale) = (1.0, 0);
        let spread: f64 = flat.damage.iter().map(|damage| damage.abs()).sum();
        for step in 0..STEPS {
            let priced = Priced::new(flat, &prices);
            let better = priced.bound > self.bound + 1e-9 * self.bound.abs();
            if priced.bound > self.bound {
                (self.bound, self.prices) = (priced.bound, prices.clone());
            }
            stale = if better { 0 } else { stale + 1 };
            if (better && step % 4 == 0) || step % 32 == 0 || (best.is_none() && step % 8 == 0) {
                priced.offer_near(flat, best);
            }
            let target = match best {
                Some(draft) if draft.damage - self.bound <= gap.max(1e-12) * draft.damage.abs() => break,
                Some(draft) => draft.damage,
                None => self.bound + 0.05 * self.bound.abs().max(1e-3 * spread),
            };
            if stale >= PATIENCE {
                (length, stale) = (length / 2.0, 0);
                prices.clone_from(&self.prices);
                direction.fill(0.0);
                if length < 1e-6 {
                    break;
                }
                continue;
            }
            for (r, direction) in direction.iter_mut().enumerate() {
                // A price of zero cannot fall.
                let slope = if prices[r] <= 0.0 { priced.excess[r].max(0.0) } else { priced.excess[r] };
                *direction = 0.6 * slope + 0.4 * *direction;
            }
            let norm: f64 = direction.iter().map(|d| d * d).sum();
            if norm <= 0.0 {
                break;
            }
            let stride = length * (target - priced.bound).max(1e-9 * target.abs()) / norm;
            prices.iter_mut().zip(&direction).for_each(|(price, d)| *price = (*price + stride * d).max(0.0));
        }
        Priced::new(flat, &self.prices).offer(flat, best);
        self
    }
}
