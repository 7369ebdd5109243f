//! A technique, an evaluator and a store that do as they are told, for tests of everything that drives them.
//!
//! The model has [`LAYERS`] layers; a config gives each 2, 4 or 8 bits, 4 on average at most. Damage is what
//! few bits do to a layer times how sensitive the layer is, and differs a little from item to item. Everything
//! can be made to fail, by config, by plan or after a number of writes.

mod evaluator;
mod store;
mod technique;

pub use evaluator::{ScriptedEvaluator, model};
pub use store::MemoryStore;
pub use technique::ScriptedTechnique;

/// Layers of the scripted model.
pub const LAYERS: u32 = 6;

/// How much a layer suffers from few bits, in arbitrary units: later layers suffer less, with an exception.
pub fn sensitivity(layer: u32) -> f64 {
    if layer == 4 { 9.0 } else { 8.0 - f64::from(layer) }
}
