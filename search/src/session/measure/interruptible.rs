//! Interruptible work: what a strategy does by itself, which may take minutes, with commands obeyed meanwhile.

use std::thread;

use crossbeam_channel::{bounded, select, tick};

use super::control::Control;
use super::meter::EVERY;
use crate::session::SessionError;
use crate::session::caught::panicked;

/// What `work` returns, done on a thread of its own. `None` once somebody has asked to stop: no generation is running, so
/// either kind of stop comes at once, and whatever `work` made of it means nothing. Meanwhile `going` is called a few times a
/// second.
///
/// # Errors
/// A panic of `work`, with what was being done.
pub(in crate::session) fn interruptible<T: Send>(
    control: &mut Control<'_>,
    during: &str,
    going: &mut dyn FnMut(),
    work: impl FnOnce() -> T + Send,
) -> Result<Option<T>, SessionError> {
    control.poll();
    if control.is_stopping() {
        return Ok(None);
    }
    let (running, done) = bounded::<()>(0);
    let ticks = tick(EVERY);
    let outcome = thread::scope(|scope| {
        let worker = scope.spawn(move || {
            let _until_the_end = running;
            work()
        });
        loop {
            select! {
                recv(done) -> _ => break,
                recv(control.commands()) -> command => match command {
                    Ok(command) => control.obey(command),
                    Err(_) => control.hang_up(),
                },
                recv(ticks) -> _ => going(),
            }
            if control.is_stopping() {
                control.give_up();
            }
        }
        worker.join()
    });
    let outcome = outcome.map_err(|panic| panicked(during.to_owned(), &*panic))?;
    control.poll();
    Ok((!control.is_stopping()).then_some(outcome))
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use attune_core::event::Command;
    use crossbeam_channel::unbounded;

    use super::*;
    use crate::session::measure::PauseGate;

    #[test]
    fn either_stop_ends_what_is_going_on() {
        for stop in [Command::StopNow, Command::StopAfterGeneration] {
            let gate = PauseGate::default();
            let (commands, receiver) = unbounded();
            let mut control = Control::new(receiver, &gate);
            let flag = control.flag();
            let outcome = interruptible(&mut control, "a test", &mut || (), || {
                commands.send(stop).unwrap();
                let begun = Instant::now();
                while !flag.is_asked() {
                    assert!(begun.elapsed() < Duration::from_secs(60), "{stop:?} did not arrive");
                    thread::yield_now();
                }
            });
            assert_eq!(outcome.unwrap(), None);
            let after =
                interruptible(&mut control, "a test", &mut || (), || panic!("nothing is begun after a stop"));
            assert_eq!(after.unwrap(), None::<()>);
        }
    }

    #[test]
    fn without_a_stop_the_work_is_done_whatever_else_is_said() {
        let gate = PauseGate::default();
        let (commands, receiver) = unbounded();
        let mut control = Control::new(receiver, &gate);
        let outcome = interruptible(&mut control, "a test", &mut || (), || {
            commands.send(Command::Pause).unwrap();
            commands.send(Command::Resume).unwrap();
            drop(commands);
            7
        });
        assert_eq!(outcome.unwrap(), Some(7));
    }

    #[test]
    fn a_panic_is_an_error_that_says_where() {
        let gate = PauseGate::default();
        let (_commands, receiver) = unbounded();
        let mut control = Control::new(receiver, &gate);
        let failure = interruptible(&mut control, "asking strategy `x`", &mut || (), || -> u32 {
            panic!("index 7 of 3")
        });
        let message = failure.unwrap_err().to_string();
        assert!(message.starts_with("asking strategy `x` panicked: index 7 of 3; "), "{message}");
    }
}
