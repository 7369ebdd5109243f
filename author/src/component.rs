//! From a project to a component.

use std::fs;
use std::path::{Path, PathBuf};

use wit_component::ComponentEncoder;

use crate::error::AuthorError;
use crate::language::Language;
use crate::manifest::Manifest;
use crate::toolchain::{Crates, Installed, TARGET, Toolchain};
use crate::{javascript, python};

/// A component that has been written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Built {
    /// The file: `NAME.wasm` in the folder of the project.
    pub file: PathBuf,
    /// Its bytes.
    pub bytes: usize,
    /// What made it, in one line.
    pub toolchain: String,
}

/// Makes the component of the project in `folder`, in whatever language it is, and writes it there as `NAME.wasm`.
///
/// # Errors
/// [`AuthorError`]: no project, no compiler (and what brings one), what does not compile, and what is no technique.
pub fn build(folder: &Path, installed: &Installed) -> Result<Built, AuthorError> {
    // Panics name files of a crate as the compiler has them, and these are kept out of what is given to others.
    let folder = folder.canonicalize().map_err(|_| AuthorError::NoProject {
        folder: folder.to_owned(),
        found: "there is no such folder".to_owned(),
    })?;
    match Language::of_project(&folder) {
        Language::Rust if !folder.join("Cargo.toml").is_file() => {
            Err(AuthorError::NoProject { folder, found: "it holds no project".to_owned() })
        }
        Language::Rust => compile(&folder, &Toolchain::find(installed, &folder, None)?),
        Language::Python => python::build(&folder),
        Language::JavaScript => javascript::build(&folder),
    }
}

/// Compiles the crate in `folder`.
fn compile(folder: &Path, toolchain: &Toolchain) -> Result<Built, AuthorError> {
    let Manifest { name, library, target } = Manifest::of(folder)?;
    let renamed = [(folder, "/technique")];
    toolchain.compile(&Crates { folder, target: &target, locked: false, renamed: &renamed })?;
    let module = target.join(TARGET).join("release").join(format!("{library}.wasm"));
    let component = componentize(&module)?;
    let file = folder.join(format!("{name}.wasm"));
    fs::write(&file, &component).map_err(|source| AuthorError::io("write", &file, source))?;
    Ok(Built { file, bytes: component.len(), toolchain: toolchain.identity().to_owned() })
}

/// The component of a core module that was compiled for [`TARGET`].
///
/// # Errors
/// [`AuthorError::Io`] and [`AuthorError::NoComponent`].
pub fn componentize(path: &Path) -> Result<Vec<u8>, AuthorError> {
    let module = fs::read(path).map_err(|source| AuthorError::io("read", path, source))?;
    ComponentEncoder::default()
        .module(&module)
        .and_then(|encoder| encoder.validate(true).encode())
        .map_err(|error| AuthorError::NoComponent { path: path.to_owned(), detail: format!("{error:#}") })
}

#[cfg(test)]
mod tests {
    use super::componentize;

    #[test]
    fn a_module_that_exports_no_technique_is_refused_in_words() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("story.wasm");
        std::fs::write(&path, "once upon a time").unwrap();
        let message = componentize(&path).unwrap_err().to_string();
        assert!(message.contains("story.wasm: does not become a component: "), "{message}");
        assert!(message.contains("attune_guest::export!"), "{message}");
    }
}
