//! World of a component: why a file is not a technique, in plain words.

use wasmtime::Engine;
use wasmtime::component::Component;

use crate::wasi;

/// The one import that a technique may have, beside an empty WASI.
const IMPORT: &str = "attune:technique/log@0.1.0";
/// The one export that it must have.
const EXPORT: &str = "attune:technique/technique@0.1.0";

/// A complaint about the first bytes of a file; `None` when they begin a component.
pub(crate) fn complain_about_bytes(bytes: &[u8]) -> Option<String> {
    if Engine::detect_precompiled(bytes).is_some() {
        return Some(
            "this is precompiled machine code (.cwasm), which is never loaded because it runs outside the \
             sandbox; give the .wasm file that it was made from"
                .to_owned(),
        );
    }
    let Some(header) = bytes.first_chunk::<8>() else {
        return Some(format!("the file has {} bytes, too few for WebAssembly", bytes.len()));
    };
    match header {
        [0, b'a', b's', b'm', 0x0d, 0, 1, 0] => None,
        [0, b'a', b's', b'm', 1, 0, 0, 0] => Some(
            "this is a core WebAssembly module, expected a component; `attune technique build` makes one of a crate, and \
             `wasm-tools component new` of a module"
                .to_owned(),
        ),
        [0, b'a', b's', b'm', version @ ..] => {
            Some(format!("this is WebAssembly of version {version:02x?}, expected a component"))
        }
        _ if bytes.trim_ascii_start().starts_with(b"(") => Some(
            "this looks like WebAssembly text, expected the binary form; convert it with `wasm-tools parse`"
                .to_owned(),
        ),
        _ => Some("this is not WebAssembly".to_owned()),
    }
}

/// A complaint about what a component imports and exports by name; `None` when the names fit.
pub(crate) fn complain_about_names(component: &Component, engine: &Engine) -> Option<String> {
    let kind = component.component_type();
    let foreign: Vec<&str> = kind
        .imports(engine)
        .map(|(name, _)| name)
        .filter(|name| *name != IMPORT && !wasi::is_known(name))
        .collect();
    if !foreign.is_empty() {
        let advice = if foreign.iter().any(|name| name.starts_with("wasi:")) {
            "; of WASI a technique may import cli, clocks, filesystem, io, random and sockets of 0.2, all of them empty; \
             build Rust for wasm32-unknown-unknown, which has no WASI, and JavaScript without `http`"
        } else {
            ""
        };
        return Some(format!(
            "it imports {}, but a technique may import nothing but {IMPORT}{advice}",
            foreign.join(", ")
        ));
    }
    let exports: Vec<&str> = kind.exports(engine).map(|(name, _)| name).collect();
    if exports.contains(&EXPORT) {
        return None;
    }
    let (package, _) = EXPORT.split_once('@')?;
    let other = exports.iter().find_map(|name| name.strip_prefix(package)?.strip_prefix('@'));
    Some(match other {
        Some(version) => format!(
            "it is made for version {version} of {package}, but this attune knows {EXPORT}; \
             use a newer attune or build it against 0.1.0"
        ),
        None if exports.is_empty() => format!("it exports nothing, expected {EXPORT}"),
        None => format!("it lacks the export {EXPORT}; it exports {}", exports.join(", ")),
    })
}

/// A complaint about types behind fitting names.
pub(crate) fn complain_about_types(error: &wasmtime::Error) -> String {
    let causes: Vec<String> = error.chain().map(ToString::to_string).collect();
    format!(
        "its types differ from those of {EXPORT}: {}; build it against plugins/wit as released with 0.1.0",
        causes.join(": ")
    )
}
