//! attune as a library: from a profile or typed values to a running study.

pub mod backend;
pub mod continuation;
pub mod error;
pub mod evaluators;
pub mod export;
mod model_files;
pub mod model_folder;
pub mod paths;
mod profile_folder;
pub mod reading;
pub mod replay;
pub mod run_options;
pub mod setup;
pub mod summary;

pub use error::{Cause, Error};
