//! The wire types of `attune:technique@0.1.0`, generated from `plugins/wit`.
#![allow(missing_docs, unreachable_pub, clippy::all, reason = "generated code")]

wasmtime::component::bindgen!({
    path: "wit",
    world: "plugin",
    imports: { default: trappable },
});

pub use exports::attune::technique::technique::*;
