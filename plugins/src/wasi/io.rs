//! Streams: nothing comes in, and what goes out is logged.

use wasmtime::component::{ComponentType, LinkerInstance, Lower, Resource};
use wasmtime::{Error, StoreContextMut};

use crate::sandbox::{Sandbox, Written};

/// `wasi:io/error#error`; no operation fails, so there is none.
pub(super) enum Failure {}
/// `wasi:io/poll#pollable`, always ready: no time passes.
pub(super) enum Pollable {}
/// `wasi:io/streams#input-stream`, at its end.
pub(super) enum Input {}
/// `wasi:io/streams#output-stream`; its number says which.
pub(super) enum Output {}

const STDOUT: u32 = 1;
const STDERR: u32 = 2;
/// Bytes that a stream takes at once.
const ROOM: u64 = 64 << 10;

type Call<'a> = StoreContextMut<'a, Sandbox>;

/// `wasi:io/streams#stream-error`.
#[derive(ComponentType, Lower)]
#[component(variant)]
enum StreamError {
    #[component(name = "last-operation-failed")]
    #[expect(dead_code, reason = "a case of the type that never happens")]
    LastOperationFailed(Resource<Failure>),
    #[component(name = "closed")]
    Closed,
}

/// Defines a function of streams and of waiting for them; `false` for another one.
pub(super) fn function(
    linked: &mut LinkerInstance<'_, Sandbox>,
    interface: &str,
    name: &str,
) -> Result<bool, Error> {
    match (interface, name) {
        ("cli/stdin", "get-stdin") => linked.func_wrap(name, |mut call: Call<'_>, (): ()| {
            call.data_mut().wasi_call()?;
            Ok((Resource::<Input>::new_own(0),))
        }),
        ("cli/stdout", "get-stdout") => output(linked, name, STDOUT),
        ("cli/stderr", "get-stderr") => output(linked, name, STDERR),
        ("io/streams", "[method]input-stream.read" | "[method]input-stream.blocking-read") => linked
            .func_wrap(name, |mut call: Call<'_>, _: (Resource<Input>, u64)| {
                call.data_mut().wasi_call()?;
                Ok((Err::<Vec<u8>, _>(StreamError::Closed),))
            }),
        ("io/streams", "[method]input-stream.skip" | "[method]input-stream.blocking-skip") => linked
            .func_wrap(name, |mut call: Call<'_>, _: (Resource<Input>, u64)| {
                call.data_mut().wasi_call()?;
                Ok((Err::<u64, _>(StreamError::Closed),))
            }),
        ("io/streams", "[method]input-stream.subscribe") => {
            linked.func_wrap(name, |mut call: Call<'_>, _: (Resource<Input>,)| ready(&mut call))
        }
        ("io/streams", "[method]output-stream.subscribe") => {
            linked.func_wrap(name, |mut call: Call<'_>, _: (Resource<Output>,)| ready(&mut call))
        }
        ("io/streams", "[method]output-stream.check-write") => {
            linked.func_wrap(name, |mut call: Call<'_>, _: (Resource<Output>,)| {
                call.data_mut().wasi_call()?;
                Ok((Ok::<_, StreamError>(ROOM),))
            })
        }
        ("io/streams", "[method]output-stream.write" | "[method]output-stream.blocking-write-and-flush") => {
            linked.func_wrap(name, |mut call: Call<'_>, (stream, bytes): (Resource<Output>, Vec<u8>)| {
                let sandbox = call.data_mut();
                sandbox.wasi_call()?;
                let to = if stream.rep() == STDERR { Written::Error } else { Written::Output };
                sandbox.written(to, &bytes)?;
                Ok((Ok::<_, StreamError>(()),))
            })
        }
        ("io/streams", "[method]output-stream.flush" | "[method]output-stream.blocking-flush") => linked
            .func_wrap(name, |mut call: Call<'_>, _: (Resource<Output>,)| {
                call.data_mut().wasi_call()?;
                Ok((Ok::<_, StreamError>(()),))
            }),
        ("io/poll", "[method]pollable.ready") => {
            linked.func_wrap(name, |mut call: Call<'_>, _: (Resource<Pollable>,)| {
                call.data_mut().wasi_call()?;
                Ok((true,))
            })
        }
        ("io/poll", "[method]pollable.block") => {
            linked.func_wrap(name, |mut call: Call<'_>, _: (Resource<Pollable>,)| call.data_mut().wasi_call())
        }
        ("io/poll", "poll") => {
            linked.func_wrap(name, |mut call: Call<'_>, (these,): (Vec<Resource<Pollable>>,)| {
                call.data_mut().wasi_call()?;
                Ok(((0..u32::try_from(these.len()).unwrap_or(u32::MAX)).collect::<Vec<u32>>(),))
            })
        }
        ("clocks/monotonic-clock", "subscribe-instant" | "subscribe-duration") => {
            linked.func_wrap(name, |mut call: Call<'_>, _: (u64,)| ready(&mut call))
        }
        _ => return Ok(false),
    }?;
    Ok(true)
}

fn output(linked: &mut LinkerInstance<'_, Sandbox>, name: &str, stream: u32) -> Result<(), Error> {
    linked.func_wrap(name, move |mut call: Call<'_>, (): ()| {
        call.data_mut().wasi_call()?;
        Ok((Resource::<Output>::new_own(stream),))
    })
}

fn ready(call: &mut Call<'_>) -> Result<(Resource<Pollable>,), Error> {
    call.data_mut().wasi_call()?;
    Ok((Resource::new_own(0),))
}
