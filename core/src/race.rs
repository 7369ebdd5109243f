//! Racing: leaving a candidate early, once it is certain enough that it loses to one finished rival.
//!
//! A candidate is scored on the items of a selection split in a random order and the rival is known on all
//! of them. The null hypothesis is "over all items the candidate's mean loss is at most the rival's"; the
//! evidence against it is the wealth of a gambler who bets that the candidate is worse. Under the null that
//! wealth is a non-negative supermartingale, so it ever reaches `1/error` with probability at most `error`
//! (Ville, *Étude critique de la notion de collectif*, 1939), however often one looks. Betting on means when
//! sampling without replacement: Waudby-Smith & Ramdas, "Estimating means of bounded random variables by
//! betting", *JRSS-B* 86 (2024), arXiv 2010.09686. Derivation, assumptions and figures: `docs/racing.md`.
//!
//! ```
//! # fn main() -> Result<(), attune_core::race::RaceError> {
//! use attune_core::race::{Race, order};
//! use attune_core::scores::{Aggregate, MetricScore};
//!
//! let rival = MetricScore { aggregate: Aggregate::Mean, items: vec![0.5; 32], weights: vec![1.0; 32] };
//! let order = order(32, 7, 0);
//! let mut race = Race::new(&rival, &[0.0; 32], &order, 0.05)?;
//! for &item in &order[..8] {
//!     race.observe(item, 1.2)?;
//! }
//! assert!(race.is_lost());
//! # Ok(())
//! # }
//! ```

mod run;
mod spec;
mod wealth;

pub use run::Race;
pub use spec::{RaceError, order, stages};
