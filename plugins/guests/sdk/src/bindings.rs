//! Generated from `plugins/wit` and `plugins/wit-profiling`.
#![allow(missing_docs, unreachable_pub, clippy::all, reason = "generated code")]

wit_bindgen::generate!({
    path: ["../../wit", "../../wit-profiling"],
    world: "attune:profiling/profiled-plugin",
    generate_all,
    pub_export_macro: true,
    export_macro_name: "export_plugin",
    additional_derives: [PartialEq],
});
