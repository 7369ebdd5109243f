//! World of a component: why a file is not a technique, or not an evaluator, in plain words.

use wasmtime::Engine;
use wasmtime::component::Component;

use crate::{progress, wasi};

/// What a component is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum World {
    Technique,
    Evaluator,
}

const LOG: &str = "attune:technique/log@0.1.0";

impl World {
    /// With its article.
    fn noun(self) -> &'static str {
        match self {
            Self::Technique => "a technique",
            Self::Evaluator => "an evaluator",
        }
    }

    /// The imports that it may have, beside an empty WASI.
    fn imports(self) -> &'static [&'static str] {
        match self {
            Self::Technique => &[LOG, progress::IMPORT],
            Self::Evaluator => &[LOG],
        }
    }

    /// The one export that it must have.
    fn export(self) -> &'static str {
        match self {
            Self::Technique => "attune:technique/technique@0.1.0",
            Self::Evaluator => "attune:evaluator/evaluator@0.1.0",
        }
    }

    fn folder(self) -> &'static str {
        match self {
            Self::Technique => "plugins/wit",
            Self::Evaluator => "plugins/wit-evaluator",
        }
    }

    /// The other one, and what a user does with it.
    fn other(self) -> (Self, &'static str) {
        match self {
            Self::Technique => (
                Self::Evaluator,
                "a profile names it under `evaluator`, and `attune evaluator check` tries it",
            ),
            Self::Evaluator => (
                Self::Technique,
                "a profile names it under `technique`, and `attune technique check` tries it",
            ),
        }
    }
}

/// A complaint about the first bytes of a file; `None` when they begin a component.
pub(crate) fn complain_about_bytes(bytes: &[u8], world: World) -> Option<String> {
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
        [0, b'a', b's', b'm', 1, 0, 0, 0] => {
            let command = match world {
                World::Technique => "attune technique build",
                World::Evaluator => "attune evaluator build",
            };
            Some(format!(
                "this is a core WebAssembly module, expected a component; `{command}` makes one of a crate, and \
                 `wasm-tools component new` of a module"
            ))
        }
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
pub(crate) fn complain_about_names(component: &Component, engine: &Engine, world: World) -> Option<String> {
    let kind = component.component_type();
    let (noun, imports, export) = (world.noun(), world.imports(), world.export());
    let exports: Vec<&str> = kind.exports(engine).map(|(name, _)| name).collect();
    let (other, advice) = world.other();
    if !exports.contains(&export) && exports.contains(&other.export()) {
        return Some(format!("it is {} (it exports {}); {advice}", other.noun(), other.export()));
    }
    let foreign: Vec<&str> = kind
        .imports(engine)
        .map(|(name, _)| name)
        .filter(|name| !imports.contains(name) && !wasi::is_known(name))
        .collect();
    if !foreign.is_empty() {
        let advice = if foreign.iter().any(|name| name.starts_with("wasi:")) {
            format!(
                "; of WASI {noun} may import cli, clocks, filesystem, io, random and sockets of 0.2, all of them empty; \
                 build Rust for wasm32-unknown-unknown, which has no WASI, and JavaScript without `http`"
            )
        } else {
            String::new()
        };
        return Some(format!(
            "it imports {}, but {noun} may import nothing but {}{advice}",
            foreign.join(", "),
            imports.join(" and ")
        ));
    }
    if exports.contains(&export) {
        return None;
    }
    let (package, _) = export.split_once('@')?;
    let other = exports.iter().find_map(|name| name.strip_prefix(package)?.strip_prefix('@'));
    Some(match other {
        Some(version) => format!(
            "it is made for version {version} of {package}, but this attune knows {export}; \
             use a newer attune or build it against 0.1.0"
        ),
        None if exports.is_empty() => format!("it exports nothing, expected {export}"),
        None => format!("it lacks the export {export}; it exports {}", exports.join(", ")),
    })
}

/// A complaint about types behind fitting names.
pub(crate) fn complain_about_types(error: &wasmtime::Error, world: World) -> String {
    let causes: Vec<String> = error.chain().map(ToString::to_string).collect();
    format!(
        "its types differ from those of {}: {}; build it against {} as released with 0.1.0",
        world.export(),
        causes.join(": "),
        world.folder()
    )
}
