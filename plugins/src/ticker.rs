//! The wall clock of an engine.

use std::io;
use std::thread;
use std::time::Duration;

use wasmtime::Engine;

use crate::limits::TICK_MILLIS;

/// Moves the engine's epoch on until the engine is gone.
pub(crate) fn start(engine: &Engine) -> io::Result<()> {
    let engine = engine.weak();
    thread::Builder::new().name("attune-epoch".to_owned()).spawn(move || {
        loop {
            thread::sleep(Duration::from_millis(TICK_MILLIS));
            match engine.upgrade() {
                Some(engine) => engine.increment_epoch(),
                None => break,
            }
        }
    })?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use attune_core::technique::FailureKind;
    use wasmtime::{Engine, Instance, Module, Store};

    use crate::failure::classify;
    use crate::limits::Limits;

    #[test]
    fn a_call_that_outlives_its_deadline_is_too_slow_whatever_its_fuel() {
        let engine = Engine::new(&Limits::COMPILED.config()).unwrap();
        super::start(&engine).unwrap();
        let text = r#"(module (func (export "loop") (loop (br 0))))"#;
        let module = Module::from_binary(&engine, &wat::parse_str(text).unwrap()).unwrap();
        let mut store = Store::new(&engine, ());
        store.set_fuel(u64::MAX).unwrap();
        store.set_epoch_deadline(2);
        let instance = Instance::new(&mut store, &module, &[]).unwrap();
        let run = instance.get_typed_func::<(), ()>(&mut store, "loop").unwrap();
        let error = run.call(&mut store, ()).unwrap_err();
        assert_eq!(classify(&error, None, &Limits::RUNTIME), FailureKind::TooSlow { seconds: 40 });
    }
}
