//! Arguments, environment, terminals, files, clocks and random numbers.

use rand::Rng as _;
use wasmtime::component::{ComponentType, LinkerInstance, Lower, Resource};
use wasmtime::{Error, StoreContextMut};

use crate::limits;
use crate::sandbox::{Exceeded, Sandbox};

/// Files, sockets, terminals: nobody can hold one.
pub(super) enum Absent {}

/// Seconds since 1970 at which the clock stands: the beginning of 2000.
const NOW: u64 = 946_684_800;

type Call<'a> = StoreContextMut<'a, Sandbox>;

/// `wasi:clocks/wall-clock#datetime`.
#[derive(ComponentType, Lower)]
#[component(record)]
struct Datetime {
    seconds: u64,
    nanoseconds: u32,
}

/// Defines a function; `false` for one that nobody can call with what there is.
pub(super) fn function(
    linked: &mut LinkerInstance<'_, Sandbox>,
    interface: &str,
    name: &str,
) -> Result<bool, Error> {
    match (interface, name) {
        ("cli/environment", "get-environment") => linked.func_wrap(name, |mut call: Call<'_>, (): ()| {
            call.data_mut().wasi_call()?;
            Ok((Vec::<(String, String)>::new(),))
        }),
        ("cli/environment", "get-arguments") => linked.func_wrap(name, |mut call: Call<'_>, (): ()| {
            call.data_mut().wasi_call()?;
            Ok((Vec::<String>::new(),))
        }),
        ("cli/environment", "initial-cwd") => linked.func_wrap(name, |mut call: Call<'_>, (): ()| {
            call.data_mut().wasi_call()?;
            Ok((None::<String>,))
        }),
        ("cli/exit", "exit") => linked.func_wrap(name, |_: Call<'_>, (status,): (Result<(), ()>,)| {
            Err::<(), _>(Exceeded::Exit(u8::from(status.is_err())).into())
        }),
        ("cli/exit", "exit-with-code") => linked
            .func_wrap(name, |_: Call<'_>, (status,): (u8,)| Err::<(), _>(Exceeded::Exit(status).into())),
        ("cli/terminal-stdin" | "cli/terminal-stdout" | "cli/terminal-stderr", _) => {
            linked.func_wrap(name, |mut call: Call<'_>, (): ()| {
                call.data_mut().wasi_call()?;
                Ok((None::<Resource<Absent>>,))
            })
        }
        ("filesystem/preopens", "get-directories") => linked.func_wrap(name, |mut call: Call<'_>, (): ()| {
            call.data_mut().wasi_call()?;
            Ok((Vec::<(Resource<Absent>, String)>::new(),))
        }),
        ("clocks/monotonic-clock", "now") => clock(linked, name, 0),
        ("clocks/monotonic-clock", "resolution") => clock(linked, name, 1),
        ("clocks/wall-clock", "now") => wall_clock(linked, name, NOW, 0),
        ("clocks/wall-clock", "resolution") => wall_clock(linked, name, 0, 1),
        ("random/random", "get-random-bytes") | ("random/insecure", "get-insecure-random-bytes") => linked
            .func_wrap(name, |mut call: Call<'_>, (count,): (u64,)| {
                let sandbox = call.data_mut();
                sandbox.wasi_call()?;
                let count = usize::try_from(count).unwrap_or(usize::MAX);
                if count > limits::RANDOM_BYTES {
                    return Err(Exceeded::Random.into());
                }
                let mut bytes = vec![0; count];
                sandbox.random().fill_bytes(&mut bytes);
                Ok((bytes,))
            }),
        ("random/random", "get-random-u64") | ("random/insecure", "get-insecure-random-u64") => linked
            .func_wrap(name, |mut call: Call<'_>, (): ()| {
                let sandbox = call.data_mut();
                sandbox.wasi_call()?;
                Ok((sandbox.random().next_u64(),))
            }),
        ("random/insecure-seed", "insecure-seed") => linked.func_wrap(name, |mut call: Call<'_>, (): ()| {
            let sandbox = call.data_mut();
            sandbox.wasi_call()?;
            let random = sandbox.random();
            Ok(((random.next_u64(), random.next_u64()),))
        }),
        _ => return Ok(false),
    }?;
    Ok(true)
}

fn clock(linked: &mut LinkerInstance<'_, Sandbox>, name: &str, nanoseconds: u64) -> Result<(), Error> {
    linked.func_wrap(name, move |mut call: Call<'_>, (): ()| {
        call.data_mut().wasi_call()?;
        Ok((nanoseconds,))
    })
}

fn wall_clock(
    linked: &mut LinkerInstance<'_, Sandbox>,
    name: &str,
    seconds: u64,
    nanoseconds: u32,
) -> Result<(), Error> {
    linked.func_wrap(name, move |mut call: Call<'_>, (): ()| {
        call.data_mut().wasi_call()?;
        Ok((Datetime { seconds, nanoseconds },))
    })
}
