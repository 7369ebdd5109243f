//! A simulator of GPU clusters, and policies of the queues before them.
//!
//! A [`Trace`] says which jobs came, how many GPUs each took and for how long; [`simulate`] runs them under a [`Policy`] on a cluster
//! of nodes with eight GPUs, from event to event, and [`metrics`] says how long they took. The policy that people start from is
//! quasi-shortest-service-first of Helios (arXiv 2109.01313); placement, the error of its estimates and the costs of moving a job are those of its
//! artifact. What it knows of the future is what the trace's estimates say, never the durations, unless a baseline asks for the oracle.
//!
//! Pure: no files, no clock, no threads. The same input gives the same bits on every machine.

mod bound;
mod check;
mod csv;
mod error;
mod estimate;
mod generate;
mod job;
mod log;
mod metrics;
mod placement;
mod policy;
mod published;
mod rank;
mod simulate;
mod window;

pub use attune_random::Random;
pub use bound::{Bounds, bounds};
pub use check::check;
pub use csv::{TimeUnit, read_csv};
pub use error::{PolicyError, TraceError};
pub use estimate::{error_law, predict};
pub use generate::{Generator, generate};
pub use job::{Cluster, GPUS_PER_NODE, Job, Trace, overhead};
pub use log::{Change, Entry};
pub use metrics::{METRICS, Metric, Metrics, metrics};
pub use placement::{Part, Placement};
pub use policy::{Ageing, Aggregate, Backfill, Estimate, Fallback, Matching, Order, Policy, Repacking};
pub use published::{Published, published};
pub use simulate::{Outcome, Ran, simulate};
pub use window::{Half, Instance, windows};
