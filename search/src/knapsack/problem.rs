//! Instance of the knapsack, checked and laid out flat.

/// One option of a slot.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// What it adds to the damage; any sign.
    pub damage: f64,
    /// What it adds to every budget; any sign.
    pub costs: Vec<f64>,
}

/// A condition on the slots of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// At most this many different options (by position) in the group.
    Distinct(u32),
    /// Option 1 of two in `min` to `max` of the slots: a subset.
    Pick {
        /// Fewest.
        min: u32,
        /// Most.
        max: u32,
    },
}

/// Slots that share a rule. A slot is in one group at most.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// Positions of the slots.
    pub slots: Vec<usize>,
    /// Their rule.
    pub rule: Rule,
}

/// A multiple-choice knapsack.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Problem {
    /// The options of every slot.
    pub slots: Vec<Vec<Choice>>,
    /// The limit of every budget.
    pub limits: Vec<f64>,
    /// Groups with a rule.
    pub groups: Vec<Group>,
}

/// Why there is no allocation.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum KnapsackError {
    /// Something in the problem makes no sense.
    #[error("{0}")]
    Malformed(String),
    /// Proven: one budget alone cannot be met.
    #[error("no allocation meets budget {budget} of {limit}: the cheapest one needs {cheapest}")]
    Budget {
        /// Position of the budget.
        budget: usize,
        /// Its limit.
        limit: f64,
        /// What the cheapest allocation needs.
        cheapest: f64,
    },
    /// Proven: the budgets exclude each other.
    #[error("no allocation meets all budgets at once")]
    Infeasible,
    /// Not found within the labels that were allowed.
    #[error("no allocation was found that meets all budgets at once")]
    NotFound,
    /// Somebody asked to stop.
    #[error("planning was stopped")]
    Stopped,
}

/// The rule of a block; a slot without a group is a block of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BlockRule {
    Free,
    Distinct(usize),
    Pick(usize, usize),
}

pub(super) struct Block {
    pub(super) slots: Vec<usize>,
    pub(super) rule: BlockRule,
}

/// The problem in flat arrays: options of all slots one after another, costs as shares of their budget's scale.
pub(super) struct Flat {
    /// First option of every slot, and the end.
    pub(super) first: Vec<usize>,
    pub(super) damage: Vec<f64>,
    /// `budgets` entries per option.
    pub(super) cost: Vec<f64>,
    /// With half of the slack that spaces allow, so that what fits here fits there.
    pub(super) limit: Vec<f64>,
    /// Those with a rule come first.
    pub(super) blocks: Vec<Block>,
    /// First option of every block with a rule when the options of each are counted once, and the end.
    pub(super) first_count: Vec<usize>,
    /// The block of every slot.
    pub(super) block_of: Vec<usize>,
    /// What the costs of every budget were divided by.
    pub(super) scale: Vec<f64>,
    /// The limits as the problem states them.
    pub(super) stated: Vec<f64>,
}

impl Flat {
    pub(super) fn new(problem: &Problem) -> Result<Self, KnapsackError> {
        let budgets = problem.limits.len();
        check(problem)?;
        let scale: Vec<f64> = (0..budgets)
            .map(|r| {
                let costs = problem.slots.iter().flatten().map(|option| option.costs[r].abs());
                let largest = costs.fold(problem.limits[r].abs(), f64::max);
                if largest > 0.0 { largest } else { 1.0 }
            })
            .collect();
        let mut first = vec![0];
        let (mut damage, mut cost) = (Vec::new(), Vec::new());
        for options in &problem.slots {
            for option in options {
                damage.push(option.damage);
                cost.extend(option.costs.iter().zip(&scale).map(|(cost, scale)| cost / scale));
            }
            first.push(damage.len());
        }
        let (blocks, block_of) = blocks(problem);
        let mut first_count = vec![0];
        for block in blocks.iter().take_while(|block| block.rule != BlockRule::Free) {
            first_count.push(first_count[first_count.len() - 1] + problem.slots[block.slots[0]].len());
        }
        Ok(Self {
            first,
            damage,
            cost,
            limit: problem
                .limits
                .iter()
                .zip(&scale)
                .map(|(l, s)| (l + 0.5 * (1e-9 * l.abs().max(1.0)).min(0.25)) / s)
                .collect(),
            blocks,
            first_count,
            block_of,
            scale,
            stated: problem.limits.clone(),
        })
    }

    pub(super) fn budgets(&self) -> usize {
        self.limit.len()
    }

    pub(super) fn slots(&self) -> usize {
        self.first.len() - 1
    }

    /// How many blocks have a rule: the first ones.
    pub(super) fn ruled(&self) -> usize {
        self.first_count.len() - 1
    }

    /// Options of all blocks with a rule, those of each counted once.
    pub(super) fn counted(&self) -> usize {
        self.first_count[self.ruled()]
    }

    /// Whether some block is bounded by trying sets of options.
    pub(super) fn has_sets(&self) -> bool {
        self.blocks[..self.ruled()].iter().any(|block| matches!(block.rule, BlockRule::Distinct(_)))
    }

    pub(super) fn options(&self, slot: usize) -> usize {
        self.first[slot + 1] - self.first[slot]
    }

    pub(super) fn damage(&self, slot: usize, option: usize) -> f64 {
        self.damage[self.first[slot] + option]
    }

    pub(super) fn costs(&self, slot: usize, option: usize) -> &[f64] {
        let at = (self.first[slot] + option) * self.budgets();
        &self.cost[at..at + self.budgets()]
    }

    /// Damage of every option plus its costs at these prices.
    pub(super) fn priced(&self, damage: f64, prices: &[f64]) -> Vec<f64> {
        let budgets = self.budgets();
        let priced = |(option, base): (usize, &f64)| {
            let costs = &self.cost[option * budgets..(option + 1) * budgets];
            damage * base + costs.iter().zip(prices).map(|(cost, price)| cost * price).sum::<f64>()
        };
        self.damage.iter().enumerate().map(priced).collect()
    }
}

fn blocks(problem: &Problem) -> (Vec<Block>, Vec<usize>) {
    let mut block_of = vec![usize::MAX; problem.slots.len()];
    let mut blocks = Vec::new();
    for group in problem.groups.iter().filter(|group| !group.slots.is_empty()) {
        let rule = match group.rule {
            // Every option may be used: no rule at all.
            Rule::Distinct(most)
                if most as usize >= problem.slots[group.slots[0]].len().min(group.slots.len()) =>
            {
                continue;
            }
            Rule::Distinct(most) => BlockRule::Distinct(most as usize),
            Rule::Pick { min, max } => BlockRule::Pick(min as usize, max as usize),
        };
        group.slots.iter().for_each(|&slot| block_of[slot] = blocks.len());
        blocks.push(Block { slots: group.slots.clone(), rule });
    }
    for (slot, block) in block_of.iter_mut().enumerate().filter(|(_, block)| **block == usize::MAX) {
        *block = blocks.len();
        blocks.push(Block { slots: vec![slot], rule: BlockRule::Free });
    }
    (blocks, block_of)
}

fn check(problem: &Problem) -> Result<(), KnapsackError> {
    let malformed = |problem: String| Err(KnapsackError::Malformed(problem));
    for (slot, options) in problem.slots.iter().enumerate() {
        if options.is_empty() {
            return malformed(format!("slot {slot} has no options"));
        }
        for option in options {
            if option.costs.len() != problem.limits.len() {
                let (found, expected) = (option.costs.len(), problem.limits.len());
                return malformed(format!("an option of slot {slot} has {found} costs, expected {expected}"));
            }
            if !option.damage.is_finite() || option.costs.iter().any(|cost| !cost.is_finite()) {
                return malformed(format!(
                    "an option of slot {slot} has a damage or cost that is not finite"
                ));
            }
        }
    }
    if let Some(limit) = problem.limits.iter().find(|limit| !limit.is_finite()) {
        return malformed(format!("a limit is {limit}"));
    }
    let mut taken = vec![false; problem.slots.len()];
    for group in &problem.groups {
        for &slot in &group.slots {
            let Some(options) = problem.slots.get(slot) else {
                return malformed(format!("a group names slot {slot}, which is not there"));
            };
            if std::mem::replace(&mut taken[slot], true) {
                return malformed(format!("slot {slot} is in two groups"));
            }
            let wrong = match group.rule {
                Rule::Distinct(_) => options.len() != problem.slots[group.slots[0]].len(),
                Rule::Pick { .. } => options.len() != 2,
            };
            if wrong {
                return malformed(format!("slot {slot} has {} options, unlike its group", options.len()));
            }
        }
        match group.rule {
            Rule::Distinct(0) => return malformed("a group may use no option at all".to_owned()),
            Rule::Pick { min, max } if min > max || max as usize > group.slots.len() => {
                let of = group.slots.len();
                return malformed(format!("a group cannot pick {min} to {max} of {of} slots"));
            }
            _ => {}
        }
    }
    Ok(())
}
