//! What races add up: losses of items that are never negative.

use attune_core::evaluator::MetricInfo;
use attune_core::objective::{Direction, Objective};

/// How an item's value of the raced metric becomes a loss.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::session) enum RaceLoss {
    /// It is one: a divergence, a negative log-likelihood.
    Value,
    /// It is what is missing to the largest value: a share of right answers.
    Below(f64),
}

impl RaceLoss {
    /// For an objective that is one of the task's `metrics`, if its items have such losses.
    pub(in crate::session) fn of(objective: &Objective, metrics: &[MetricInfo]) -> Option<Self> {
        let metric = metrics.iter().find(|metric| metric.name == objective.metric)?;
        match objective.direction {
            Direction::Minimise => Some(Self::Value),
            Direction::Maximise => metric.most().map(Self::Below),
        }
    }

    /// The loss of an item.
    pub(in crate::session) fn of_item(self, value: f64) -> f64 {
        match self {
            Self::Value => value,
            Self::Below(most) => most - value,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_races_by_what_is_missing_and_other_gains_do_not_race() {
        let metric = |unit: &str| MetricInfo {
            name: "accuracy".to_owned(),
            direction: Direction::Maximise,
            unit: unit.to_owned(),
        };
        let objective = |direction| Objective { metric: "accuracy".to_owned(), direction };
        let of = |direction, unit: &str| RaceLoss::of(&objective(direction), &[metric(unit)]);
        assert_eq!(of(Direction::Maximise, "share"), Some(RaceLoss::Below(1.0)));
        assert_eq!(of(Direction::Maximise, "nats"), None);
        assert_eq!(of(Direction::Minimise, "nats"), Some(RaceLoss::Value));
        assert_eq!(RaceLoss::of(&objective(Direction::Maximise), &[]), None);
        assert_eq!((RaceLoss::Below(1.0).of_item(1.0), RaceLoss::Value.of_item(0.25)), (0.0, 0.25));
    }
}
