//! Write an evaluator for attune: a simulator whose configuration is to be tuned. Implement [`Evaluator`] for a type and
//! [`export_evaluator!`](crate::export_evaluator) it.
//!
//! An evaluator is a pure function of its data, its options and a plan: there is no file, clock, network or randomness but from
//! a seed among the options. The host reads the files that a task names, checks plans against the schemas of the
//! [`Description`], and scores on all cores at once, with a task of its own on each.
//!
//! ```
//! use attune_guest::evaluator::{
//!     Args, Argument, Description, Edit, EditSchema, Evaluation, Evaluator, Failure, Metric, OpenFailure, Opening,
//!     Subject, TaskSpec,
//! };
//!
//! /// How far a dial is from where it should be.
//! struct Dial;
//!
//! impl Evaluator for Dial {
//!     fn describe() -> Description {
//!         Description::new("dial", "0.1.0", "A dial that should point at the number of the item.")
//!             .task(TaskSpec::new("point", "Distance from the number.").metric(Metric::minimise("distance", "steps")))
//!             .edit(EditSchema::new("turn", "Turns the dial.").with(Argument::int("to", 0..=9, "where")))
//!             .unedited("the dial at 0")
//!     }
//!
//!     fn open(_: &Opening) -> Result<Self, OpenFailure> {
//!         Ok(Self)
//!     }
//!
//!     fn subject(&self) -> Subject {
//!         Subject::new("dial").items("selection", 5).items("report", 5)
//!     }
//!
//!     fn check(&self, _: &[Edit]) -> Result<(), Failure> {
//!         Ok(())
//!     }
//!
//!     fn evaluate(&self, plan: &[Edit], split: &str, items: &[u32]) -> Result<Evaluation, Failure> {
//!         let to = Args::find(plan, "turn").map_or(Ok(0), |turn| turn.int("to"))?;
//!         let first = if split == "selection" { 0 } else { 5 };
//!         let distance = |item: &u32| (f64::from(first + item) - to as f64).abs();
//!         Ok(Evaluation::new().metric("distance", items.iter().map(distance).collect()))
//!     }
//! }
//!
//! let dial = Dial::open(&Opening::new::<Dial>("point")).unwrap();
//! let plan = [Edit::new("turn").int("to", 3)];
//! assert_eq!(dial.evaluate(&plan, "selection", &[3, 1]).unwrap().metrics[0].items, [0.0, 2.0]);
//! ```

mod adapter;
mod args;
#[doc(hidden)]
pub mod bindings;
mod describe;
pub mod native;
mod opening;
mod outcome;
mod schema;
mod wire;

#[doc(hidden)]
pub use adapter::Adapter;
pub use args::Args;
pub use describe::{Aggregate, Description, Direction, Metric, TaskSpec};
pub use opening::{File, OpenFailure, OpenFault, Opening, Split};
pub use outcome::{Evaluation, Failure, KnownBound, Measured, Subject};
pub use schema::{Argument, ArgumentKind, Condition, Contradiction, EditSchema, Requirement};

pub use crate::{Edit, OptionSpec, Options, Random, Setting, Settings, debug, info, warn};

/// A simulator with a task that is open.
///
/// Every function is pure: the value of an item follows from the opening, the plan and the item, and not from what else is asked,
/// before or at once. The host keeps one such task for each of its threads.
pub trait Evaluator: Sized + 'static {
    /// What it says about itself.
    fn describe() -> Description;

    /// Reads the data, or generates it from a seed among the options.
    ///
    /// # Errors
    /// [`OpenFailure`], which says what has to change.
    fn open(opening: &Opening) -> Result<Self, OpenFailure>;

    /// What it is called, its facts for techniques, and how many items each split has.
    fn subject(&self) -> Subject;

    /// Whether `plan` can be honoured, without running anything. Kinds and arguments of edits were checked by the host.
    ///
    /// # Errors
    /// [`Failure::Unsupported`], naming the edit: see [`Args::refuse`].
    fn check(&self, plan: &[Edit]) -> Result<(), Failure>;

    /// Scores `plan` on items of a split, each counted from 0: every metric of the task has a value for each of them, in that order.
    ///
    /// # Errors
    /// [`Failure`], which the same plan would meet again.
    fn evaluate(&self, plan: &[Edit], split: &str, items: &[u32]) -> Result<Evaluation, Failure>;

    /// For each item what no plan can be better than, where that is known: reports then say how far it is.
    fn known_bounds(&self, _split: &str, _items: &[u32]) -> Vec<KnownBound> {
        Vec::new()
    }
}

/// Exports a type that implements [`Evaluator`](crate::evaluator::Evaluator) as the component's evaluator. Once per component.
///
/// Anywhere else than in WebAssembly it is a function `evaluator_on_this_machine` in its place: see [`native`](crate::evaluator::native).
#[macro_export]
macro_rules! export_evaluator {
    ($evaluator:ty) => {
        #[cfg(target_arch = "wasm32")]
        type ExportedEvaluator = $crate::evaluator::Adapter<$evaluator>;
        #[cfg(target_arch = "wasm32")]
        $crate::evaluator::bindings::export_simulator!(
            ExportedEvaluator with_types_in $crate::evaluator::bindings
        );

        /// Scores plans by the same code that the component is made of.
        #[cfg(not(target_arch = "wasm32"))]
        #[doc(hidden)]
        #[allow(dead_code, unreachable_pub, reason = "for whoever measures native code")]
        pub fn evaluator_on_this_machine(task: &str) -> $crate::evaluator::native::Scores {
            $crate::evaluator::native::open::<$evaluator>(task)
        }
    };
}
