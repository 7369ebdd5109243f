//! What a strategy does by itself, which may take minutes, with commands obeyed meanwhile.

use std::panic::resume_unwind;
use std::thread;

use crossbeam_channel::{bounded, select};

use super::control::Control;

/// What `work` returns, done on a thread of its own. `None` once somebody has asked to stop: no generation is running, so
/// either kind of stop comes at once, and whatever `work` made of it means nothing.
pub(super) fn thinking<T: Send>(control: &mut Control<'_>, work: impl FnOnce() -> T + Send) -> Option<T> {
    control.poll();
    if control.is_stopping() {
        return None;
    }
    let (running, done) = bounded::<()>(0);
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
            }
            if control.is_stopping() {
                control.give_up();
            }
        }
        worker.join().unwrap_or_else(|panic| resume_unwind(panic))
    });
    control.poll();
    (!control.is_stopping()).then_some(outcome)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use attune_core::event::Command;
    use crossbeam_channel::unbounded;

    use super::super::gate::Gate;
    use super::*;

    #[test]
    fn either_stop_ends_what_is_going_on() {
        for stop in [Command::StopNow, Command::StopAfterGeneration] {
            let gate = Gate::default();
            let (commands, receiver) = unbounded();
            let mut control = Control::new(receiver, &gate);
            let flag = control.flag();
            let outcome = thinking(&mut control, || {
                commands.send(stop).unwrap();
                let begun = Instant::now();
                while !flag.is_asked() {
                    assert!(begun.elapsed() < Duration::from_secs(60), "{stop:?} did not arrive");
                    thread::yield_now();
                }
            });
            assert_eq!(outcome, None);
            assert_eq!(thinking(&mut control, || panic!("nothing is begun after a stop")), None::<()>);
        }
    }

    #[test]
    fn without_a_stop_the_work_is_done_whatever_else_is_said() {
        let gate = Gate::default();
        let (commands, receiver) = unbounded();
        let mut control = Control::new(receiver, &gate);
        let outcome = thinking(&mut control, || {
            commands.send(Command::Pause).unwrap();
            commands.send(Command::Resume).unwrap();
            drop(commands);
            7
        });
        assert_eq!(outcome, Some(7));
    }
}
