//! Generated from the folders `wit…` of `plugins`: the world `attune:plugin/technique`.
#![allow(missing_docs, unreachable_pub, clippy::all, reason = "generated code")]

wit_bindgen::generate!({
    path: ["../../wit", "../../wit-profiling", "../../wit-variation", "../../wit-progress", "../../wit-plugin"],
    world: "attune:plugin/technique",
    generate_all,
    pub_export_macro: true,
    export_macro_name: "export_plugin",
    additional_derives: [PartialEq],
});
