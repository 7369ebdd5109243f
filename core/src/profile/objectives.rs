//! Objectives as a profile writes them.

use serde::Deserialize;

use crate::objective::{Direction, Objective};

/// Metrics with their directions, most important first.
#[derive(Deserialize)]
#[serde(transparent)]
pub(super) struct Objectives(Vec<OneObjective>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OneObjective {
    metric: String,
    direction: RawDirection,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum RawDirection {
    Minimise,
    Maximise,
}

impl From<Objectives> for Vec<Objective> {
    fn from(Objectives(found): Objectives) -> Self {
        let one = |OneObjective { metric, direction }| Objective {
            metric,
            direction: match direction {
                RawDirection::Minimise => Direction::Minimise,
                RawDirection::Maximise => Direction::Maximise,
            },
        };
        found.into_iter().map(one).collect()
    }
}
