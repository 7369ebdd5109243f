use crate::{ControlError, Forecast};

/// How powered nodes follow the used ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// As CES: fewer when past and forecast fall.
    Ces,
    /// Always as many as are used and the buffer.
    Trim,
    /// All that there are.
    Never,
}

/// The seven parameters of CES and what it forecasts with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Control {
    /// How powered nodes follow the used ones.
    pub mode: Mode,
    /// h: steps of the past that are averaged, in 1..=144.
    pub history: usize,
    /// f: steps of the forecast that are averaged, in 1..=144.
    pub future: usize,
    /// ξ_h: nodes that the past average is above what is used now, at least.
    pub past_fall: f64,
    /// ξ_f: nodes that what is used now is above the forecast average, at least.
    pub future_fall: f64,
    /// ξ_d: nodes that are powered down at once, at least.
    pub least: u32,
    /// Nodes that stay powered beyond the used ones.
    pub buffer: u32,
    /// Steps after a wake in which nothing is powered down.
    pub keep: usize,
    /// What forecasts.
    pub forecast: Forecast,
}

impl Control {
    /// Whether numbers are in their ranges.
    ///
    /// # Errors
    ///
    /// The first that is not.
    pub fn validate(&self) -> Result<(), ControlError> {
        for (argument, steps) in [("history", self.history), ("future", self.future)] {
            if !(1..=144).contains(&steps) {
                return Err(ControlError {
                    argument,
                    found: steps as f64,
                    expected: "a number of steps in 1..=144",
                });
            }
        }
        for (argument, found) in [("past-fall", self.past_fall), ("future-fall", self.future_fall)] {
            if !found.is_finite() {
                return Err(ControlError { argument, found, expected: "a number of nodes" });
            }
        }
        Ok(())
    }
}
