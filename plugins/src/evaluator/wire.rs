//! The wire types of `attune:evaluator@0.1.0`, generated from `plugins/wit-evaluator`. The log is the one of techniques.
#![allow(missing_docs, unreachable_pub, clippy::all, reason = "generated code")]

wasmtime::component::bindgen!({
    path: ["wit", "wit-evaluator"],
    world: "attune:evaluator/simulator",
    imports: { default: trappable },
    with: { "attune:technique/log@0.1.0": crate::wire::attune::technique::log },
});

pub use exports::attune::evaluator::evaluator::*;
