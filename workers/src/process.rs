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
static LIVING: Mutex<Vec<Weak<Process>>> = Mutex::new(Vec::new());

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
        let mut living = LIVING.lock().unwrap_or_else(PoisonError::into_inner);
        living.retain(|other| other.strong_count() > 0);
        living.push(Arc::downgrade(&process));
        Ok((process, pipes))
    }

    /// Whether its leader has ended; what it started may live.
    pub(crate) fn has_ended(&self) -> bool {
        self.state().look().is_some()
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
        let by_itself = {
            let mut state = self.state();
            let by_itself = state.look();
            if !state.ended {
                state.ended = true;
                end_group(self.group, &mut state.child);
            }
            by_itself
        };
        self.wait(GONE);
        by_itself.map(how)
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

/// Ends all workers of this process at once, for whoever leaves it without dropping anything.
pub fn end_all() {
    let living = std::mem::take(&mut *LIVING.lock().unwrap_or_else(PoisonError::into_inner));
    living.iter().filter_map(Weak::upgrade).for_each(|process| {
        process.end();
    });
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
