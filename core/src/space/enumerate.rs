//! Enumeration of all feasible configs of a small space, in a fixed order.

use super::count::values;
use super::validate::numbers;
use super::{Config, Domain, Space, Value};

impl Space {
    /// Every feasible config, or `None` when a domain is continuous or the unconstrained product has
    /// more than `limit` points.
    pub fn enumerate(&self, limit: u64) -> Option<impl Iterator<Item = Config> + '_> {
        let mut lists: Vec<Vec<Value>> = Vec::new();
        let mut product: u64 = 1;
        for dimension in &self.dimensions {
            let values = all_values(&dimension.domain, limit)?;
            if values.len() > 1 {
                for _ in 0..dimension.cells() {
                    product = product.checked_mul(values.len() as u64).filter(|product| *product <= limit)?;
                }
            }
            lists.push(values);
        }
        Some(
            (0..product)
                .map(move |number| self.point(&lists, number))
                .filter(|config| self.check(config).is_ok()),
        )
    }

    fn point(&self, lists: &[Vec<Value>], mut number: u64) -> Config {
        let cells = self.dimensions.iter().zip(lists).map(|(dimension, values)| {
            let mut next = |_| {
                let value = values[(number % values.len() as u64) as usize].clone();
                number /= values.len() as u64;
                value
            };
            (0..dimension.cells()).map(&mut next).collect()
        });
        Config::new(cells.collect())
    }

    /// Numbers that a config holds at most.
    pub fn numbers(&self) -> u64 {
        self.dimensions.iter().map(numbers).fold(0, u64::saturating_add)
    }
}

fn all_values(domain: &Domain, limit: u64) -> Option<Vec<Value>> {
    match domain {
        Domain::Choice { .. } | Domain::Level { .. } => {
            Some((0..domain.options()?).map(Value::Index).collect())
        }
        Domain::Int { min, max } => {
            (max.abs_diff(*min) < limit).then(|| (*min..=*max).map(Value::Int).collect())
        }
        Domain::Subset { of, min, max } => {
            // Bit masks: 2^20 of them are listed in milliseconds, more are nobody's small space.
            if *of > 20 || values(domain)? > u128::from(limit) {
                return None;
            }
            let sizes = *min..=*max;
            let chosen = (0..1_u32 << of).filter(|mask| sizes.contains(&mask.count_ones()));
            Some(
                chosen
                    .map(|mask| Value::Indices((0..*of).filter(|e| mask >> e & 1 == 1).collect()))
                    .collect(),
            )
        }
        Domain::Permutation { of } => (*of <= 8).then(|| permutations(*of)),
        Domain::Real { .. } | Domain::Affine { .. } | Domain::Matrix { .. } => None,
    }
}

fn permutations(of: u32) -> Vec<Value> {
    let mut orders: Vec<Vec<u32>> = vec![vec![]];
    for element in 0..of {
        orders = orders
            .into_iter()
            .flat_map(|order| {
                (0..=order.len()).map(move |place| {
                    let mut next = order.clone();
                    next.insert(place, element);
                    next
                })
            })
            .collect();
    }
    orders.into_iter().map(Value::Indices).collect()
}
