//! Generated from `plugins/wit-evaluator`: the world `attune:evaluator/simulator`. The log is the one of techniques.
#![allow(missing_docs, unreachable_pub, clippy::all, reason = "generated code")]

wit_bindgen::generate!({
    path: ["../../wit", "../../wit-evaluator"],
    world: "attune:evaluator/simulator",
    with: { "attune:technique/log@0.1.0": crate::bindings::attune::technique::log },
    pub_export_macro: true,
    export_macro_name: "export_simulator",
});
