//! WASI (preview 2) of a machine on which nothing is: for runtimes of languages, which import all of it and need none.
//!
//! There are no files, arguments, variables of the environment and sockets; clocks stand still; random numbers follow from
//! the call; what is written to the standard output and error goes into the log, within its limits; to exit is to trap. So
//! a call stays a function of its arguments. A function that needs what is not there, as all of a file do, traps and
//! says its name: nobody can come to hold a file.

mod io;
mod rest;

use wasmtime::Error;
use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, Linker, LinkerInstance, ResourceType};

use crate::limits;
use crate::sandbox::{Exceeded, Sandbox};

/// Packages of WASI that are linked, in whichever 0.2 a component was built against.
const PACKAGES: [&str; 6] = ["cli", "clocks", "filesystem", "io", "random", "sockets"];

/// Whether a component may import this.
pub(crate) fn is_known(name: &str) -> bool {
    interface(name).is_some()
}

/// `io/streams` of `wasi:io/streams@0.2.9`.
fn interface(name: &str) -> Option<&str> {
    let (interface, version) = name.strip_prefix("wasi:")?.split_once('@')?;
    let (package, _) = interface.split_once('/')?;
    (PACKAGES.contains(&package) && version.starts_with("0.2.")).then_some(interface)
}

/// Links what a component imports of WASI.
pub(crate) fn link(linker: &mut Linker<Sandbox>, component: &Component) -> Result<(), Error> {
    let engine = linker.engine().clone();
    for (name, import) in component.component_type().imports(&engine) {
        let (Some(interface), ComponentItem::ComponentInstance(found)) = (interface(name), import.ty) else {
            continue;
        };
        let mut linked = linker.instance(name)?;
        for (item, export) in found.exports(&engine) {
            match export.ty {
                ComponentItem::Resource(_) => linked.resource(item, resource(item), |_, _| Ok(()))?,
                ComponentItem::ComponentFunc(_) => function(&mut linked, interface, item)?,
                _ => {}
            }
        }
    }
    Ok(())
}

/// The type behind a resource. Those that nobody can hold are of one type.
fn resource(name: &str) -> ResourceType {
    match name {
        "error" => ResourceType::host::<io::Failure>(),
        "pollable" => ResourceType::host::<io::Pollable>(),
        "input-stream" => ResourceType::host::<io::Input>(),
        "output-stream" => ResourceType::host::<io::Output>(),
        _ => ResourceType::host::<rest::Absent>(),
    }
}

fn function(linked: &mut LinkerInstance<'_, Sandbox>, interface: &str, name: &str) -> Result<(), Error> {
    if io::function(linked, interface, name)? || rest::function(linked, interface, name)? {
        return Ok(());
    }
    let name_of_it = format!("{interface}#{name}");
    linked.func_new(name, move |_, _, _, _| Err(Exceeded::Absent(name_of_it.clone()).into()))
}

impl Sandbox {
    /// Counts a call: it is work of the host, and no fuel does.
    fn wasi_call(&mut self) -> Result<(), Error> {
        self.wasi.calls += 1;
        if self.wasi.calls > limits::WASI_CALLS { Err(Exceeded::Wasi.into()) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use attune_core::technique::FailureKind;
    use wasmtime::component::{Component, Linker};
    use wasmtime::{Error, Store};

    use crate::compiled;
    use crate::failure::classify;
    use crate::limits::{self, Limits};
    use crate::log::{Log, LogLevel, LogLine};
    use crate::progress::{CallProgress, Reports};
    use crate::sandbox::{self, Sandbox};

    const COMPILED: &Limits = &Limits::COMPILED;

    /// A component whose `run` gives what the function `name` of an interface gives, called so many times.
    fn component(interface: &str, name: &str, (result, core): (&str, &str), times: u32) -> Component {
        let text = format!(
            r#"(component
                (import "wasi:{interface}@0.2.7" (instance $wasi (export "{name}" (func (result {result})))))
                (core func $f (canon lower (func $wasi "{name}")))
                (core module $m
                    (import "" "f" (func $f (result {core})))
                    (func (export "run") (result {core})
                        (local i32)
                        (loop
                            (drop (call $f))
                            (br_if 0 (i32.lt_u
                                (local.tee 0 (i32.add (local.get 0) (i32.const 1)))
                                (i32.const {times}))))
                        (call $f)))
                (core instance $i (instantiate $m (with "" (instance (export "f" (func $f))))))
                (func (export "run") (result {result}) (canon lift (core func $i "run"))))"#
        );
        let engine = compiled::engine(COMPILED).unwrap();
        Component::from_binary(&engine, &wat::parse_str(text).unwrap()).unwrap()
    }

    /// Nobody hears them.
    fn reports() -> Reports {
        Reports::new("run", Arc::new(|_: &CallProgress| {}))
    }

    fn store() -> Store<Sandbox> {
        let log = Arc::new(Log::new(Arc::new(|_| {})));
        let engine = compiled::engine(COMPILED).unwrap();
        let mut store = Store::new(&engine, Sandbox::new("t", COMPILED, log, reports()));
        sandbox::arm(&mut store).unwrap();
        store
    }

    fn run(component: &Component, seed: u64) -> Result<u64, Error> {
        let mut store = store();
        store.data_mut().seed(seed);
        let mut linker = Linker::new(store.engine());
        super::link(&mut linker, component)?;
        let instance = linker.instantiate(&mut store, component)?;
        let run = instance.get_typed_func::<(), (u64,)>(&mut store, "run")?;
        Ok(run.call(&mut store, ())?.0)
    }

    #[test]
    fn random_numbers_follow_from_the_seed_of_the_call_and_clocks_stand_still() {
        let random = |times| component("random/random", "get-random-u64", ("u64", "i64"), times);
        let (second, third) = (random(1), random(2));
        assert_eq!(run(&second, 7).unwrap(), run(&second, 7).unwrap());
        assert_ne!(run(&second, 7).unwrap(), run(&second, 8).unwrap());
        assert_ne!(run(&second, 7).unwrap(), run(&third, 7).unwrap(), "each is another one");
        let clock = component("clocks/monotonic-clock", "now", ("u64", "i64"), 1_000);
        assert_eq!(run(&clock, 7).unwrap(), 0);
    }

    #[test]
    fn what_is_not_there_traps_by_name_and_calls_without_end_are_stopped() {
        let words = |component: &Component| {
            let error = run(component, 0).unwrap_err();
            match classify(&error, None, COMPILED) {
                FailureKind::Trapped(words) => words,
                other => panic!("{other:?}"),
            }
        };
        let absent = component("sockets/tcp-create-socket", "create-some-socket", ("u64", "i64"), 1);
        assert_eq!(
            words(&absent),
            "it called wasi:sockets/tcp-create-socket#create-some-socket, but a component has no files, sockets or terminals here"
        );
        let busy = component("clocks/monotonic-clock", "now", ("u64", "i64"), 1_000_000);
        assert_eq!(words(&busy), "it called WASI more than 65536 times in one call");
    }

    #[test]
    fn other_interfaces_and_versions_are_unknown() {
        assert!(super::is_known("wasi:io/streams@0.2.12"));
        for name in
            ["wasi:http/types@0.2.0", "wasi:io/streams@0.3.0", "wasi:io/streams", "mine:io/streams@0.2.0"]
        {
            assert!(!super::is_known(name), "{name}");
        }
    }

    fn written(stream: sandbox::Written, parts: &[&[u8]]) -> (Vec<LogLine>, Option<String>, bool) {
        let taken = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&taken);
        let log = Arc::new(Log::new(Arc::new(move |line: &LogLine| sink.lock().unwrap().push(line.clone()))));
        let mut sandbox = Sandbox::new("t", COMPILED, log, reports());
        let taken_all = parts.iter().all(|part| sandbox.written(stream, part).is_ok());
        sandbox.end();
        let words = sandbox.last_words();
        drop(sandbox);
        let lines = std::mem::take(&mut *taken.lock().unwrap());
        (lines, words, taken_all)
    }

    #[test]
    fn what_is_written_is_logged_line_by_line_within_the_limits_of_the_log() {
        let (lines, words, taken) = written(sandbox::Written::Output, &[b"one\ntw", b"o\nthree"]);
        let texts: Vec<&str> = lines.iter().map(|line| line.message.as_str()).collect();
        assert_eq!((texts, words, taken), (vec!["one", "two", "three"], None, true));
        let (lines, words, _) = written(sandbox::Written::Error, &[b"Traceback\n  File x\nValueError: no\n"]);
        assert_eq!(lines[0].level, LogLevel::Warn);
        assert_eq!(words.as_deref(), Some("Traceback; File x; ValueError: no"));
        let flood = vec![b'x'; limits::LOG_BYTES / 2 + 1];
        let (_, _, taken) = written(sandbox::Written::Output, &[&flood, &flood]);
        assert!(!taken, "a line without an end is too much, too");
    }
}
