//! Powering nodes of a cluster down and up: the cluster energy saving service of Helios (CES, arXiv 2109.01313), simulated.
//!
//! A [`Series`] says how many nodes are used, ten minutes a step. A [`Control`] decides at each step how many are kept powered:
//! more as soon as too few are, fewer when past and forecast both fall. What it is measured by is how well powered nodes are used, how often some are woken, and
//! how many were missing ([`Day`]).
//!
//! Pure: no files, no clock, no threads. The same input gives the same bits on every machine.

mod control;
mod csv;
mod date;
mod error;
mod forecast;
mod generate;
mod published;
mod regression;
mod series;
mod simulate;
mod split;

pub use control::{Control, Mode};
pub use csv::read_csv;
pub use date::{date_of, day_of};
pub use error::{ControlError, SeriesError};
pub use forecast::{Forecast, Forecaster, Sight};
pub use generate::generate;
pub use published::{Published, published};
pub use series::{STEPS_PER_DAY, Series};
pub use simulate::{Day, simulate};
pub use split::{Cut, Split, cut};
