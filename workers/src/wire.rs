//! What is said over the pipes: the types of `docs/evaluator-protocol.md`, whose JSON Schemas come from them.
//!
//! Everything here is data as it is written. What it means to the host is said by the conversions into the types of core.

mod choice;
mod failure;
mod hello;
mod host;
mod option;
mod outcome;
mod outputs;
mod results;
mod schema;
#[cfg(test)]
mod schemas;
mod task;
mod value;
mod worker;

pub use choice::Choice;
pub use failure::{About, Failure};
pub use hello::{Hello, NamedSummary};
pub use host::{Call, HostLine, Note, OpenCall, Request, TaskCall};
pub use option::{OptionKind, OptionSpec};
pub use outcome::{Aggregate, Outcome, Score, Work};
pub use outputs::Outputs;
pub use results::{
    Axis, BoundsResult, CheckResult, ChoicesResult, EvaluateResult, FactsResult, LoadResult, OpenResult,
    OutputsResult, SignalResult, SplitResult, TaskResult,
};
pub use schema::{Argument, ArgumentKind, Condition, Contradiction, EditSchema, Idle, Part, Place};
pub use task::{Direction, Metric, Size, TaskOption, TaskSpec};
pub use value::{Edit, Value};
pub use worker::{Event, Heartbeat, WorkerLine};

/// The name of the protocol, with its version.
pub const PROTOCOL: &str = "attune-evaluator/1";

/// The longest line, in bytes without the line break.
pub const LONGEST_LINE: usize = 64 << 20;
