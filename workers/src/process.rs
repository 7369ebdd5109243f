//! The process of a worker, with everything that it starts.

use std::io;
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

use crate::command::WorkerCommand;

/// How often somebody looks whether it has ended.
const GLANCE: Duration = Duration::from_millis(5);
/// How long a process that was ended may take to be gone: the system may still write for it.
const GONE: Duration = Duration::from_secs(5);

/// Processes that live, for whoever ends this one without dropping anything.
static LIVING: Mutex<Living> = Mutex::new(Living { processes: Vec::new(), ending: false });

struct Living {
    processes: Vec<Weak<Process>>,
    /// All of them are being ended: one that is started meanwhile would be left behind.
    ending: bool,
}

/// A worker's process. It leads a group of its own: a Ctrl-C in the terminal reaches the host, which decides, and what the
/// worker starts ends with it.
pub(crate) struct Process {
    group: u32,
    state: Mutex<State>,
}

struct State {
    child: Child,
    status: Option<ExitStatus>,
    ended: bool,
}

/// The ends of a worker's pipes.
pub(crate) struct Pipes {
    pub(crate) stdin: ChildStdin,
    pub(crate) stdout: ChildStdout,
    pub(crate) stderr: ChildStderr,
}

impl Process {
    pub(crate) fn start(command: &WorkerCommand) -> io::Result<(Arc<Self>, Pipes)> {
        let mut asked = Command::new(&command.program);
        asked.args(&command.args).envs(command.environment.iter().map(|(name, value)| (name, value)));
        asked.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        if let Some(folder) = &command.folder {
            asked.current_dir(folder);
        }
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut asked, 0);
        let mut child = asked.spawn()?;
        let pipes = match (child.stdin.take(), child.stdout.take(), child.stderr.take()) {
            (Some(stdin), Some(stdout), Some(stderr)) => Pipes { stdin, stdout, stderr },
            _ => return Err(io::Error::other("it has no pipes")),
        };
        let state = State { child, status: None, ended: false };
        let process = Arc::new(Self { group: state.child.id(), state: Mutex::new(state) });
        admit(&LIVING, &process)?;
        Ok((process, pipes))
    }

    /// Whether its leader has ended; what it started may live.
    pub(crate) fn has_ended(&self) -> bool {
        self.status().is_some()
    }

    /// How its leader has ended.
    pub(crate) fn status(&self) -> Option<ExitStatus> {
        self.state().look()
    }

    /// Waits for its end, up to `patience`.
    pub(crate) fn wait(&self, patience: Duration) -> bool {
        let begin = Instant::now();
        loop {
            match self.has_ended() {
                true => return true,
                false if begin.elapsed() >= patience => return false,
                false => thread::sleep(GLANCE),
            }
        }
    }

    /// Ends it and everything in its group, and leaves no zombie. Says how it ended if it had done so before.
    pub(crate) fn end(&self) -> Option<String> {
        let by_itself = self.kill();
        self.wait(GONE);
        by_itself.map(how)
    }

    /// The same without waiting until it is gone.
    fn kill(&self) -> Option<ExitStatus> {
        let mut state = self.state();
        let by_itself = state.look();
        if !state.ended {
            state.ended = true;
            end_group(self.group, &mut state.child);
        }
        by_itself
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end();
    }
}

impl State {
    fn look(&mut self) -> Option<ExitStatus> {
        if self.status.is_none() {
            self.status = self.child.try_wait().ok().flatten();
        }
        self.status
    }
}

/// Ends all workers of this process at once, for whoever leaves it without dropping anything. No worker can be started from
/// then on.
pub fn end_all() {
    end_all_of(&LIVING);
}

/// Counts a process among those that live; ends it where those are being ended.
fn admit(living: &Mutex<Living>, process: &Arc<Process>) -> io::Result<()> {
    let ending = {
        let mut living = living.lock().unwrap_or_else(PoisonError::into_inner);
        living.processes.retain(|other| other.strong_count() > 0);
        living.processes.push(Arc::downgrade(process));
        living.ending
    };
    if ending {
        process.end();
        return Err(io::Error::other("all evaluators are being ended"));
    }
    Ok(())
}

fn end_all_of(living: &Mutex<Living>) {
    let processes = {
        let mut living = living.lock().unwrap_or_else(PoisonError::into_inner);
        living.ending = true;
        std::mem::take(&mut living.processes)
    };
    let processes: Vec<Arc<Process>> = processes.iter().filter_map(Weak::upgrade).collect();
    // All of them first: whoever ends this process may not wait for one that takes its time.
    for process in &processes {
        process.kill();
    }
    for process in &processes {
        process.wait(GONE);
    }
}

#[cfg(unix)]
fn end_group(group: u32, child: &mut Child) {
    use rustix::process::{Pid, Signal, kill_process_group};

    // A group outlives its leader: whatever the worker started and left is in it.
    if let Some(group) = i32::try_from(group).ok().and_then(Pid::from_raw) {
        let _ = kill_process_group(group, Signal::KILL);
    }
    let _ = child.kill();
}

#[cfg(not(unix))]
fn end_group(_group: u32, child: &mut Child) {
    let _ = child.kill();
}

/// How a process ended, in words.
fn how(status: ExitStatus) -> String {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        let name = match signal {
            4 => " (SIGILL)",
            6 => " (SIGABRT)",
            9 => " (SIGKILL, as when memory runs out)",
            11 => " (SIGSEGV)",
            15 => " (SIGTERM)",
            _ => "",
        };
        return format!("was ended by signal {signal}{name}");
    }
    match status.code() {
        Some(code) => format!("exited with code {code}"),
        None => "ended".to_owned(),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_is_started_while_all_are_ended_is_not_left_behind() {
        let started = || Process::start(&WorkerCommand::new("sleep").arg("1000")).unwrap();
        let living = Mutex::new(Living { processes: Vec::new(), ending: false });
        let ((early, _pipes), (late, _others)) = (started(), started());
        admit(&living, &early).unwrap();
        assert!(!early.has_ended());
        end_all_of(&living);
        assert!(early.has_ended() && !late.has_ended());
        assert!(admit(&living, &late).is_err());
        assert!(late.has_ended());
    }
}
