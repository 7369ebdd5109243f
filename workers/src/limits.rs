//! How long the host waits, and how often it tries again.

use std::time::Duration;

/// How long the host waits for a worker, and how often it tries again. Loading and evaluating may take as long as they
/// take: a worker only has to show that it lives.
#[derive(Clone, Debug, PartialEq)]
pub struct Limits {
    /// From its start to its answer to `hello`.
    pub hello: Duration,
    /// Silence after which it is taken for hung, where it says nothing of its own.
    pub idle: Duration,
    /// From calling a request off to its end; then the worker is ended.
    pub cancel: Duration,
    /// What a plan may take beyond its deadline before the host calls the request off.
    pub deadline_slack: Duration,
    /// From asking it to close to its end; then it is ended.
    pub close: Duration,
    /// Pause before the second start in a row without a score between them, doubled for each further one.
    pub back_off: Duration,
    /// The longest such pause.
    pub longest_back_off: Duration,
    /// Starts in a row that may fail.
    pub starts: u32,
    /// Plans in a row on which it dies twice, without a score between them, before that is taken for its own fault.
    pub fatal_plans: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            hello: Duration::from_secs(120),
            idle: Duration::from_secs(60),
            cancel: Duration::from_secs(15),
            deadline_slack: Duration::from_secs(5),
            close: Duration::from_secs(5),
            back_off: Duration::from_millis(200),
            longest_back_off: Duration::from_secs(20),
            starts: 5,
            fatal_plans: 8,
        }
    }
}

impl Limits {
    /// How long to wait before start number `row` in a row, counted from 1.
    pub(crate) fn before_start(&self, row: u32) -> Duration {
        let doubled = 2_u32.saturating_pow(row.saturating_sub(2).min(16));
        if row < 2 {
            Duration::ZERO
        } else {
            self.back_off.saturating_mul(doubled).min(self.longest_back_off)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest() {
        let limits = Limits::default();
        let seconds = |row| limits.before_start(row).as_secs_f64();
        assert_eq!([seconds(0), seconds(1), seconds(2), seconds(3), seconds(4)], [0.0, 0.0, 0.2, 0.4, 0.8]);
        assert_eq!(seconds(40), 20.0);
    }
}
