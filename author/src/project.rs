//! A new project: files, and where they go.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::AuthorError;
use crate::language::Language;
use crate::template::Template;
use crate::{guest, javascript, name, python};

pub(crate) const MANIFEST: &str = include_str!("../templates/rust/Cargo.toml");
const MODEL: &str = include_str!("../templates/rust/model.rs");
const PROFILE: &str = include_str!("../templates/profile.ron");
const README: &str = include_str!("../templates/rust/README.md");
pub(crate) const IGNORED: &str = include_str!("../templates/rust/gitignore");
pub(crate) const REPOSITORY: &str = env!("CARGO_PKG_REPOSITORY");
/// Texts of the model that the profile names.
const TEXTS: [&str; 2] = ["data/prose.selection.txt", "data/prose.report.txt"];

/// A technique, with a test, a profile and a page about itself.
#[derive(Clone, Copy, Debug)]
pub struct Project<'a> {
    /// Name of the technique, of its project and of its folder.
    pub name: &'a str,
    /// What it is written in.
    pub language: Language,
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
        write(parent, self.name, self.files())
    }

    /// Paths in the folder, and contents.
    fn files(&self) -> Vec<(String, String)> {
        let (template, filled) = (self.template, |text: &str| self.filled(text));
        let mut files = match self.language {
            Language::Rust => self.crate_files(),
            Language::Python => python::files(template, self.name, filled),
            Language::JavaScript => javascript::files(template, self.name, filled),
        };
        files.push((format!("{}.ron", self.name), self.filled(PROFILE)));
        files
    }

    fn crate_files(&self) -> Vec<(String, String)> {
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
        own.into_iter().map(|(path, content)| (path.to_owned(), content)).chain(guest::files()).collect()
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
            ("COMPONENTIZE_PY", python::VERSION.to_owned()),
            ("COMPONENTIZE_QJS", javascript::VERSION.to_owned()),
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

/// Writes files into a new folder `name` inside `parent`, and says which that is.
pub(crate) fn write(parent: &Path, name: &str, files: Vec<(String, String)>) -> Result<PathBuf, AuthorError> {
    let folder = parent.join(name);
    if folder.symlink_metadata().is_ok() {
        return Err(AuthorError::Taken { folder });
    }
    for (file, content) in files {
        let path = folder.join(file);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(|source| AuthorError::io("make", folder, source))?;
        }
        fs::write(&path, content).map_err(|source| AuthorError::io("write", &path, source))?;
    }
    Ok(folder)
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{MANIFEST, PROFILE, Project, README};
    use crate::language::Language;
    use crate::template::Template;

    /// What is said of each language: the files with places, and what its technique has to end as.
    fn expected(language: Language) -> (&'static [&'static str], &'static str) {
        match language {
            Language::Rust => (&["Cargo.toml"], "attune_guest::export!(Mine);"),
            Language::Python => (&["pyproject.toml", "requirements.txt"], "@export\nclass Mine(Technique):"),
            Language::JavaScript => (&["package.json"], "export default mine;"),
        }
    }

    #[test]
    fn every_template_is_written_with_all_places_filled() {
        for (language, template) in
            Language::ALL.into_iter().flat_map(|language| Template::ALL.map(|template| (language, template)))
        {
            let parent = tempfile::tempdir().unwrap();
            let project = Project { name: "my-own", language, template, model: Path::new("/models/a \"b\"") };
            let folder = project.write(parent.path()).unwrap();
            let read = |file: &str| std::fs::read_to_string(folder.join(file)).unwrap();
            let (filled, exported) = expected(language);
            for file in filled.iter().chain(&["my-own.ron", "README.md"]) {
                assert!(!read(file).contains('@'), "{}", read(file));
            }
            let profile = read("my-own.ron");
            assert!(profile.contains("name: \"my-own.wasm\""), "{profile}");
            assert!(profile.contains("model: \"/models/a \\\"b\\\"\","), "{profile}");
            let technique = read(language.source());
            assert!(technique.contains(exported) && !technique.contains("@NAME@"), "{technique}");
            assert!(read("README.md").contains(&format!("--from {}`", template.name())));
            assert!(folder.join("attune-guest/wit").is_dir());
            // One screen, the table and the rest of it.
            assert!(read("README.md").lines().count() <= 40);
            let again = project.write(parent.path()).unwrap_err().to_string();
            assert!(again.contains("my-own is there already"), "{again}");
            assert_eq!(Template::of(template.name()), Some(template));
            assert_eq!(Language::of_project(&folder), language);
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
        let (language, template) = (Language::Rust, Template::Empty);
        let project = Project { name: "../x", language, template, model: Path::new("m") };
        assert!(project.write(parent.path()).is_err());
        assert_eq!(std::fs::read_dir(parent.path()).unwrap().count(), 0);
    }
}
