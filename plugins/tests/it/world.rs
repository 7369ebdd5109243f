//! Files that are no techniques are refused in plain words.

use attune_core::technique::FailureKind;
use attune_plugins::{LoadError, limits};

use crate::models::host;

/// Why `bytes` are not loaded.
fn refusal(bytes: &[u8]) -> String {
    let failure = host().load("stranger.wasm", bytes).err().unwrap();
    assert_eq!((failure.technique.as_str(), failure.call.as_str()), ("stranger.wasm", "load"));
    let FailureKind::WrongWorld(reason) = failure.kind else { panic!("{failure}") };
    reason
}

fn wat(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap()
}

#[test]
fn what_is_no_component_is_told_apart() {
    assert_eq!(refusal(b""), "the file has 0 bytes, too few for WebAssembly");
    assert_eq!(refusal(b"#!/bin/sh\necho hello"), "this is not WebAssembly");
    assert!(refusal(b"(component (core module))").contains("looks like WebAssembly text"));
    assert!(refusal(&wat("(module)")).contains("this is a core WebAssembly module, expected a component"));
    assert!(refusal(b"\0asm\x09\0\0\0rest").contains("WebAssembly of version"));
    let mut broken = wat("(component)");
    broken.extend([0xff; 9]);
    assert!(refusal(&broken).starts_with("it is not a valid component: "));
}

#[test]
fn precompiled_code_is_never_loaded() {
    let config = wasmtime::Config::new();
    let engine = wasmtime::Engine::new(&config).unwrap();
    let precompiled = engine.precompile_component(&wat("(component)")).unwrap();
    assert!(refusal(&precompiled).contains("precompiled machine code (.cwasm)"));
}

#[test]
fn foreign_imports_are_named() {
    let reason = refusal(&wat(r#"(component
            (import "wasi:http/types@0.2.0" (instance))
            (import "wasi:cli/exit@0.3.0" (instance))
            (import "wasi:random/random@0.2.9" (instance))
            (import "attune:technique/log@0.1.0" (instance)))"#));
    assert_eq!(
        reason,
        "it imports wasi:http/types@0.2.0, wasi:cli/exit@0.3.0, but a technique may import nothing but \
         attune:technique/log@0.1.0; of WASI a technique may import cli, clocks, filesystem, io, random and sockets of 0.2, \
         all of them empty; build Rust for wasm32-unknown-unknown, which has no WASI, and JavaScript without `http`"
    );
}

#[test]
fn absent_and_future_exports_are_named() {
    assert_eq!(refusal(&wat("(component)")), "it exports nothing, expected attune:technique/technique@0.1.0");
    let named = |name: &str| wat(&format!(r#"(component (instance $i) (export "{name}" (instance $i)))"#));
    assert_eq!(
        refusal(&named("zoo:animals/lion@1.0.0")),
        "it lacks the export attune:technique/technique@0.1.0; it exports zoo:animals/lion@1.0.0"
    );
    assert!(
        refusal(&named("attune:technique/technique@0.2.0"))
            .starts_with("it is made for version 0.2.0 of attune:technique/technique, but this attune knows")
    );
}

#[test]
fn a_fitting_name_with_other_types_is_refused() {
    let reason = refusal(&wat(
        r#"(component (instance $i) (export "attune:technique/technique@0.1.0" (instance $i)))"#,
    ));
    assert!(
        reason.starts_with("its types differ from those of attune:technique/technique@0.1.0: "),
        "{reason}"
    );
    assert!(reason.contains("describe"), "{reason}");
}

#[test]
fn a_file_that_is_too_large_is_not_read_to_its_end() {
    let file = tempfile::NamedTempFile::new().unwrap();
    file.as_file().set_len(limits::Limits::RUNTIME.file + 1).unwrap();
    let error = host().load_file(file.path()).err().unwrap();
    assert!(matches!(error, LoadError::TooLarge { bytes, .. } if bytes == limits::Limits::RUNTIME.file + 1));
}

#[test]
fn more_than_can_be_compiled_soon_is_counted_and_refused() {
    let functions =
        |count: usize, function: &str| wat(&format!("(component (core module {}))", function.repeat(count)));
    assert!(
        refusal(&functions(60_000, "(func)"))
            .starts_with("it has 60000 functions, at most 40000 are compiled, even of a component")
    );
    let locals = format!("(func (local {}))", "i32 ".repeat(1_000));
    assert!(refusal(&functions(300, &locals)).starts_with("it has 300000 local variables, at most 200000"));
    let long = format!("(func {})", "i32.const 1 drop ".repeat(400_000));
    assert!(
        refusal(&functions(1, &long)).contains("bytes of code in one function, at most 1048576 are compiled")
    );
    let modules = wat(&format!("(component {})", "(core module)".repeat(140)));
    assert!(refusal(&modules).starts_with("it has 140 modules, at most 128 are compiled"));
    // What is little enough is refused for what it is.
    assert!(refusal(&functions(100, "(func)")).starts_with("it exports nothing"));
}
