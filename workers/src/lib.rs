//! Evaluators in processes of their own. The protocol is specified in `docs/evaluator-protocol.md`; its types are in [`wire`].
//!
//! [`WorkerFactory::start`] starts a command and asks who it is; as every [`EvaluatorFactory`] it then opens a subject and a
//! task, and what it loads is an [`Evaluator`] as any other. A worker that dies is started again, opened and
//! loaded as before, and asked what it did not answer; see [`Limits`] for how long anybody waits.
//!
//! [`EvaluatorFactory`]: attune_core::evaluator::EvaluatorFactory
//! [`Evaluator`]: attune_core::evaluator::Evaluator

mod asked_once;
mod asking;
mod batch;
mod checked;
mod choices;
mod command;
mod company;
mod connection;
mod description;
mod ending;
mod error;
mod evaluator;
mod factory;
mod identity;
mod limits;
mod lines;
mod outputs;
mod process;
mod scored;
mod supervisor;
mod tail;
pub mod wire;

pub use asked_once::output;
pub use command::WorkerCommand;
pub use description::Description;
pub use ending::{Cause, Ending};
pub use error::WorkerError;
pub use evaluator::ProcessEvaluator;
pub use factory::WorkerFactory;
pub use limits::Limits;
pub use process::end_all;
