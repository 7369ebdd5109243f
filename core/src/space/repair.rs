//! Repair: the nearest way back into the feasible set that chance finds.

use std::collections::{BTreeMap, HashSet};

use rand::seq::{IndexedRandom as _, SliceRandom as _};

use super::exact_sum::ExactSum;
use super::feasible::contains;
use super::ledger::{self, Change, Ledger};
use super::work::{Work, size};
use super::{Budget, Config, Constraint, Dimension, Domain, Slot, Space, Value};
use crate::rng::Rng;

/// Improving steps of one descent.
const MAX_STEPS: usize = 10_000;
/// Steps that neither gain nor lose, per descent: the way out where one cell has to make room for another.
const MAX_SIDEWAYS: usize = 50;
/// Random kicks from the cheapest config before giving up.
const MAX_KICKS: usize = 40;
/// Price updates of the search for a config that meets several budgets at once.
const PRICE_UPDATES: usize = 400;
/// Costs and cells that all of these look at, in large spaces.
const MOST_PRICED: usize = 1 << 26;
/// Constraints that a message names.
const MOST_NAMED: usize = 8;

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
    /// Proven: constraints exclude each other.
    #[error("no config meets all constraints: {problem}; loosen one of them")]
    Contradiction {
        /// Which, in words.
        problem: String,
    },
    /// Not found: the constraints probably exclude each other.
    #[error("no config was found that meets all constraints at once; loosen one of: {constraints}")]
    NotFound {
        /// The constraints, in words.
        constraints: String,
    },
    /// The search ended because it took too long.
    #[error(
        "no config was found that meets all constraints at once, within the work that one config may take; loosen \
         one of: {constraints}; or make the space smaller"
    )]
    GaveUp {
        /// The constraints, in words.
        constraints: String,
    },
}

impl Space {
    /// Makes `config` feasible by random small changes, keeping the cells in `keep` as long as others
    /// will do. A feasible config comes back unchanged (in canonical form); cells outside their domain are drawn anew.
    ///
    /// The work is counted and bounded. Large subsets and arrays are repaired by sorting their costs.
    ///
    /// # Errors
    /// [`Infeasible`] when there is, or seems to be, no feasible config.
    pub fn repair(&self, config: Config, keep: &[Slot], random: &mut Rng) -> Result<Config, Infeasible> {
        self.repair_within(config, keep, random, &mut Work::default())
    }

    /// The same, which adds what it took to `spent`.
    ///
    /// # Errors
    /// As [`Space::repair`].
    pub fn repair_counted(
        &self,
        config: Config,
        keep: &[Slot],
        random: &mut Rng,
        spent: &mut Work,
    ) -> Result<Config, Infeasible> {
        let mut work = Work::default();
        let repaired = self.repair_within(config, keep, random, &mut work);
        spent.spend(work.spent());
        repaired
    }

    pub(super) fn repair_within(
        &self,
        config: Config,
        keep: &[Slot],
        random: &mut Rng,
        work: &mut Work,
    ) -> Result<Config, Infeasible> {
        let mut config = self.in_domains(config, random);
        self.straighten(&mut config);
        let mut ledger = Ledger::new(self, config);
        if ledger.violation() == 0.0 && ledger.settle() {
            return Ok(ledger.config);
        }
        self.prove_budgets()?;
        self.prove_counts()?;
        if self.is_large() {
            let mut config = self.spend_down(ledger.config, keep, random);
            self.straighten(&mut config);
            ledger = Ledger::new(self, config);
            if ledger.settle() {
                return Ok(ledger.config);
            }
        }
        if self.descend(&mut ledger, keep, random, work) || self.descend(&mut ledger, &[], random, work) {
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
            let mut start = self.canonical(start);
            self.straighten(&mut start);
            let mut ledger = Ledger::new(self, start);
            if self.descend(&mut ledger, &[], random, work) {
                return Ok(ledger.config);
            }
            if work.is_spent() {
                return Err(Infeasible::GaveUp { constraints: self.in_words() });
            }
        }
        Err(Infeasible::NotFound { constraints: self.in_words() })
    }

    /// Another value in one cell, with all that it takes: neighbours in order make way, and cells that count from now on are
    /// drawn.
    pub(super) fn change(&self, ledger: &Ledger<'_>, slot: Slot, value: Value, random: &mut Rng) -> Change {
        let mut change = self.pushed(&ledger.config, ledger.activity(), slot, value);
        if change.iter().any(|(slot, _)| !self.structure.dependants(slot.dimension).is_empty()) {
            let mut after = ledger.config.clone();
            change.iter().for_each(|(slot, value)| drop(after.set(*slot, value.clone())));
            self.follow(ledger.activity(), &mut after, random);
            let activity = self.activity(&after);
            for &dimension in self.structure.sequence() {
                for cell in 0..self.dimensions[dimension].cells() {
                    let slot = Slot { dimension, cell };
                    if activity.of_slot(slot) && !ledger.activity().of_slot(slot) {
                        change.push((slot, after.get(slot).clone()));
                    }
                }
            }
        }
        change
    }

    /// The constraints, the first few of them.
    fn in_words(&self) -> String {
        let words: Vec<String> = self.constraints.iter().take(MOST_NAMED).map(ToString::to_string).collect();
        let more = self.constraints.len().saturating_sub(MOST_NAMED);
        if more == 0 { words.join("; ") } else { format!("{}; and {more} more", words.join("; ")) }
    }

    /// `config` in canonical form, with what is not in its domain drawn anew.
    fn in_domains(&self, config: Config, random: &mut Rng) -> Config {
        let mut config = self.canonical_values(config);
        if self.check_domains(&config).is_ok() {
            self.reset_inactive(&mut config);
            return config;
        }
        let mut given = config.into_dimensions().into_iter();
        let repaired = self.dimensions.iter().map(|dimension| {
            let mut cells = given.next().unwrap_or_default().into_iter();
            let repaired = (0..dimension.cells()).map(|_| {
                let fits = cells.next().filter(|value| contains(&dimension.domain, value));
                fits.unwrap_or_else(|| dimension.domain.draw(random))
            });
            repaired.collect()
        });
        self.canonical(Config::new(repaired.collect()))
    }

    /// Random first improvement with a bounded number of sideways steps. Returns whether the config
    /// became feasible.
    fn descend(&self, ledger: &mut Ledger<'_>, keep: &[Slot], random: &mut Rng, work: &mut Work) -> bool {
        let kept: HashSet<Slot> = keep.iter().copied().collect();
        let mut slots: Vec<Slot> = self.slots().filter(|slot| !kept.contains(slot)).collect();
        let mut sideways = 0;
        for _ in 0..MAX_STEPS {
            let before = ledger.violation();
            if before == 0.0 {
                if ledger.settle() {
                    return true;
                }
                if ledger.violation() == 0.0 {
                    return false;
                }
                continue;
            }
            work.spend(slots.len() as u64);
            if work.is_spent() {
                return false;
            }
            slots.shuffle(random);
            match self.step_down(ledger, before, &slots, &kept, random, work) {
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
        kept: &HashSet<Slot>,
        random: &mut Rng,
        work: &mut Work,
    ) -> Step {
        let mut level = None;
        let mut attempt = |ledger: &mut Ledger<'_>, change: Change, work: &mut Work| {
            work.spend(ledger.weight() + change.len() as u64);
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
            if !ledger.activity().of_slot(slot) {
                continue;
            }
            let domain = &self.dimensions[slot.dimension].domain;
            let alternatives = domain.alternatives(ledger.config.get(slot), random);
            work.spend(alternatives.iter().map(size).sum());
            for value in alternatives {
                let change = self.change(ledger, slot, value, random);
                if change.len() > 1 && change.iter().any(|(slot, _)| kept.contains(slot)) {
                    continue;
                }
                if attempt(ledger, change, work) {
                    return Step::Improved;
                }
            }
            if work.is_spent() {
                return Step::Stuck;
            }
        }
        let compound = self.compound_changes(ledger, random);
        work.spend(compound.iter().map(|change| change.len() as u64).sum());
        for change in compound {
            if work.is_spent() {
                return Step::Stuck;
            }
            if !change.iter().any(|(slot, _)| kept.contains(slot)) && attempt(ledger, change, work) {
                return Step::Improved;
            }
        }
        level.map_or(Step::Stuck, Step::Level)
    }

    /// Fails when one budget alone cannot be met: the sum of each cell's cheapest value is a lower bound
    /// that is reached when no other constraint stands in the way.
    fn prove_budgets(&self) -> Result<(), Infeasible> {
        for budget in self.budgets() {
            let mut sum = ExactSum::default();
            for term in &budget.terms {
                let dimension = &self.dimensions[term.dimension];
                // A cell that need not count may cost nothing.
                let most =
                    if self.structure.conditions(term.dimension).is_empty() { f64::INFINITY } else { 0.0 };
                let least = |row: &[f64]| cheapest_value(&dimension.domain, row).1.min(most);
                // One row for all cells is sorted once.
                let shared = (term.costs.len() == 1).then(|| least(term.row(0)));
                for cell in 0..dimension.cells() {
                    sum.add(shared.unwrap_or_else(|| least(term.row(cell))));
                }
            }
            let cheapest = sum.value();
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

    /// Fails when `Exactly` asks for different numbers of one option, or for more cells than there are.
    fn prove_counts(&self) -> Result<(), Infeasible> {
        let mut asked: BTreeMap<usize, BTreeMap<u32, u32>> = BTreeMap::new();
        for constraint in &self.constraints {
            let Constraint::Exactly { dimension, option, count } = constraint else { continue };
            let name = &self.dimensions[*dimension].name;
            let earlier = asked.entry(*dimension).or_default().insert(*option, *count);
            if let Some(earlier) = earlier.filter(|earlier| earlier != count) {
                let problem = format!(
                    "exactly {earlier} and exactly {count} cells of `{name}` are to take option {option}"
                );
                return Err(Infeasible::Contradiction { problem });
            }
        }
        for (dimension, counts) in asked {
            let Dimension { name, .. } = &self.dimensions[dimension];
            let cells = self.dimensions[dimension].cells() as u64;
            let asked: u64 = counts.values().map(|count| u64::from(*count)).sum();
            let every = self.dimensions[dimension].domain.options() == u32::try_from(counts.len()).ok();
            let all_count = self.structure.conditions(dimension).is_empty();
            if asked > cells || (every && all_count && asked < cells) {
                let problem = format!("options for {asked} cells of `{name}` are fixed, but it has {cells}");
                return Err(Infeasible::Contradiction { problem });
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
        let costs: usize = budgets.iter().flat_map(|b| &b.terms).flat_map(|t| &t.costs).map(Vec::len).sum();
        let updates = PRICE_UPDATES.min((MOST_PRICED / (costs + self.slots().count()).max(1)).max(1));
        for _ in 0..updates {
            for slot in self.slots() {
                if let Some(row) = priced_row(&budgets, &prices, slot) {
                    let domain = &self.dimensions[slot.dimension].domain;
                    config.set(slot, cheapest_value(domain, &row).0);
                }
            }
            self.reset_inactive(&mut config);
            self.straighten(&mut config);
            let ledger = Ledger::new(self, config.clone());
            if ledger.violation() < best.0 {
                best = (ledger.violation(), config.clone());
            }
            let activity = ledger.activity();
            for (price, budget) in prices.iter_mut().zip(&budgets) {
                let share = ledger::roughly_used(budget, &config, activity) / budget.limit.abs().max(1e-12);
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
pub(super) fn cheapest_value(domain: &Domain, row: &[f64]) -> (Value, f64) {
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
