//! A new project: files, and where they go.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::AuthorError;
use crate::template::Template;
use crate::{guest, name};

const MANIFEST: &str = include_str!("../templates/Cargo.toml");
const MODEL: &str = include_str!("../templates/model.rs");
const PROFILE: &str = include_str!("../templates/profile.ron");
const README: &str = include_str!("../templates/README.md");
const IGNORED: &str = include_str!("../templates/gitignore");
const REPOSITORY: &str = env!("CARGO_PKG_REPOSITORY");
/// Texts of the model that the profile names.
const TEXTS: [&str; 2] = ["data/prose.selection.txt", "data/prose.report.txt"];

/// A crate that is a technique, with a test, a profile and a page about itself.
#[derive(Clone, Copy, Debug)]
pub struct Project<'a> {
    /// Name of the technique, of the crate and of its folder.
    pub name: &'a str,
    /// What it begins as.
    pub template: Template,
    /// The model that its profile is about: a folder of attune's own, with texts below `data`.
    pub model: &'a Path,
}

impl Project<'_> {
    /// Writes the project into a new folder inside `parent`, and says which.
    ///
    /// # Errors
    /// [`AuthorError::Name`], [`AuthorError::Taken`] and [`AuthorError::Io`].
    pub fn write(&self, parent: &Path) -> Result<PathBuf, AuthorError> {
        name::check(self.name)?;
        let folder = parent.join(self.name);
        if folder.symlink_metadata().is_ok() {
            return Err(AuthorError::Taken { folder });
        }
        for (file, content) in self.files() {
            let path = folder.join(file);
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder).map_err(|source| AuthorError::io("make", folder, source))?;
            }
            fs::write(&path, content).map_err(|source| AuthorError::io("write", &path, source))?;
        }
        Ok(folder)
    }

    /// Paths in the folder, and contents.
    fn files(&self) -> Vec<(String, String)> {
        let [technique, tests] = self.template.sources().map(str::to_owned);
        let own = [
            ("Cargo.toml", self.filled(MANIFEST)),
            ("Cargo.lock", guest::LOCK.to_owned()),
            (".gitignore", IGNORED.to_owned()),
            ("README.md", self.filled(README)),
            ("src/lib.rs", technique),
            ("src/tests.rs", tests),
            ("src/tests/model.rs", MODEL.to_owned()),
        ];
        let own = own.into_iter().map(|(path, content)| (path.to_owned(), content));
        let profile = (format!("{}.ron", self.name), self.filled(PROFILE));
        own.chain([profile]).chain(guest::files()).collect()
    }

    /// A file of all templates with what this project says in its places.
    fn filled(&self, text: &str) -> String {
        let study = self.template.study();
        let quoted = |path: &Path| format!("{:?}", path.display().to_string());
        let [selection, report] = TEXTS.map(|text| quoted(&self.model.join(text)));
        let summary = self.template.summary();
        let places = [
            ("NAME", self.name.to_owned()),
            ("TEMPLATE", self.template.name().to_owned()),
            ("SUMMARY", capitalised(summary)),
            ("LOWER_SUMMARY", summary.to_owned()),
            ("SDK_VERSION", guest::VERSION.to_owned()),
            ("REPOSITORY", REPOSITORY.to_owned()),
            ("OPTIONS", study.options.to_owned()),
            ("OBJECTIVES", study.objectives.to_owned()),
            ("STRATEGY", study.strategy.to_owned()),
            ("TRIALS", study.trials.to_string()),
            ("MODEL", quoted(self.model)),
            ("SELECTION", selection),
            ("REPORT", report),
        ];
        // Between signs, so that what is filled in is never looked through for places again.
        let mut filled = String::with_capacity(text.len());
        for (number, part) in text.split('@').enumerate() {
            match places.iter().find(|(place, _)| number % 2 == 1 && *place == part) {
                Some((_, content)) => filled.push_str(content),
                None => filled.push_str(part),
            }
        }
        filled
    }
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{MANIFEST, PROFILE, Project, README};
    use crate::template::Template;

    #[test]
    fn every_template_is_written_with_all_places_filled() {
        for template in Template::ALL {
            let parent = tempfile::tempdir().unwrap();
            let project = Project { name: "my-own", template, model: Path::new("/models/a \"b\"") };
            let folder = project.write(parent.path()).unwrap();
            let read = |file: &str| std::fs::read_to_string(folder.join(file)).unwrap();
            for file in ["Cargo.toml", "my-own.ron", "README.md"] {
                assert!(!read(file).contains('@'), "{}", read(file));
            }
            let profile = read("my-own.ron");
            assert!(profile.contains("name: \"my-own.wasm\""), "{profile}");
            assert!(profile.contains("model: \"/models/a \\\"b\\\"\","), "{profile}");
            assert!(read("src/lib.rs").contains("attune_guest::export!(Mine);"));
            assert!(read("README.md").contains(&format!("--from {}`", template.name())));
            assert!(folder.join("attune-guest/wit/technique.wit").is_file());
            // One screen, the table and the rest of it.
            assert!(read("README.md").lines().count() <= 40);
            let again = project.write(parent.path()).unwrap_err().to_string();
            assert!(again.contains("my-own is there already"), "{again}");
            assert_eq!(Template::of(template.name()), Some(template));
        }
    }

    #[test]
    fn places_come_in_pairs_of_signs() {
        for text in [MANIFEST, PROFILE, README] {
            assert_eq!(text.matches('@').count() % 2, 0);
        }
    }

    #[test]
    fn a_bad_name_writes_nothing() {
        let parent = tempfile::tempdir().unwrap();
        let project = Project { name: "../x", template: Template::Empty, model: Path::new("m") };
        assert!(project.write(parent.path()).is_err());
        assert_eq!(std::fs::read_dir(parent.path()).unwrap().count(), 0);
    }
}
