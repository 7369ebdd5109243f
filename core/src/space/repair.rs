//! Repair: the nearest way back into the feasible set that chance finds.

use rand::seq::{IndexedRandom as _, SliceRandom as _};

use super::ledger::{self, Change, Ledger};
use super::{Budget, Config, Domain, Slot, Space, Value};
use crate::rng::Rng;

/// Improving steps of one descent.
const MAX_STEPS: usize = 10_000;
/// Steps that neither gain nor lose, per descent: the way out where one cell has to make room for another.
const MAX_SIDEWAYS: usize = 50;
/// Random kicks from the cheapest config before giving up.
const MAX_KICKS: usize = 40;
/// Price updates of the search for a config that meets several budgets at once.
const PRICE_UPDATES: usize = 400;

/// What one step of a descent found.
enum Step {
    Improved,
    Level(Change),
    Stuck,
}

/// No feasible config was found.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Infeasible {
    /// Proven: even the cheapest config exceeds a budget.
    #[error(
        "no config meets the budget `{resource}` of {limit} {unit}: the cheapest one needs {cheapest} {unit}; \
         raise the budget"
    )]
    Budget {
        /// The resource.
        resource: String,
        /// Its unit.
        unit: String,
        /// The limit.
        limit: f64,
        /// What the cheapest config needs.
        cheapest: f64,
    },
    /// Not found: the constraints probably exclude each other.
    #[error("no config was found that meets all constraints at once; loosen one of: {constraints}")]
    NotFound {
        /// The constraints, in words.
        constraints: String,
    },
}

impl Space {
    /// Makes `config` feasible by random small changes, keeping the cells in `keep` as long as others
    /// will do. A feasible config comes back unchanged (in canonical form).
    ///
    /// # Errors
    /// [`Infeasible`] when there is, or seems to be, no feasible config.
    pub fn repair(&self, config: Config, keep: &[Slot], random: &mut Rng) -> Result<Config, Infeasible> {
        let mut ledger = Ledger::new(self, self.canonical(config));
        if ledger.violation() == 0.0 {
            return Ok(ledger.config);
        }
        self.prove_budgets()?;
        if self.descend(&mut ledger, keep, random) || self.descend(&mut ledger, &[], random) {
            return Ok(ledger.config);
        }
        // Stuck between constraints: start from a config that is cheap in all budgets at once, and kick it
        // (iterated local search; Lourenço, Martin & Stützle 2003).
        let cheapest = self.cheapest(ledger.config);
        let slots: Vec<Slot> = self.slots().collect();
        for kick in 0..MAX_KICKS {
            let mut start = cheapest.clone();
            for &slot in slots.sample(random, kick.min(slots.len())) {
                let value = self.dimensions[slot.dimension].domain.draw(random);
                start.set(slot, value);
            }
            let mut ledger = Ledger::new(self, self.canonical(start));
            if self.descend(&mut ledger, &[], random) {
                return Ok(ledger.config);
            }
        }
        let constraints: Vec<String> = self.constraints.iter().map(|c| format!("{c:?}")).collect();
        Err(Infeasible::NotFound { constraints: constraints.join("; ") })
    }

    /// Random first improvement with a bounded number of sideways steps. Returns whether the config
    /// became feasible.
    fn descend(&self, ledger: &mut Ledger<'_>, keep: &[Slot], random: &mut Rng) -> bool {
        let mut slots: Vec<Slot> = self.slots().filter(|slot| !keep.contains(slot)).collect();
        let mut sideways = 0;
        for _ in 0..MAX_STEPS {
            let before = ledger.violation();
            if before == 0.0 {
                return true;
            }
            slots.shuffle(random);
            match self.step_down(ledger, before, &slots, keep, random) {
                Step::Improved => {}
                Step::Level(change) if sideways < MAX_SIDEWAYS => {
                    ledger.apply(change);
                    sideways += 1;
                }
                Step::Level(_) | Step::Stuck => return false,
            }
        }
        false
    }

    /// Applies the first change, in random order, that lowers the violation; else offers one that keeps it.
    fn step_down(
        &self,
        ledger: &mut Ledger<'_>,
        before: f64,
        slots: &[Slot],
        keep: &[Slot],
        random: &mut Rng,
    ) -> Step {
        let mut level = None;
        let mut attempt = |ledger: &mut Ledger<'_>, change: Change| {
            let undo = ledger.apply(change.clone());
            let after = ledger.violation();
            if after < before {
                return true;
            }
            ledger.apply(undo);
            if after == before {
                level.get_or_insert(change);
            }
            false
        };
        for &slot in slots {
            let domain = &self.dimensions[slot.dimension].domain;
            for value in domain.alternatives(ledger.config.get(slot), random) {
                if attempt(ledger, vec![(slot, value)]) {
                    return Step::Improved;
                }
            }
        }
        for change in self.compound_changes(&ledger.config, random) {
            if !change.iter().any(|(slot, _)| keep.contains(slot)) && attempt(ledger, change) {
                return Step::Improved;
            }
        }
        level.map_or(Step::Stuck, Step::Level)
    }

    /// Fails when one budget alone cannot be met: the sum of each cell's cheapest value is a lower bound
    /// that is reached when no other constraint stands in the way.
    fn prove_budgets(&self) -> Result<(), Infeasible> {
        for budget in self.budgets() {
            let cheapest: f64 = budget
                .terms
                .iter()
                .map(|term| {
                    let dimension = &self.dimensions[term.dimension];
                    (0..dimension.cells())
                        .map(|cell| cheapest_value(&dimension.domain, term.row(cell)).1)
                        .sum::<f64>()
                })
                .sum();
            if cheapest > budget.limit + budget.tolerance() {
                return Err(Infeasible::Budget {
                    resource: budget.resource.clone(),
                    unit: budget.unit.clone(),
                    limit: budget.limit,
                    cheapest,
                });
            }
        }
        Ok(())
    }

    /// A config that is cheap in every budget: each cell takes its cheapest value under prices that rise
    /// for budgets that are exceeded (multiplicative weights, as for packing linear programmes;
    /// Plotkin, Shmoys & Tardos 1995). Cells without a cost keep their value.
    fn cheapest(&self, mut config: Config) -> Config {
        let budgets: Vec<&Budget> = self.budgets().collect();
        let mut prices = vec![1.0; budgets.len()];
        let mut best = (f64::INFINITY, config.clone());
        for _ in 0..PRICE_UPDATES {
            for slot in self.slots() {
                if let Some(row) = priced_row(&budgets, &prices, slot) {
                    let domain = &self.dimensions[slot.dimension].domain;
                    config.set(slot, cheapest_value(domain, &row).0);
                }
            }
            let ledger = Ledger::new(self, config.clone());
            if ledger.violation() < best.0 {
                best = (ledger.violation(), config.clone());
            }
            for (price, budget) in prices.iter_mut().zip(&budgets) {
                let share = ledger::used(budget, &config) / budget.limit.abs().max(1e-12);
                *price *= (0.1 * (share - 1.0).clamp(-1.0, 1.0)).exp();
            }
        }
        best.1
    }
}

fn priced_row(budgets: &[&Budget], prices: &[f64], slot: Slot) -> Option<Vec<f64>> {
    let mut sum: Option<Vec<f64>> = None;
    for (budget, price) in budgets.iter().zip(prices) {
        let scale = price / budget.limit.abs().max(1e-12);
        for term in budget.terms.iter().filter(|term| term.dimension == slot.dimension) {
            let row = term.row(slot.cell);
            let sum = sum.get_or_insert_with(|| vec![0.0; row.len()]);
            sum.iter_mut().zip(row).for_each(|(total, cost)| *total += scale * cost);
        }
    }
    sum
}

/// The cheapest value of a cell and its cost.
fn cheapest_value(domain: &Domain, row: &[f64]) -> (Value, f64) {
    let end = |low: f64, high: f64| if row[0] * low <= row[0] * high { low } else { high };
    let value = match domain {
        Domain::Int { min, max } => Value::Int(if row[0] >= 0.0 { *min } else { *max }),
        Domain::Real { min, max, .. } => Value::Real(end(*min, *max)),
        Domain::Subset { min, max, .. } => {
            let mut order: Vec<u32> = (0..row.len() as u32).collect();
            order.sort_by(|&a, &b| row[a as usize].total_cmp(&row[b as usize]));
            // Beyond the minimum, only elements that lower the sum.
            let size = order
                .iter()
                .enumerate()
                .take_while(|&(place, &element)| {
                    place < *min as usize || (place < *max as usize && row[element as usize] < 0.0)
                })
                .count();
            order.truncate(size);
            order.sort_unstable();
            Value::Indices(order)
        }
        _ => Value::Index(
            (0..row.len() as u32).min_by(|&a, &b| row[a as usize].total_cmp(&row[b as usize])).unwrap_or(0),
        ),
    };
    let cost = ledger::cost(row, &value);
    (value, cost)
}
