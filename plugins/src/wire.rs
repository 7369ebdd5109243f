//! The wire types: of `attune:technique@0.1.0`, generated from `plugins/wit`, and of what is optional beside it.
#![allow(missing_docs, unreachable_pub, clippy::all, reason = "generated code")]

wasmtime::component::bindgen!({
    path: "wit",
    world: "plugin",
    imports: { default: trappable },
});

pub use exports::attune::technique::technique::*;

/// An operator of `attune:variation/operators@0.1.0`.
#[derive(wasmtime::component::ComponentType, wasmtime::component::Lift)]
#[component(record)]
pub struct Operator {
    pub name: String,
    pub help: String,
    pub parents: u32,
}
