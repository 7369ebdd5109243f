//! Languages that a technique can be written in.

use std::path::Path;

/// A language that a technique can be written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// A crate.
    Rust,
    /// A module, run by CPython inside the component.
    Python,
    /// A module, run by QuickJS inside the component.
    JavaScript,
}

impl Language {
    /// All of them, the one that is taken when nobody says which first.
    pub const ALL: [Self; 3] = [Self::Rust, Self::Python, Self::JavaScript];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rust => "rust",
            Self::Python => "python",
            Self::JavaScript => "js",
        }
    }

    /// The language of that name.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.name() == name)
    }

    /// The file of a project that holds the technique.
    pub fn source(self) -> &'static str {
        match self {
            Self::Rust => "src/lib.rs",
            Self::Python => "src/technique.py",
            Self::JavaScript => "src/technique.js",
        }
    }

    /// The language of the project in a folder: that of its technique, and Rust where there is none.
    pub fn of_project(folder: &Path) -> Self {
        let has = |language: &Self| folder.join(language.source()).is_file();
        Self::ALL.into_iter().find(has).unwrap_or(Self::Rust)
    }
}

#[cfg(test)]
mod tests {
    use super::Language;

    #[test]
    fn the_language_of_a_project_is_that_of_its_technique() {
        for language in Language::ALL {
            let folder = tempfile::tempdir().unwrap();
            let source = folder.path().join(language.source());
            std::fs::create_dir_all(source.parent().unwrap()).unwrap();
            std::fs::write(source, "").unwrap();
            assert_eq!(Language::of_project(folder.path()), language);
            assert_eq!(Language::of(language.name()), Some(language));
        }
    }
}
