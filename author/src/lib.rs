//! For authors of techniques and evaluators: a project that works at once, and its component.
//!
//! [`Project`] writes a technique in a [`Language`] from a [`Template`], with the guest SDK of this build beside it, so that nothing of
//! this repository is needed. [`EvaluatorProject`] does so for an evaluator, with a profile that searches it by the technique `edits`. [`build`] makes the component of a project: a crate is compiled for WebAssembly where a [`Toolchain`] is
//! there, Python and JavaScript are put into a component by the programs that do that; where one is missing, the error says what to
//! install. The components that travel with attune (`cargo xtask plugins`) are built by the same code.

mod built;
mod component;
mod error;
mod evaluator;
mod guest;
mod javascript;
mod language;
mod manifest;
mod name;
mod project;
mod python;
mod template;
mod toolchain;
mod tools;

pub use built::Built;
pub use component::{build, componentize};
pub use error::AuthorError;
pub use evaluator::EvaluatorProject;
pub use guest::grids;
pub use language::Language;
pub use project::Project;
pub use template::Template;
pub use toolchain::{Crates, Installed, TARGET, Toolchain};
