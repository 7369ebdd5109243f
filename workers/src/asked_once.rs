//! A program that answers once and ends: its process is one of those that [`end_all`](crate::end_all) ends.

use std::io::{self, Read};
use std::process::Output;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::command::WorkerCommand;
use crate::process::{Pipes, Process};

/// What `command` says until it ends, without standard input. What it started and left behind ends with it; so does all of it
/// where it takes longer than `patience`, if that is given.
///
/// # Errors
/// When it cannot be started; [`io::ErrorKind::TimedOut`] where it takes longer.
pub fn output(command: &WorkerCommand, patience: Option<Duration>) -> io::Result<Output> {
    let (process, Pipes { stdin, stdout, stderr }) = Process::start(command)?;
    drop(stdin);
    let (stdout, stderr) = (read(stdout), read(stderr));
    let in_time = process.wait(patience.unwrap_or(Duration::MAX));
    process.end();
    match process.status() {
        Some(status) if in_time => Ok(Output { status, stdout: joined(stdout)?, stderr: joined(stderr)? }),
        _ => Err(io::ErrorKind::TimedOut.into()),
    }
}

/// Reads a stream to its end, elsewhere: whoever writes it never waits.
fn read(mut from: impl Read + Send + 'static) -> JoinHandle<io::Result<Vec<u8>>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        from.read_to_end(&mut bytes).map(|_| bytes)
    })
}

fn joined(reader: JoinHandle<io::Result<Vec<u8>>>) -> io::Result<Vec<u8>> {
    reader.join().unwrap_or_else(|_| Err(io::Error::other("its output cannot be read")))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn shell(script: &str) -> WorkerCommand {
        WorkerCommand::new("sh").arg("-c").arg(script)
    }

    #[test]
    fn what_a_program_says_is_whole_even_where_it_leaves_something_running() {
        let command = shell("sleep 1000 & echo $WORD; echo wrong >&2; exit 3").env("WORD", "said");
        let said = output(&command, None).unwrap();
        assert_eq!((said.stdout, said.stderr), (b"said\n".to_vec(), b"wrong\n".to_vec()));
        assert_eq!(said.status.code(), Some(3));
    }

    #[test]
    fn one_that_takes_too_long_is_ended() {
        let folder = tempfile::tempdir().unwrap();
        let command = shell("echo $$ > group; sleep 1000").folder(folder.path());
        let late = output(&command, Some(Duration::from_secs(1))).unwrap_err();
        assert_eq!(late.kind(), io::ErrorKind::TimedOut);
        let group = std::fs::read_to_string(folder.path().join("group")).unwrap();
        let group = rustix::process::Pid::from_raw(group.trim().parse().unwrap()).unwrap();
        assert!(rustix::process::test_kill_process(group).is_err(), "it is gone");
    }
}
