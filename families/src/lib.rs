//! Families of language models: one declarative file each.
//!
//! A [`Family`] says how config.json is read, what the tensors of a model are called and what its forward pass is made of.
//! From it and a config.json follows a [`DecoderConfig`]: the shape of one model. Which tensors it has, and which linear
//! modules these hold, is listed by [`tensors`]; an evaluator computes with that list, an exporter writes by it.
//!
//! Adding a family is one file in `known/` and one line of [`all`]: `docs/extending/family.md`.

pub mod config;
mod error;
mod known;
pub mod markdown;
mod rope;
pub mod schema;
pub mod tensors;

pub use config::{DecoderConfig, Latent, Layer, Mixture, Temperature, Window, Windows};
pub use error::ConfigError;
pub use known::{all, find};
pub use rope::{Rope, Scaling};
pub use schema::Family;
