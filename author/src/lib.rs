//! For authors of techniques: a project that works at once, and its component.
//!
//! [`Project`] writes a crate from a [`Template`], with the guest SDK of this build beside it, so that nothing of this repository
//! is needed. [`build`] compiles a crate for WebAssembly where a [`Toolchain`] is there, and makes the component itself; where none
//! is, the error says what to install. The components that travel with attune (`cargo xtask plugins`) are built by the same code.

mod component;
mod error;
mod guest;
mod manifest;
mod name;
mod project;
mod template;
mod toolchain;

pub use component::{Built, build, componentize};
pub use error::AuthorError;
pub use guest::grids;
pub use project::Project;
pub use template::Template;
pub use toolchain::{Crates, Installed, TARGET, Toolchain};
