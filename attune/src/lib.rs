//! attune finds the best compressed configuration of a model, or the least value of any function, by evaluating
//! candidates: this crate is its front door for Rust programs. The command line and the screens stand on it, too.
//!
//! # A function
//!
//! [`minimise`] searches a [`Space`](core::space::Space) for the least value of a closure:
//!
//! ```
//! use attune::core::space::{Dimension, Space};
//! use attune::strategy::Evolution;
//!
//! let space = Space::of([Dimension::real("x", -5.0, 5.0), Dimension::choice("side", ["left", "right"])])?;
//! let found = attune::minimise(space, |point| {
//!     let centre = if point.choice("side") == "left" { -1.0 } else { 2.0 };
//!     (point.real("x") - centre).abs() + f64::from(centre < 0.0)
//! })
//! // Each side has a valley of its own: more random points than the usual eight find both.
//! .strategy(Evolution { initial: 16, ..Default::default() })
//! .trials(150)
//! .run()?;
//! assert_eq!(found.point().choice("side"), "right");
//! # Ok::<(), attune::Error>(())
//! ```
//!
//! # A study
//!
//! [`Study::builder`] takes a profile (the file that `attune run` takes) or parts of one's own: any
//! [`Technique`](core::technique::Technique), [`Evaluator`](core::evaluator::Evaluator),
//! [`Strategy`](core::strategy::Strategy) and [`Store`](core::store::Store). A store makes a study resumable: a second run
//! under the same name goes on where the first stopped. Events come through [`on_event`](StudyBuilder::on_event) or a
//! [channel](StudyBuilder::events), and a [`StudyHandle`] pauses and stops.
//!
//! ```no_run
//! # #[cfg(feature = "native")]
//! # fn study() -> Result<(), attune::Error> {
//! use attune::{Outcome, Study, strategy};
//!
//! let study = Study::builder()
//!     .profile_file("profiles/quickstart.ron")
//!     .strategy(strategy::Nsga2 { population: 20, ..Default::default() })
//!     .trials(200)
//!     .store(".attune")
//!     .build()?;
//! let handle = study.handle();
//! std::thread::spawn(move || {
//!     std::thread::sleep(std::time::Duration::from_secs(60));
//!     handle.stop();
//! });
//! match study.run()? {
//!     Outcome::Finished(result) => println!("trial {} is best", result.best().trial),
//!     Outcome::Interrupted { progress, .. } => println!("{} trials so far; run again to go on", progress.trials),
//!     _ => {}
//! }
//! # Ok(()) }
//! ```
//!
//! # Features
//!
//! A function needs none of them: `default-features = false` leaves out what is large.
//!
//! | feature | adds | on |
//! | --- | --- | --- |
//! | `techniques` | techniques by name, and components | wasmtime |
//! | `native` | profiles, and the evaluators that come with attune | burn, `techniques` |
//! | `export` | files for other engines | `native` |
//! | `backend` (default) | what screens ask for | `export` |
//! | `cuda`, `rocm`, `metal`, `vulkan`, `wgpu` | devices beside the CPU | `native` |
//!
//! # Words
//!
//! A *technique* knows a *space* and what a *config* in it means: a *plan*, which an *evaluator* scores on a *task*. A
//! *strategy* proposes configs and hears their losses. Each *trial* is journalled before the strategy hears of it, so a
//! study can be interrupted at any moment. The traits and types are those of [`core`].

#[cfg(feature = "backend")]
pub mod backend;
#[cfg(feature = "native")]
pub mod continuation;
#[cfg(feature = "export")]
pub mod engines;
pub mod error;
#[cfg(feature = "native")]
pub mod evaluators;
#[cfg(feature = "export")]
pub mod export;
#[cfg(feature = "native")]
mod factory;
pub mod function;
#[cfg(feature = "native")]
mod model_files;
#[cfg(feature = "native")]
pub mod model_folder;
pub mod paths;
mod point;
#[cfg(feature = "native")]
mod profile_folder;
pub mod reading;
pub mod replay;
pub mod run_options;
pub mod setup;
pub mod strategy;
pub mod study;
pub mod summary;

pub use attune_core as core;
#[cfg(feature = "native")]
pub use attune_export::{TableFormat, WrittenTable};
pub use error::{Cause, Error};
pub use function::{Minimise, Minimum, minimise};
pub use point::Point;
#[cfg(feature = "native")]
pub use study::Tabulated;
pub use study::{Outcome, Study, StudyBuilder, StudyHandle, StudyResult};
