//! A new evaluator: the toy scheduler of the guests, as a project of its own, with the technique that its plans come from.

use std::path::{Path, PathBuf};

use crate::error::AuthorError;
use crate::project::write_all;
use crate::{guest, name};

const MANIFEST: &str = include_str!("../templates/evaluator/Cargo.toml");
const PROFILE: &str = include_str!("../templates/evaluator/profile.ron");
const README: &str = include_str!("../templates/evaluator/README.md");
const IGNORED: &str = include_str!("../templates/rust/gitignore");
const EVALUATOR: &str = include_str!("../../plugins/guests/toy-scheduler/src/lib.rs");
const TESTS: &str = include_str!("../../plugins/guests/toy-scheduler/src/tests.rs");
const TECHNIQUE: &str = include_str!("../../plugins/guests/toy-order/src/lib.rs");
const REPOSITORY: &str = env!("CARGO_PKG_REPOSITORY");
/// Folder of the technique in a project.
const ORDER: &str = "order";

/// An evaluator in Rust, with a technique, tests, a profile and a page about itself.
#[derive(Clone, Copy, Debug)]
pub struct EvaluatorProject<'a> {
    /// Name of the evaluator, of its project and of its folder; the technique is called `NAME-order`.
    pub name: &'a str,
}

impl EvaluatorProject<'_> {
    /// Writes the project into a new folder inside `parent`, and says which.
    ///
    /// # Errors
    /// [`AuthorError::Name`], [`AuthorError::Taken`] and [`AuthorError::Io`].
    pub fn write(&self, parent: &Path) -> Result<PathBuf, AuthorError> {
        name::check(self.name)?;
        write_all(&parent.join(self.name), self.files())
    }

    /// Paths in the folder, and contents.
    fn files(&self) -> Vec<(String, String)> {
        let order = format!("{}-{ORDER}", self.name);
        let manifest = |name: &str, sdk: &str, purpose: &str, level: &str| {
            let filled = MANIFEST.replace("@NAME@", name).replace("@SDK_VERSION@", guest::VERSION);
            filled.replace("@SDK@", sdk).replace("@PURPOSE@", purpose).replace("@LEVEL@", level)
        };
        let own = |text: &str| text.replace("@NAME@", self.name).replace("@REPOSITORY@", REPOSITORY);
        let evaluator = manifest(self.name, guest::FOLDER, "It computes what others search for.", "3");
        let sdk = format!("../{}", guest::FOLDER);
        let technique = manifest(&order, &sdk, "A component is small, and loaded by every study.", "\"s\"");
        let files = [
            ("Cargo.toml".to_owned(), evaluator),
            ("Cargo.lock".to_owned(), guest::LOCK.to_owned()),
            (".gitignore".to_owned(), IGNORED.to_owned()),
            ("README.md".to_owned(), own(README)),
            ("src/lib.rs".to_owned(), EVALUATOR.to_owned()),
            ("src/tests.rs".to_owned(), TESTS.to_owned()),
            (format!("{ORDER}/Cargo.toml"), technique),
            (format!("{ORDER}/Cargo.lock"), guest::LOCK.to_owned()),
            (format!("{ORDER}/.gitignore"), IGNORED.to_owned()),
            (format!("{ORDER}/src/lib.rs"), TECHNIQUE.to_owned()),
            (format!("{}.ron", self.name), own(PROFILE)),
        ];
        files.into_iter().chain(guest::files()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::EvaluatorProject;

    #[test]
    fn a_project_is_written_with_all_places_filled_and_both_components_in_it() {
        let parent = tempfile::tempdir().unwrap();
        let folder = EvaluatorProject { name: "my-own" }.write(parent.path()).unwrap();
        let read = |file: &str| std::fs::read_to_string(folder.join(file)).unwrap();
        for file in ["Cargo.toml", "README.md", "my-own.ron", "order/Cargo.toml"] {
            assert!(!read(file).contains('@'), "{}", read(file));
        }
        assert!(read("src/lib.rs").contains("attune_guest::export_evaluator!(Scheduler);"));
        assert!(read("order/src/lib.rs").contains("attune_guest::export!(Order);"));
        assert!(read("order/Cargo.toml").contains("path = \"../attune-guest\""));
        assert!(read("my-own.ron").contains("name: \"order/my-own-order.wasm\""));
        assert!(folder.join("attune-guest/wit-evaluator/evaluator.wit").is_file());
        let again = EvaluatorProject { name: "my-own" }.write(parent.path()).unwrap_err().to_string();
        assert!(again.contains("my-own is there already"), "{again}");
        assert!(EvaluatorProject { name: "../x" }.write(parent.path()).is_err());
    }

    #[test]
    fn a_strangers_evaluator_takes_a_hundred_lines() {
        let lines = super::EVALUATOR.lines().map(str::trim);
        let code = lines.filter(|line| !line.is_empty() && !line.starts_with("//")).count();
        assert!(code <= 100, "{code}");
    }
}
