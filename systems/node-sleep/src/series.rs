/// Steps of ten minutes in a day.
pub const STEPS_PER_DAY: usize = 144;

/// Nodes of a cluster, ten minutes a step, from a midnight on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Series {
    /// The first day, in days since 1970-01-01.
    pub first_day: i64,
    /// Nodes with a job in each step: the most of its minutes.
    pub used: Vec<u32>,
    /// Nodes that there are in each step.
    pub total: Vec<u32>,
}

impl Series {
    /// Whole days that it has.
    pub fn days(&self) -> usize {
        self.used.len() / STEPS_PER_DAY
    }
}
