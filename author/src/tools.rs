//! Programs that make components, which an author installs.

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::error::AuthorError;

/// The first program `name` in these folders, or on the path.
pub(crate) fn find(name: &str, folders: &[PathBuf]) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let suffixes: &[&str] = if cfg!(windows) { &[".exe", ".cmd"] } else { &[""] };
    let searched = folders.iter().cloned().chain(env::split_paths(&path));
    let mut candidates =
        searched.flat_map(|folder| suffixes.iter().map(move |suffix| folder.join(format!("{name}{suffix}"))));
    candidates.find(|path| path.is_file())
}

/// Runs a program to its end: what it has to complain about goes to standard error as it says it.
///
/// # Errors
/// [`AuthorError::Command`] when it cannot be run, or fails.
pub(crate) fn run(command: &mut Command) -> Result<(), AuthorError> {
    // Where a tool was in its own code helps nobody who writes a technique.
    command.stdin(Stdio::null()).stderr(Stdio::inherit()).env("RUST_BACKTRACE", "0");
    let output = command.output().map_err(|source| failure(command, source.to_string()))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stdout);
    match said.trim() {
        "" => Err(failure(command, output.status.to_string())),
        said => Err(failure(command, format!("{}: {said}", output.status))),
    }
}

fn failure(command: &Command, detail: String) -> AuthorError {
    AuthorError::Command { command: words(command), detail }
}

fn words(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word: &OsStr| word.display().to_string()).collect::<Vec<_>>().join(" ")
}

/// A folder and those around it, each with `inner` in it.
pub(crate) fn outwards(folder: &Path, inner: &str) -> Vec<PathBuf> {
    folder.ancestors().map(|folder| folder.join(inner)).collect()
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::fs;
    use std::process::Command;

    use super::{find, outwards, run};

    #[test]
    fn folders_of_the_project_come_before_the_path() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("a/b");
        fs::create_dir_all(&inner).unwrap();
        let bin = folder.path().join("bin");
        fs::create_dir(&bin).unwrap();
        fs::write(bin.join("sh"), "").unwrap();
        let places = outwards(&inner, "bin");
        assert_eq!(find("sh", &places), Some(bin.join("sh")));
        assert_ne!(find("sh", &[]), Some(bin.join("sh")));
        assert_eq!(find("no-such-program-here", &places), None);
    }

    #[test]
    fn a_program_that_fails_is_named_with_what_it_said() {
        let message = run(Command::new("sh").args(["-c", "echo no; exit 3"])).unwrap_err().to_string();
        assert!(
            message.contains("`sh -c echo no; exit 3` failed") && message.ends_with("3: no"),
            "{message}"
        );
        let message = run(&mut Command::new("no-such-program-here")).unwrap_err().to_string();
        assert!(message.contains("`no-such-program-here` failed"), "{message}");
    }
}
