//! A check after every change.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, SystemTime};

use super::check::On;
use super::project;
use crate::error::CliError;
use crate::output;

/// How often somebody looks.
const GLANCE: Duration = Duration::from_millis(300);
/// What of a project decides its component, apart from the SDK.
const SOURCES: [&str; 6] = ["Cargo.toml", "Cargo.lock", "build.rs", "pyproject.toml", "package.json", "src"];

/// Names, sizes and times: what has the same stamp has not changed.
type Stamp = Vec<(PathBuf, u64, Option<SystemTime>)>;

/// Checks until somebody ends it; what is wrong is told, and waits for the next change.
pub(super) fn run(file: &Path, on: &On) -> Result<(), CliError> {
    loop {
        let seen = stamp(file);
        match project::check(file, on) {
            Ok(()) => {}
            Err(error @ CliError::Interrupted(_)) => return Err(error),
            Err(error) => output::note(error.message()),
        }
        output::line(format!("\nwatching {}; Ctrl-C ends it", file.display()))?;
        while stamp(file) == seen {
            thread::sleep(GLANCE);
        }
        settle(file);
        output::line("\n----\n")?;
    }
}

/// Waits until whoever writes has written.
fn settle(file: &Path) {
    let mut last = stamp(file);
    loop {
        thread::sleep(GLANCE);
        let now = stamp(file);
        if now == last {
            return;
        }
        last = now;
    }
}

/// Of a component, that of its file; of a project, that of its sources.
fn stamp(file: &Path) -> Stamp {
    let mut found = Vec::new();
    if file.is_dir() {
        SOURCES.iter().for_each(|source| add(&file.join(source), &mut found));
    } else {
        add(file, &mut found);
    }
    found.sort();
    found
}

fn add(path: &Path, found: &mut Stamp) {
    let Ok(metadata) = fs::metadata(path) else { return };
    if metadata.is_dir() {
        // Python leaves what it compiled among the sources.
        let entries = fs::read_dir(path).into_iter().flatten().flatten();
        entries
            .filter(|entry| entry.file_name() != "__pycache__")
            .for_each(|entry| add(&entry.path(), found));
    } else {
        found.push((path.to_owned(), metadata.len(), metadata.modified().ok()));
    }
}

#[cfg(test)]
mod tests {
    use super::stamp;

    #[test]
    fn sources_of_a_project_count_and_what_is_built_does_not() {
        let folder = std::env::temp_dir().join(format!("attune-watch-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("src/inner")).unwrap();
        std::fs::write(folder.join("src/lib.rs"), "one").unwrap();
        let before = stamp(&folder);
        assert_eq!(before.len(), 1);
        std::fs::write(folder.join("it.wasm"), "built").unwrap();
        std::fs::create_dir(folder.join("src/__pycache__")).unwrap();
        std::fs::write(folder.join("src/__pycache__/lib.pyc"), "compiled").unwrap();
        assert_eq!(stamp(&folder), before);
        std::fs::write(folder.join("src/inner/two.rs"), "two").unwrap();
        assert_ne!(stamp(&folder), before);
        std::fs::remove_dir_all(&folder).unwrap();
        assert!(stamp(&folder).is_empty());
    }
}
