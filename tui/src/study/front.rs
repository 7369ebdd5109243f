//! The front of quality against cost, kept as trials arrive.

/// Positions of the trials that no other beats in both loss and cost, by cost.
#[derive(Clone, Debug, Default)]
pub(crate) struct Front {
    /// Cost, loss and position: costs ascend and losses descend.
    steps: Vec<(f64, f64, usize)>,
}

impl Front {
    /// Offers a trial. Points without both numbers are on no front; of equal ones the first stays.
    pub(crate) fn offer(&mut self, cost: f64, loss: f64, position: usize) {
        if !cost.is_finite() || !loss.is_finite() {
            return;
        }
        // Everything before `at` costs no more.
        let at = self.steps.partition_point(|step| step.0 <= cost);
        if at > 0 && self.steps[at - 1].1 <= loss {
            return;
        }
        let first = self.steps.partition_point(|step| step.0 < cost);
        let beaten = self.steps[first..].iter().take_while(|step| step.1 >= loss).count();
        self.steps.splice(first..first + beaten, [(cost, loss, position)]);
    }

    /// Positions on the front.
    pub(crate) fn positions(&self) -> impl Iterator<Item = usize> + '_ {
        self.steps.iter().map(|step| step.2)
    }

    /// Whether a trial is on the front.
    pub(crate) fn has(&self, position: usize) -> bool {
        self.positions().any(|other| other == position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_is_the_front_of_all_points(points in proptest::collection::vec((0_u8..9, 0_u8..9), 0..40)) {
            let mut front = Front::default();
            let points: Vec<Vec<f64>> =
                points.into_iter().map(|(cost, loss)| vec![f64::from(cost), f64::from(loss)]).collect();
            for (position, point) in points.iter().enumerate() {
                front.offer(point[0], point[1], position);
            }
            let mut found: Vec<usize> = front.positions().collect();
            found.sort_unstable();
            prop_assert_eq!(found, attune_core::objective::front(&points));
        }
    }
}
