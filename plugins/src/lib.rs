//! Component host, guest interfaces, and built-in techniques and evaluators of attune.
//!
//! A technique is a WebAssembly component of the world `attune:technique/plugin` (`plugins/wit`), with whatever is optional beside it. The
//! host runs every call in a fresh store under the limits of [`limits`], so a technique can loop, trap or
//! ask for all memory and the next call is none the worse. What comes back is data from a stranger: it is
//! checked before it becomes a domain type. An evaluator is a component of another world (`plugins/wit-evaluator`), in the same sandbox; it
//! is given data, and keeps a task open (`evaluator`). Nothing of the WebAssembly engine shows in this crate's
//! interface.

mod builtin;
mod calls;
mod check;
mod compiled;
mod contents;
mod convert;
mod error;
mod evaluator;
mod failure;
mod host;
pub mod limits;
mod log;
mod operators;
mod optional;
mod own_edits;
mod profiling;
mod progress;
mod sandbox;
mod spent;
mod technique;
mod ticker;
mod wasi;
mod wire;
mod world;

pub use builtin::BUILTIN_NAMES;
pub use check::{Check, Example, Finding, check, check_on, check_scored_by};
pub use error::{HostError, LoadError};
pub use evaluator::{BUILTIN_EVALUATORS, ComponentEvaluator, EvaluatorError};
pub use host::Host;
pub use log::{LogLevel, LogLine, LogSink};
pub use progress::{CallProgress, ProgressSink};
pub use spent::Spent;
pub use technique::WasmTechnique;
