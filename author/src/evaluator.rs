//! A new project of an evaluator.

use std::path::{Path, PathBuf};

use crate::error::AuthorError;
use crate::project::{IGNORED, MANIFEST, REPOSITORY, write};
use crate::{guest, name};

/// The evaluator that a project begins as, and its tests: the toy scheduler of the book, to the byte.
const SCHEDULER: &str = include_str!("../../plugins/guests/toy-scheduler/src/lib.rs");
const TESTS: &str = include_str!("../../plugins/guests/toy-scheduler/src/tests.rs");
/// How components of techniques are compiled, and how those are that compute what others search for.
const LEVELS: [&str; 2] = ["opt-level = \"s\"", "opt-level = 3"];
const PROFILE: &str = include_str!("../templates/evaluator/profile.ron");
const README: &str = include_str!("../templates/evaluator/README.md");

/// An evaluator in Rust, with a study of it and a page about itself.
#[derive(Clone, Copy, Debug)]
pub struct EvaluatorProject<'a> {
    /// Name of the evaluator, of its project and of its folder.
    pub name: &'a str,
}

impl EvaluatorProject<'_> {
    /// Writes the project into a new folder inside `parent`, and says which.
    ///
    /// # Errors
    /// [`AuthorError::Name`], [`AuthorError::Taken`] and [`AuthorError::Io`].
    pub fn write(&self, parent: &Path) -> Result<PathBuf, AuthorError> {
        name::check(self.name)?;
        write(parent, self.name, self.files())
    }

    fn files(&self) -> Vec<(String, String)> {
        let filled = |text: &str| {
            text.replace("@NAME@", self.name)
                .replace("@SDK_VERSION@", guest::VERSION)
                .replace("@REPOSITORY@", REPOSITORY)
        };
        let [small, fast] = LEVELS;
        let own = [
            ("Cargo.toml".to_owned(), filled(MANIFEST).replace(small, fast)),
            ("Cargo.lock".to_owned(), guest::LOCK.to_owned()),
            (".gitignore".to_owned(), IGNORED.to_owned()),
            ("README.md".to_owned(), filled(README)),
            ("src/lib.rs".to_owned(), SCHEDULER.to_owned()),
            ("src/tests.rs".to_owned(), TESTS.to_owned()),
            (format!("{}.ron", self.name), filled(PROFILE)),
        ];
        own.into_iter().chain(guest::files()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::EvaluatorProject;

    #[test]
    fn a_project_has_all_places_filled_and_its_own_name() {
        let parent = tempfile::tempdir().unwrap();
        let folder = EvaluatorProject { name: "my-own" }.write(parent.path()).unwrap();
        let read = |file: &str| std::fs::read_to_string(folder.join(file)).unwrap();
        for file in ["Cargo.toml", "README.md", "my-own.ron", "src/lib.rs"] {
            let text = read(file);
            assert!(!text.contains('@') && !text.contains("toy-scheduler"), "{text}");
        }
        assert!(read("Cargo.toml").contains("opt-level = 3"));
        assert!(read("src/lib.rs").contains("attune_guest::export_evaluator!(Scheduler);"));
        assert!(read("my-own.ron").contains("evaluator: (name: \"my-own.wasm\")"));
        assert!(folder.join("attune-guest/wit-evaluator/evaluator.wit").is_file());
        let again = EvaluatorProject { name: "my-own" }.write(parent.path()).unwrap_err().to_string();
        assert!(again.contains("my-own is there already"), "{again}");
    }

    #[test]
    fn a_strangers_evaluator_takes_a_hundred_lines() {
        let lines = super::SCHEDULER.lines().map(str::trim);
        let code = lines.filter(|line| !line.is_empty() && !line.starts_with("//")).count();
        assert!(code <= 100, "{code}");
    }
}
