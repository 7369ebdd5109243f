//! Generated from `plugins/wit`.
#![allow(missing_docs, unreachable_pub, clippy::all, reason = "generated code")]

wit_bindgen::generate!({
    path: "../../wit",
    world: "plugin",
    pub_export_macro: true,
    export_macro_name: "export_plugin",
    additional_derives: [PartialEq],
});
