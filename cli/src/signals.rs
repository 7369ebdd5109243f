//! Signals that ask a study to end. Whoever takes one acts first and prints afterwards, elsewhere: a terminal that is
//! gone, or that has been stopped, must not keep a study from ending.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use attune::StudyHandle;

use crate::error::CliError;
use crate::output;

/// The exit code of a process that was told to end twice.
const INTERRUPTED: i32 = 130;

/// This process is about to end.
static LEAVING: AtomicBool = AtomicBool::new(false);

/// Waits for the end of this process if somebody is ending it: that its evaluators are ended first is no failure to tell of.
pub(crate) fn unless_leaving() {
    while LEAVING.load(Ordering::SeqCst) {
        thread::park();
    }
}

/// The study that runs, once there is one.
static STUDY: Mutex<Option<Asked>> = Mutex::new(None);

/// From here on an interrupt (Ctrl-C), a request to end and a terminal that hangs up end this process together with the
/// evaluators that it started, which are in process groups of their own and would not hear of it; once there is a study to
/// [`stop`], they stop that.
///
/// # Errors
/// When the system does not tell of signals.
pub(crate) fn watch() -> Result<(), CliError> {
    listen(|hung_up| {
        let mut study = STUDY.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *study {
            Some(asked) => asked.again(hung_up),
            None => leave(),
        }
    })
    .map_err(|reason| CliError::Run(format!("cannot listen for Ctrl-C: {reason}")))
}

/// From here on the first of these signals stops the study, and a second interrupt or request ends the process at once;
/// nothing that has finished is lost.
pub(crate) fn stop(handle: StudyHandle, study: &str) {
    let asked = Asked { handle, study: study.to_owned(), already: false };
    *STUDY.lock().unwrap_or_else(PoisonError::into_inner) = Some(asked);
}

/// Who has been asked to end.
struct Asked {
    handle: StudyHandle,
    study: String,
    already: bool,
}

impl Asked {
    /// `hung_up` says that nobody is there any more, who could have asked twice on purpose.
    fn again(&mut self, hung_up: bool) {
        if self.already {
            if !hung_up {
                leave();
            }
            return;
        }
        self.already = true;
        if !self.handle.stop() {
            // The study has just ended: what is left is to print its result, and that is in the store.
            leave();
        }
        let words = format!(
            "stopping; what has finished is kept. Press Ctrl-C again to end `{}` without waiting",
            self.study
        );
        // On a thread of its own: this one has to be there for the next signal. Without one, nothing is said.
        drop(thread::Builder::new().name("notice".to_owned()).spawn(move || output::note(words)));
    }
}

/// Ends this process, and the evaluators that it started.
fn leave() -> ! {
    LEAVING.store(true, Ordering::SeqCst);
    attune::evaluators::end_all();
    std::process::exit(INTERRUPTED);
}

#[cfg(unix)]
fn listen(heard: impl Fn(bool) + Send + 'static) -> std::io::Result<()> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    use signal_hook::iterator::Signals;

    let mut wanted = vec![SIGINT, SIGTERM];
    if !hangups_are_ignored() {
        wanted.push(SIGHUP);
    }
    let mut signals = Signals::new(wanted)?;
    thread::Builder::new().name("signals".to_owned()).spawn(move || {
        for signal in &mut signals {
            heard(signal == SIGHUP);
        }
    })?;
    Ok(())
}

/// Whether this process was started to outlive its terminal (`nohup`). Only Linux tells without unsafe code.
#[cfg(unix)]
fn hangups_are_ignored() -> bool {
    let status = attune_files::text(std::path::Path::new("/proc/self/status"), 1 << 16).unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
    mask >> (signal_hook::consts::SIGHUP - 1) & 1 == 1
}

#[cfg(not(unix))]
fn listen(heard: impl Fn(bool) + Send + 'static) -> Result<(), ctrlc::Error> {
    ctrlc::set_handler(move || heard(false))
}
